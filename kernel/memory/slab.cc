// The heap: size classes and typed caches over SlabCore, with a list of free objects for each CPU in front.
#include "memory/slab.h"

#include <array>
#include <bit>

#include "log/log.h"
#include "memory/inject.h"
#include "memory/kasan/kasan.h"
#include "memory/page_allocator.h"
#include "memory/reclaim.h"
#include "memory/slab_core.h"
#include "memory/stats.h"
#include "sync/per_cpu.h"
#include "sync/spin_lock.h"

namespace memory {
namespace {

constexpr usize kCaches = 48;
constexpr std::array<u16, 19> kSizes = {16,  32,  48,   64,   96,   128,  192,  256,  384, 512,
                                        640, 768, 1024, 1280, 1536, 2048, 3072, 4096, 8192};
constexpr usize kClasses = kSizes.size();

// With CONFIG_POISON, what follows the object up to its class's size: a pattern, and the size asked for.
constexpr bool kPoison = CONFIG_POISON && !kasan::kEnabled;
constexpr u8 kFreePattern = 0x6b, kTailPattern = 0xbb;
constexpr usize kTrailer = kPoison ? 16 : kasan::kEnabled ? 16 : 0;

constexpr u8 order_for(usize size) {
    if (size <= 256) return 0;
    if (size <= 1024) return 1;
    return size <= 2048 ? 2 : 3;
}

struct Cache {
    const char* name = nullptr;
    u16 batch = 0;  // objects moved between a CPU's list and the slabs
    u16 high = 0;   // most in a CPU's list
    sync::SpinLock<sync::Rank::kSlab, sync::kIrqOff> lock;
    SlabCore core;

    constexpr void set_up(const char* n, usize size) {
        name = n;
        core = SlabCore(static_cast<u32>(size), order_for(size));
        batch = static_cast<u16>(size <= 256 ? 16 : size <= 1024 ? 8 : 2);
        high = static_cast<u16>(batch * 4);
    }
};

constexpr std::array<const char*, kClasses> kNames = {"heap-16",   "heap-32",   "heap-48",   "heap-64",   "heap-96",
                                                      "heap-128",  "heap-192",  "heap-256",  "heap-384",  "heap-512",
                                                      "heap-640",  "heap-768",  "heap-1024", "heap-1280", "heap-1536",
                                                      "heap-2048", "heap-3072", "heap-4096", "heap-8192"};

struct Caches {
    std::array<Cache, kCaches> list{};
    constexpr Caches() {
        for (usize i = 0; i < kClasses; i++) list[i + 1].set_up(kNames[i], kSizes[i]);
    }
};
// Number 0 is nobody's: a frame that was never in a slab has it.
constinit Caches all;
constinit std::atomic<u8> next_id{kClasses + 1};

struct Bin {
    FreeObject* head = nullptr;
    u64 count = 0;
};
struct Bins {
    std::array<Bin, kCaches> bins{};
};
constinit sync::PerCpu<Bins> cpu_bins;

// The class of sizes up to 1024 in steps of 16.
constexpr auto kSmall = [] {
    std::array<u8, 65> t{};
    for (usize i = 0; i < t.size(); i++) {
        u8 c = 0;
        while (kSizes[c] < i * 16) c++;
        t[i] = static_cast<u8>(c + 1);
    }
    return t;
}();

u8 class_of(usize size) {
    if (size <= 1024) return kSmall[(size + 15) / 16];
    u8 c = kSmall[64];
    while (kSizes[c - 1u] < size) c++;
    return c;
}

Frame* slab_head(Frame* f, u8 order) { return frame_at(page_number_of(f) & ~((u64{1} << order) - 1)); }

void free_slab(Frame* head, const Cache& c) {
    const u8 order = c.core.order();
    for (u64 i = 0; i < u64{1} << order; i++) {
        head[i].kind = FrameKind::kAllocated;
        head[i].aux = 0;
    }
    count(Counter::kSlab, -(i64{1} << order));
    free_frames(head, order);
}

NO_KASAN void mark_free(void* p, usize size) {
    if constexpr (kPoison) {
        __builtin_memset(static_cast<u8*>(p) + sizeof(FreeObject), kFreePattern, size - sizeof(FreeObject));
    }
    kasan::poison(p, size, kasan::kFreedObject);
}

bool grow(Cache& c, u8 id) {
    const u8 order = c.core.order();
    Result<Frame*> r = allocate_frames(order, AllocFlags::kNoFail);
    if (!r.ok()) return false;
    Frame* head = r.value();
    for (u64 i = 0; i < u64{1} << order; i++) {
        head[i].kind = FrameKind::kSlab;
        head[i].aux = id;
    }
    count(Counter::kSlab, i64{1} << order);
    u8* memory = static_cast<u8*>(page_address(head));
    for (u32 i = 0; i < c.core.per_slab(); i++)
        mark_free(memory + usize{i} * c.core.object_size(), c.core.object_size());
    sync::SpinGuard guard(c.lock);
    c.core.add(head, memory);
    return true;
}

// Moves a batch from the slabs to the CPU's list and takes one. Interrupts may be on.
[[gnu::noinline]] NO_KASAN void* refill(u8 id) {
    Cache& c = all.list[id];
    // Other CPUs may take all of a fresh slab before we come to it: again, until there is no memory for one.
    do {
        {
            sync::SpinGuard guard(c.lock);  // interrupts off: the bin stays this CPU's
            Bin& bin = cpu_bins.local().bins[id];
            void* mine = c.core.take();
            for (u32 i = 1; mine != nullptr && i < c.batch; i++) {
                void* p = c.core.take();
                if (p == nullptr) break;
                FreeObject* o = static_cast<FreeObject*>(p);
                o->next = bin.head;
                bin.head = o;
                bin.count++;
            }
            if (mine != nullptr) return mine;
        }
    } while (grow(c, id));
    return nullptr;
}

// Moves a batch from the CPU's list to the slabs.
[[gnu::noinline]] NO_KASAN void flush(u8 id, u64 keep) {
    Cache& c = all.list[id];
    Frame* empty = nullptr;
    {
        sync::SpinGuard guard(c.lock);
        Bin& bin = cpu_bins.local().bins[id];
        while (bin.count > keep) {
            FreeObject* o = bin.head;
            bin.head = o->next;
            bin.count--;
            Frame* head = slab_head(frame_of_direct(o), c.core.order());
            if (c.core.give(o, head)) {
                head->link.next = empty;
                empty = head;
            }
        }
    }
    while (empty != nullptr) {
        Frame* next = empty->link.next;
        free_slab(empty, c);
        empty = next;
    }
}

[[noreturn, maybe_unused]] void corrupted(const Cache& c, const void* p, const char* what) {
    log::panic("heap: {} of {} at {:#x}", what, c.name, reinterpret_cast<u64>(p));
}

struct Trailer {
    u32 requested;
    u32 magic;
};
constexpr u32 kMagic = 0x4c4e4854;

// Checks that a free object was not written to, and puts the pattern behind `size` bytes.
void arm_object(Cache& c, void* p, usize size) {
    if constexpr (kPoison) {
        u8* bytes = static_cast<u8*>(p);
        const usize room = c.core.object_size();
        for (usize i = sizeof(FreeObject); i < room; i++)
            if (bytes[i] != kFreePattern) corrupted(c, p, "write after free");
        __builtin_memset(bytes + size, kTailPattern, room - size);
        const Trailer t{static_cast<u32>(size), kMagic};
        __builtin_memcpy(bytes + room - sizeof(t), &t, sizeof(t));
    }
    kasan::unpoison(p, size);
}

void check_object(Cache& c, void* p) {
    if constexpr (kPoison) {
        u8* bytes = static_cast<u8*>(p);
        const usize room = c.core.object_size();
        Trailer t;
        __builtin_memcpy(&t, bytes + room - sizeof(t), sizeof(t));
        if (t.magic != kMagic) corrupted(c, p, t.magic == 0x6b6b6b6b ? "double free" : "overrun");
        for (usize i = t.requested; i < room - sizeof(t); i++)
            if (bytes[i] != kTailPattern) corrupted(c, p, "overrun");
    }
    mark_free(p, c.core.object_size());
}

NO_KASAN void* allocate_from(u8 id) {
    const u64 irq = arch::irq_save();
    Bin& bin = cpu_bins.local().bins[id];
    FreeObject* o = bin.head;
    if (o != nullptr) [[likely]] {
        bin.head = o->next;
        bin.count--;
        arch::irq_restore(irq);
        return o;
    }
    arch::irq_restore(irq);
    return refill(id);
}

NO_KASAN void free_to(u8 id, void* p) {
    const u64 irq = arch::irq_save();
    Bin& bin = cpu_bins.local().bins[id];
    FreeObject* o = static_cast<FreeObject*>(p);
    o->next = bin.head;
    bin.head = o;
    const u64 n = ++bin.count;
    arch::irq_restore(irq);
    if (n > all.list[id].high) [[unlikely]]
        flush(id, all.list[id].high - all.list[id].batch);
}

void* allocate_large(usize size) {
    const u64 pages = pages_for(size);
    const unsigned order = static_cast<unsigned>(std::bit_width(pages - 1));
    Result<Frame*> r = allocate_frames(order, AllocFlags::kNoFail);
    if (!r.ok()) return nullptr;
    r.value()->kind = FrameKind::kHeapLarge;
    count(Counter::kSlab, i64{1} << order);
    return page_address(r.value());
}

// Gives back what the caches keep in reserve.
u64 shrink(u64) {
    u64 pages = 0;
    for (u8 id = 1; id < next_id.load(std::memory_order_acquire); id++) {
        Cache& c = all.list[id];
        flush(id, 0);
        Frame* empty;
        {
            sync::SpinGuard guard(c.lock);
            empty = c.core.release_empty();
        }
        if (empty == nullptr) continue;
        pages += u64{1} << c.core.order();
        free_slab(empty, c);
    }
    return pages;
}

}  // namespace

u8 ObjectCache::id() {
    u8 id = id_.load(std::memory_order_acquire);
    if (id != 0) [[likely]]
        return id;
    static constinit sync::SpinLock<sync::Rank::kSlabCache> lock;
    sync::SpinGuard guard(lock);
    id = id_.load(std::memory_order_relaxed);
    if (id != 0) return id;
    id = next_id.load(std::memory_order_relaxed);
    // Slots run out: the size class serves as well, only looser.
    if (id >= kCaches) {
        id = class_of(std::bit_ceil(size_ + kTrailer < align_ ? align_ : size_ + kTrailer));
    } else {
        const usize align = align_ < 16 ? 16 : align_;
        all.list[id].set_up(name_, align_up(size_ + kTrailer, align));
        next_id.store(static_cast<u8>(id + 1), std::memory_order_release);
    }
    id_.store(id, std::memory_order_release);
    return id;
}

void* ObjectCache::allocate() {
    if (inject::should_fail()) return nullptr;
    const u8 n = id();
    void* p = allocate_from(n);
    if (p != nullptr) arm_object(all.list[n], p, size_);
    return p;
}

void ObjectCache::free(void* p) {
    const u8 n = id();
    check_object(all.list[n], p);
    free_to(n, p);
}

usize heap_usable_size(const void* p) {
    const Frame* f = frame_of_direct(p);
    if (f->kind == FrameKind::kSlab) return all.list[f->aux].core.object_size() - kTrailer;
    return kPageSize << f->order;
}

void for_each_slab(void (*fn)(void*, const SlabInfo&), void* context) {
    const u8 end = next_id.load(std::memory_order_acquire);
    for (u8 id = 1; id < end; id++) {
        Cache& c = all.list[id];
        u64 idle = 0;
        for (u32 cpu = 0; cpu < sync::kMaxCpus; cpu++) idle += cpu_bins.at(cpu).bins[id].count;
        const u64 in_use = c.core.in_use();
        fn(context, {c.name, c.core.slabs() * c.core.per_slab(), in_use > idle ? in_use - idle : 0,
                     c.core.object_size(), c.core.slabs(), u64{1} << c.core.order()});
    }
}

namespace internal {
void init_heap() { register_shrinker(shrink); }
}  // namespace internal

}  // namespace memory

namespace base {

void* heap_allocate(usize size, usize align) {
    using namespace memory;
    if (inject::should_fail()) [[unlikely]]
        return nullptr;
    // Classes that are powers of two are aligned to their size.
    usize room = size + kTrailer;
    if (align > 16) [[unlikely]]
        room = std::bit_ceil(room < align ? align : room);
    if (room > kMaxSlabObject) [[unlikely]]
        return allocate_large(size);
    const u8 id = class_of(room);
    void* p = allocate_from(id);
    if constexpr (kPoison || kasan::kEnabled) {
        if (p != nullptr) arm_object(all.list[id], p, size);
    }
    return p;
}

void heap_free(void* p) {
    using namespace memory;
    if (p == nullptr) return;
    Frame* f = frame_of_direct(p);
    if (f->kind != FrameKind::kSlab) [[unlikely]] {
        if (f->kind != FrameKind::kHeapLarge)
            log::panic("heap: {:#x} was not allocated or is freed twice", reinterpret_cast<u64>(p));
        count(Counter::kSlab, -(i64{1} << f->order));
        f->kind = FrameKind::kAllocated;
        return free_frames(f, f->order);
    }
    const u8 id = f->aux;
    if constexpr (kPoison || kasan::kEnabled) check_object(all.list[id], p);
    free_to(id, p);
}

}  // namespace base
