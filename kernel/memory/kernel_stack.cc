// Kernel stacks: slots of address space, each with a guard page below, mapped once and then kept for reuse.
#include "memory/kernel_stack.h"

#include <array>

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

constinit sync::PerCpu<Pool> local_pools;
constinit sync::SpinLock<sync::Rank::kVmap, sync::kIrqOff> lock;
constinit Pool shared_pool;  // mapped stacks
constinit u64 slots_first = 0, slots_last = 0, slots_next = 0;
// Slots whose memory was taken back; they are mapped again before new ones are opened.
constinit std::array<u64, 256> empty_slots{};
constinit usize empty_count = 0;

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
    std::array<Frame*, kPages> frames;
    TRY(allocate_bulk(frames));
    u64 base = 0;
    bool mapped = true;
    {
        sync::SpinGuard guard(lock);
        if (empty_count > 0) {
            base = empty_slots[--empty_count];
        } else if (slots_next + kStride <= slots_last) {
            base = slots_next + kPageSize;
            slots_next += kStride;
        }
        for (usize i = 0; i < kPages && base != 0 && mapped; i++) {
            frames[i]->kind = FrameKind::kStack;
            mapped = internal::map_page(base + i * kPageSize, phys_of(frames[i]),
                                        arch::PteBits::kWrite | arch::PteBits::kDirty);
        }
        if (!mapped) {
            for (usize i = 0; i < kPages; i++) internal::unmap_page(base + i * kPageSize);
            if (empty_count < empty_slots.size()) empty_slots[empty_count++] = base;
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

// When memory is short: pooled stacks give their pages back.
u64 shrink(u64 wanted) {
    std::array<Frame*, kPages * 8> frames;
    std::array<u64, 8> slots;
    usize taken = 0;
    {
        sync::SpinGuard guard(lock);
        while (taken < slots.size() && taken * kPages < wanted && empty_count + taken < empty_slots.size()) {
            FreeStack* s = pop(shared_pool);
            if (s == nullptr) break;
            slots[taken] = reinterpret_cast<u64>(s);
            unmap_stack(slots[taken], std::span(frames).subspan(taken * kPages, kPages));
            taken++;
        }
    }
    if (taken == 0) return 0;
    flush_everywhere();
    {
        sync::SpinGuard guard(lock);
        for (usize i = 0; i < taken; i++) {
            // Others may have filled the list meanwhile: such a slot's addresses are lost, not its memory.
            if (empty_count < empty_slots.size()) empty_slots[empty_count++] = slots[i];
        }
    }
    unref_bulk(std::span(frames).first(taken * kPages));
    count(Counter::kStacks, -static_cast<i64>(taken * kPages));
    return taken * kPages;
}

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

void free_kernel_stack(KernelStack stack) {
    FreeStack* s = reinterpret_cast<FreeStack*>(stack.base);
    kasan::unpoison(s, kKernelStackSize);  // frames left by their functions' last run
    const u64 irq = arch::irq_save();
    Pool& p = local_pools.local();
    if (p.count < kPerCpu) {
        push(p, s);
        s = nullptr;
    }
    arch::irq_restore(irq);
    if (s == nullptr) return;
    sync::SpinGuard guard(lock);
    push(shared_pool, s);
}

bool in_stack_guard(u64 address) {
    if (address < slots_first || address >= slots_next) return false;
    return (address - slots_first) % kStride < kPageSize;
}

namespace internal {
void init_kernel_stacks(u64 start, u64 end) {
    slots_first = slots_next = start;
    slots_last = end;
    register_shrinker(shrink);
}
}  // namespace internal

}  // namespace memory
