// Kernel stacks: slots of address space, each with a guard page below, mapped once and then kept for reuse.
#include "memory/kernel_stack.h"

#include <array>
#include <bit>
#include <utility>

#include "arch/cpu.h"
#include "memory/internal.h"
#include "memory/kasan/kasan.h"
#include "memory/kernel_map.h"
#include "memory/page_allocator.h"
#include "memory/reclaim.h"
#include "memory/stats.h"
#include "sync/per_cpu.h"
#include "sync/spin_lock.h"

namespace memory {
namespace {

constexpr u64 kStride = kKernelStackSize + kPageSize;
constexpr usize kPages = kKernelStackSize / kPageSize;

// A free stack's first word links it to the next.
struct FreeStack {
    FreeStack* next;
};
struct Pool {
    FreeStack* head = nullptr;
    u32 count = 0;
};
constexpr u32 kPerCpu = 8;
constexpr u32 kKept = 64;      // in the shared pool after a trim; twice as many call for one
constexpr usize kAtOnce = 16;  // stacks that one flush of all CPUs' translations pays for

constinit sync::PerCpu<Pool> local_pools;
constinit sync::SpinLock<sync::Rank::kVmap, sync::kIrqOff> lock;
constinit Pool shared_pool;  // mapped stacks
constinit u64 slots_first = 0, slots_last = 0;
constinit usize slots_opened = 0;

// Slots whose memory was taken back: a bit each, in pages that come with the first slot they stand for. They are mapped
// again before new slots are opened.
constexpr usize kSlotsPerMap = kPageSize * 8;
constinit std::array<u64*, 128> empty_maps{};  // for 4 million slots, as many as there can be threads
constinit usize empty_count = 0;
constinit usize lowest_empty = 0;  // no empty slot is below

u64 base_of(usize slot) { return slots_first + slot * kStride + kPageSize; }
u64& empty_word(usize slot) { return empty_maps[slot / kSlotsPerMap][slot % kSlotsPerMap / 64]; }

// Lock held.
void put_empty(u64 base) {
    const usize slot = (base - slots_first) / kStride;
    empty_word(slot) |= u64{1} << (slot % 64);
    if (empty_count++ == 0 || slot < lowest_empty) lowest_empty = slot;
}
// Lock held, empty_count > 0.
u64 take_empty() {
    usize slot = align_down(lowest_empty, usize{64});
    while (empty_word(slot) == 0) slot += 64;
    u64& word = empty_word(slot);
    slot += static_cast<usize>(std::countr_zero(word));
    word &= word - 1;
    empty_count--;
    lowest_empty = slot;
    return base_of(slot);
}
// Lock held. 0: there is no further one.
u64 open_slot() {
    const usize map = slots_opened / kSlotsPerMap;
    if (map >= empty_maps.size() || empty_maps[map] == nullptr || base_of(slots_opened) + kKernelStackSize > slots_last)
        return 0;
    return base_of(slots_opened++);
}
// Makes the page of the map that the next slot belongs to. ENOMEM.
Result<void> prepare_map() {
    const auto missing = [] {
        const usize map = slots_opened / kSlotsPerMap;
        return map < empty_maps.size() && empty_maps[map] == nullptr;
    };
    {
        sync::SpinGuard guard(lock);
        if (!missing()) return {};
    }
    Frame* f = TRY(allocate_frame(AllocFlags::kZero));
    {
        sync::SpinGuard guard(lock);
        if (missing())
            empty_maps[slots_opened / kSlotsPerMap] = static_cast<u64*>(page_address(std::exchange(f, nullptr)));
    }
    if (f != nullptr) frame_unref(f);  // another CPU was quicker
    return {};
}

FreeStack* pop(Pool& p) {
    FreeStack* s = p.head;
    if (s != nullptr) {
        p.head = s->next;
        p.count--;
    }
    return s;
}
void push(Pool& p, FreeStack* s) {
    s->next = p.head;
    p.head = s;
    p.count++;
}

KernelStack from(FreeStack* s) { return {reinterpret_cast<u64>(s)}; }

void unmap_stack(u64 base, std::span<Frame*> frames) {
    for (usize i = 0; i < kPages; i++) {
        const u64 page = base + i * kPageSize;
        frames[i] = frame_of(translate(page).value_or(PhysAddr(0)));
        internal::unmap_page(page);
    }
}

[[gnu::noinline]] Result<KernelStack> make_stack() {
    TRY(prepare_map());
    std::array<Frame*, kPages> frames;
    TRY(allocate_bulk(frames));
    u64 base = 0;
    bool mapped = true;
    {
        sync::SpinGuard guard(lock);
        base = empty_count > 0 ? take_empty() : open_slot();
        for (usize i = 0; i < kPages && base != 0 && mapped; i++) {
            frames[i]->kind = FrameKind::kStack;
            mapped = internal::map_page(base + i * kPageSize, phys_of(frames[i]),
                                        arch::PteBits::kWrite | arch::PteBits::kDirty);
        }
        if (!mapped) {
            for (usize i = 0; i < kPages; i++) internal::unmap_page(base + i * kPageSize);
            put_empty(base);
        }
    }
    if (base == 0 || !mapped) {
        unref_bulk(frames);
        return Errno::kNOMEM;
    }
    count(Counter::kStacks, kPages);
    kasan::unpoison(reinterpret_cast<void*>(base), kKernelStackSize);
    return KernelStack{base};
}

// Takes back the memory of at most kAtOnce stacks, but leaves `keep` in the pool. How many.
usize take_back(usize wanted, u32 keep) {
    std::array<Frame*, kPages * kAtOnce> frames;
    std::array<u64, kAtOnce> bases;
    usize taken = 0;
    {
        sync::SpinGuard guard(lock);
        while (taken < bases.size() && taken < wanted && shared_pool.count > keep) {
            bases[taken] = reinterpret_cast<u64>(pop(shared_pool));
            unmap_stack(bases[taken], std::span(frames).subspan(taken * kPages, kPages));
            taken++;
        }
    }
    if (taken == 0) return 0;
    flush_everywhere();
    {
        sync::SpinGuard guard(lock);
        for (const u64 base : std::span(bases).first(taken)) put_empty(base);
    }
    unref_bulk(std::span(frames).first(taken * kPages));
    count(Counter::kStacks, -static_cast<i64>(taken * kPages));
    return taken;
}

// When memory is short: pooled stacks give their pages back.
u64 shrink(u64 wanted) { return take_back((wanted + kPages - 1) / kPages, 0) * kPages; }

}  // namespace

Result<KernelStack> allocate_kernel_stack() {
    const u64 irq = arch::irq_save();
    FreeStack* s = pop(local_pools.local());
    arch::irq_restore(irq);
    if (s == nullptr) {
        sync::SpinGuard guard(lock);
        s = pop(shared_pool);
    }
    if (s != nullptr) [[likely]] {
        kasan::unpoison(s, kKernelStackSize);
        return from(s);
    }
    return make_stack();
}

bool free_kernel_stack(KernelStack stack) {
    FreeStack* s = reinterpret_cast<FreeStack*>(stack.base);
    kasan::unpoison(s, kKernelStackSize);  // frames left by their functions' last run
    const u64 irq = arch::irq_save();
    Pool& p = local_pools.local();
    if (p.count < kPerCpu) {
        push(p, s);
        s = nullptr;
    }
    arch::irq_restore(irq);
    if (s == nullptr) return false;
    sync::SpinGuard guard(lock);
    push(shared_pool, s);
    return shared_pool.count > 2 * kKept;
}

void trim_kernel_stacks() {
    while (take_back(kAtOnce, kKept) != 0) {}
}

bool in_stack_guard(u64 address) {
    if (address < slots_first || address >= slots_first + slots_opened * kStride) return false;
    return (address - slots_first) % kStride < kPageSize;
}

namespace internal {
void init_kernel_stacks(u64 start, u64 end) {
    slots_first = start;
    slots_last = end;
    register_shrinker(shrink);
}
}  // namespace internal

}  // namespace memory
