// Zones over the buddy, and each CPU's cache of single pages.
#include "memory/page_allocator.h"

#include "hw/ipi.h"
#include "log/log.h"
#include "memory/buddy.h"
#include "memory/huge_pool.h"
#include "memory/inject.h"
#include "memory/internal.h"
#include "memory/kasan/kasan.h"
#include "memory/page_ops.h"
#include "memory/reclaim.h"
#include "memory/stats.h"
#include "sync/per_cpu.h"
#include "sync/spin_lock.h"

namespace memory {
namespace {

constexpr unsigned kZones = 3;
constexpr u64 kDmaPages = 16ull << (20 - kPageShift), kDma32Pages = 4096ull << (20 - kPageShift);

struct Zone {
    sync::SpinLock<sync::Rank::kFrameZone, sync::kIrqOff> lock;
    Buddy buddy;
    u64 managed = 0;
    // Pages left to requests that need this zone (kDma, kDma32) or may use reserves.
    u64 reserve = 0;
};

// Memory of one NUMA node. There is one today; pages find theirs by number.
struct Node {
    Zone zones[kZones];
};

// Single pages of one CPU, last in first out: warm in its cache. Interrupts off.
struct PageCache {
    Frame* head = nullptr;
    u32 count = 0;
    // Pages known to hold only zeroes: page tables come and go so, and clearing is most of their cost.
    u32 zero_count = 0;
    Frame* zero_head = nullptr;
};
constexpr u32 kMostZeroed = 64;

constinit Node node;
constinit sync::PerCpu<PageCache> caches;
// Above `cache_high` pages a batch goes back; an empty cache takes a batch. By the machine's size.
constinit u32 cache_high = 32, cache_batch = 8;
constinit u64 all_managed = 0, ram_total = 0, least_free = ~u64{0};
constinit u64 least_pages = 0;  // least_free_pages()
constinit EarlyMemory low_memory;
constinit sync::SpinLock<sync::Rank::kFrameZone, sync::kIrqOff> low_lock;

unsigned zone_index(u64 page) { return page < kDmaPages ? 0 : page < kDma32Pages ? 1 : 2; }
Zone& zone_of(u64 page) { return node.zones[zone_index(page)]; }
unsigned highest_zone(AllocFlags flags) {
    return has(flags, AllocFlags::kDma) ? 0 : has(flags, AllocFlags::kDma32) ? 1 : 2;
}

// kind, order, flags and aux in one store: the page is nobody else's.
void set_state(Frame* f, FrameKind kind, unsigned order) {
    const u32 word = static_cast<u32>(kind) | order << 8;
    __builtin_memcpy(&f->kind, &word, sizeof(word));
}

void prepare(Frame* f, unsigned order, AllocFlags flags) {
    set_state(f, FrameKind::kAllocated, order);
    f->refs.store(1, std::memory_order_relaxed);
    kasan::unpoison(page_address(f), kPageSize << order);
    if (has(flags, AllocFlags::kZero)) {
        u8* p = static_cast<u8*>(page_address(f));
        for (usize i = 0; i < usize{1} << order; i++) clear_page(p + i * kPageSize);
    }
}

u64 zone_free() {
    u64 sum = 0;
    for (Zone& z : node.zones) sum += z.buddy.free_pages();
    return sum;
}

// What the request must leave free.
u64 kept_from(AllocFlags flags) {
    if (has(flags, AllocFlags::kReserve)) return 0;
    if (has(flags, AllocFlags::kSpare)) return least_pages + all_managed / 8;
    return has(flags, AllocFlags::kNoWait) ? least_pages / 2 : least_pages;
}

Frame* take_from_zones(unsigned order, AllocFlags flags) {
    if (zone_free() < kept_from(flags) + (u64{1} << order)) return nullptr;
    const unsigned top = highest_zone(flags);
    for (unsigned i = top + 1; i-- > 0;) {
        Zone& z = node.zones[i];
        // Lower zones keep something back for those who can use no other.
        const u64 keep = i < top || !has(flags, AllocFlags::kReserve) ? z.reserve : 0;
        sync::SpinGuard guard(z.lock);
        if (z.buddy.free_pages() < keep + (u64{1} << order)) continue;
        if (Frame* f = z.buddy.allocate(order)) return f;
    }
    return nullptr;
}

void give_to_zone(Frame* f, unsigned order) {
    Zone& z = zone_of(page_number_of(f));
    sync::SpinGuard guard(z.lock);
    z.buddy.free(f, order);
}

// Fills `cache` from the zones. Interrupts off.
void refill(PageCache& cache) {
    if (zone_free() < least_pages + cache_batch) return;  // the slow path looks closer
    u32 wanted = cache_batch;
    for (unsigned i = kZones; i-- > 0 && wanted > 0;) {
        Zone& z = node.zones[i];
        if (z.buddy.free_pages() <= z.reserve) continue;  // a hint: read again under the lock
        sync::SpinGuard guard(z.lock);
        while (wanted > 0 && z.buddy.free_pages() > z.reserve) {
            Frame* f = z.buddy.allocate(0);
            if (f == nullptr) break;
            f->kind = FrameKind::kCached;
            f->link.next = cache.head;
            cache.head = f;
            cache.count++;
            wanted--;
        }
        if (wanted < cache_batch) break;  // one zone gave something: enough
    }
    const u64 left = zone_free();
    if (left < least_free) least_free = left;
}

// Gives `n` pages of `cache` back. Interrupts off.
void flush(PageCache& cache, u32 n) {
    while (n > 0 && cache.head != nullptr) {
        Zone& z = zone_of(page_number_of(cache.head));
        sync::SpinGuard guard(z.lock);
        while (n > 0 && cache.head != nullptr && &zone_of(page_number_of(cache.head)) == &z) {
            Frame* f = cache.head;
            cache.head = f->link.next;
            cache.count--;
            n--;
            f->kind = FrameKind::kAllocated;
            z.buddy.free(f, 0);
        }
    }
}

void push(PageCache& cache, Frame* f) {
    f->kind = FrameKind::kCached;
    f->link.next = cache.head;
    cache.head = f;
    cache.count++;
    kasan::poison(page_address(f), kPageSize, kasan::kFreedPage);
}

// The last reference on a block of several pages, or on a page of a huge one, has gone.
void release_block(Frame* f) {
    if (f->kind == FrameKind::kHuge) return huge_pool::drop(f, 1);
    const unsigned order = f->order;
    kasan::poison(page_address(f), kPageSize << order, kasan::kFreedPage);
    give_to_zone(f, order);
}

void drain_here(void*);

constexpr unsigned kMostKillOrder = 3;  // Linux: PAGE_ALLOC_COSTLY_ORDER

// Memory is scattered rather than short when single pages are free in plenty: ending a process would not help.
bool may_kill_for(unsigned order, AllocFlags flags) {
    if (has(flags, AllocFlags::kOptional) || order > kMostKillOrder || highest_zone(flags) == 0) return false;
    return order == 0 || zone_free() < least_pages * 2;
}

// What other CPUs keep, reclaim, and at last the OOM killer. The caller may sleep.
Frame* allocate_waiting(unsigned order, AllocFlags flags) {
    drain_page_caches();
    if (Frame* f = take_from_zones(order, flags)) return f;
    for (;;) {
        for (int tries = 0; tries < 3 && internal::reclaim(u64{1} << order); tries++)
            if (Frame* f = take_from_zones(order, flags)) return f;
        if (!may_kill_for(order, flags)) return nullptr;
        switch (internal::on_shortage(order)) {
            case Shortage::kFail: return nullptr;
            case Shortage::kUseReserve: return take_from_zones(order, flags | AllocFlags::kReserve);
            case Shortage::kRetry: break;
        }
        drain_page_caches();
        if (Frame* f = take_from_zones(order, flags)) return f;
    }
}

[[gnu::noinline]] Frame* allocate_slow(unsigned order, AllocFlags flags) {
    if (Frame* f = take_from_zones(order, flags)) return f;
    if (has(flags, AllocFlags::kSpare)) return nullptr;
    if (!has(flags, AllocFlags::kNoWait) && arch::preemptible() && arch::irq_enabled())
        return allocate_waiting(order, flags);
    drain_here(nullptr);
    return take_from_zones(order, flags | AllocFlags::kNoWait);
}

}  // namespace

Result<Frame*> allocate_frame(AllocFlags flags) {
    if (!has(flags, AllocFlags::kNoFail) && inject::should_fail()) return Errno::kNOMEM;
    if (has(flags, AllocFlags::kDma) || has(flags, AllocFlags::kDma32))
        return allocate_frames(0, flags | AllocFlags::kNoFail);
    const u64 irq = arch::irq_save();
    PageCache& cache = caches.local();
    if (has(flags, AllocFlags::kZero) && cache.zero_head != nullptr) {
        Frame* z = cache.zero_head;
        cache.zero_head = z->link.next;
        cache.zero_count--;
        arch::irq_restore(irq);
        set_state(z, FrameKind::kAllocated, 0);
        z->refs.store(1, std::memory_order_relaxed);
        kasan::unpoison(page_address(z), kPageSize);
        return z;
    }
    if (cache.head == nullptr) [[unlikely]]
        refill(cache);
    Frame* f = cache.head;
    if (f != nullptr) [[likely]] {
        cache.head = f->link.next;
        cache.count--;
        arch::irq_restore(irq);
    } else {
        arch::irq_restore(irq);
        f = allocate_slow(0, flags);
        if (f == nullptr) return Errno::kNOMEM;
    }
    prepare(f, 0, flags);
    return f;
}

Result<Frame*> allocate_frames(unsigned order, AllocFlags flags) {
    if (order > kMaxOrder) return Errno::kNOMEM;
    if (order == 0 && !has(flags, AllocFlags::kDma) && !has(flags, AllocFlags::kDma32)) return allocate_frame(flags);
    if (!has(flags, AllocFlags::kNoFail) && inject::should_fail()) return Errno::kNOMEM;
    Frame* f = allocate_slow(order, flags);
    if (f == nullptr) return Errno::kNOMEM;
    prepare(f, order, flags);
    return f;
}

void frame_release_last(Frame* f) {
    if (f->kind == FrameKind::kAnonymous) count(Counter::kAnonymous, -(i64{1} << f->order));
    if (f->order != 0) [[unlikely]]
        return release_block(f);
    const u64 irq = arch::irq_save();
    PageCache& cache = caches.local();
    push(cache, f);
    if (cache.count > cache_high) [[unlikely]]
        flush(cache, cache_batch);
    arch::irq_restore(irq);
}

void free_frames(Frame* f, unsigned order) {
    DEBUG_ASSERT(f->kind != FrameKind::kFree && f->kind != FrameKind::kCached && f->kind != FrameKind::kReserved);
    f->order = static_cast<u8>(order);
    frame_unref(f);
}

namespace {
[[maybe_unused]] bool holds_only_zeroes(const Frame* f) {
    for (const u8 b : page_bytes(f))
        if (b != 0) return false;
    return true;
}
}  // namespace

void release_zeroed(Frame* f) {
    DEBUG_ASSERT(f->order == 0 && holds_only_zeroes(f));
    if (f->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;  // the reader of a page tree gives it back
    const u64 irq = arch::irq_save();
    PageCache& cache = caches.local();
    if (cache.zero_count < kMostZeroed) {
        f->kind = FrameKind::kCached;
        f->link.next = cache.zero_head;
        cache.zero_head = f;
        cache.zero_count++;
        kasan::poison(page_address(f), kPageSize, kasan::kFreedPage);
        arch::irq_restore(irq);
        return;
    }
    arch::irq_restore(irq);
    frame_release_last(f);
}

Result<void> allocate_bulk(std::span<Frame*> frames, AllocFlags flags) {
    for (usize i = 0; i < frames.size(); i++) {
        Result<Frame*> f = allocate_frame(flags);
        if (!f.ok()) {
            unref_bulk(frames.first(i));
            return Errno::kNOMEM;
        }
        frames[i] = f.value();
    }
    return {};
}

void unref_bulk(std::span<Frame* const> frames) {
    const u64 irq = arch::irq_save();
    PageCache& cache = caches.local();
    i64 anonymous = 0;
    for (Frame* f : frames) {
        // Atomic also for the only holder: a reader of a page tree may have found the page there before it became what
        // it is, and takes a reference for a moment (PageTree::find_and_ref).
        if (f->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
        if (f->kind == FrameKind::kAnonymous) anonymous += i64{1} << f->order;
        if (f->order != 0) [[unlikely]] {
            release_block(f);
            continue;
        }
        push(cache, f);
    }
    if (anonymous != 0) count(Counter::kAnonymous, -anonymous);
    if (cache.count > cache_high) flush(cache, cache.count - cache_high + cache_batch);
    arch::irq_restore(irq);
}

namespace {
void drain_here(void*) {
    const u64 irq = arch::irq_save();
    PageCache& cache = caches.local();
    while (Frame* f = cache.zero_head) {
        cache.zero_head = f->link.next;
        cache.zero_count--;
        push(cache, f);
    }
    flush(cache, cache.count);
    arch::irq_restore(irq);
}
}  // namespace

void drain_page_caches() {
    drain_here(nullptr);
    // Interrupts must be on to wait for others; a caller that has them off gets its own CPU's pages alone.
    if (hw::cpus_online() == 1 || !arch::irq_enabled() || arch::in_interrupt()) return;
    sync::PreemptGuard guard;
    hw::call_on_others(drain_here, nullptr);
}

Result<PageBlock> PageBlock::create(unsigned order, AllocFlags flags) {
    PageBlock b;
    b.frame_ = TRY(allocate_frames(order, flags));
    b.order_ = order;
    return b;
}

Result<PhysAddr> allocate_low_page() {
    sync::SpinGuard guard(low_lock);
    const u64 page = low_memory.take(kPageSize, kPageSize, 0xa0000);
    if (page == 0) return Errno::kNOMEM;
    return PhysAddr(page);
}

void free_reserved_range(PhysAddr start, u64 size) {
    const u64 first = start.page_up().page_number(), last = (start + size).page_down().page_number();
    for (u64 page = first; page < last;) {
        if (!is_ram(PhysAddr(page << kPageShift))) {
            page++;
            continue;
        }
        Zone& z = zone_of(page);
        const u64 zone_end = zone_index(page) == 0 ? kDmaPages : zone_index(page) == 1 ? kDma32Pages : last;
        const u64 end = last < zone_end ? last : zone_end;
        u64 run = page;
        while (run < end && is_ram(PhysAddr(run << kPageShift))) run++;
        kasan::poison(direct_map(PhysAddr(page << kPageShift)), (run - page) << kPageShift, kasan::kFreedPage);
        sync::SpinGuard guard(z.lock);
        z.buddy.add_range(page, run, Buddy::Frames::kCleared);
        z.managed += run - page;
        all_managed += run - page;
        page = run;
    }
}

namespace internal {

void init_zones(const EarlyMemory& rest, u64 ram_pages) {
    ram_total = ram_pages;
    node.zones[0].buddy.set_span(0, kDmaPages);
    node.zones[1].buddy.set_span(kDmaPages, kDma32Pages);
    node.zones[2].buddy.set_span(kDma32Pages, max_page > kDma32Pages ? max_page : kDma32Pages);
    for (usize i = 0; i < rest.count(); i++) {
        const u64 start = rest[i].start >> kPageShift, end = rest[i].end >> kPageShift;
        for (Zone& z : node.zones) {
            const u64 from = start > z.buddy.first() ? start : z.buddy.first();
            const u64 to = end < z.buddy.last() ? end : z.buddy.last();
            if (from >= to) continue;
            z.buddy.add_range(from, to);
            z.managed += to - from;
            all_managed += to - from;
        }
    }
    // Small machines cannot afford to keep DMA memory back.
    if (all_managed > (64ull << (20 - kPageShift))) node.zones[0].reserve = 256;
    least_pages = least_free_pages(all_managed);
    // 1/64 of memory for each CPU: 4 MiB of 256. A process's pages then go from exit to the next exec without the
    // zones' lock and lists.
    const u64 high = all_managed / 64, batch = all_managed / 1024;
    cache_batch = static_cast<u32>(batch < 8 ? 8 : batch > 64 ? 64 : batch);
    cache_high = static_cast<u32>(high < 32 ? 32 : high > 2048 ? 2048 : high);
}

void add_low_pages(const EarlyMemory& low) { low_memory = low; }

}  // namespace internal

bool is_short() { return zone_free() < least_pages + 1; }

u64 free_blocks(unsigned zone, unsigned order) {
    if (zone >= kZones || order > kMaxOrder) return 0;
    return node.zones[zone].buddy.blocks(order);
}

namespace {
constinit std::array<sync::PerCpuCounter, static_cast<usize>(Counter::kCount)> counters;
}

void count(Counter c, i64 pages) { counters[static_cast<usize>(c)].add(pages); }

u64 counted(Counter c) {
    const i64 n = counters[static_cast<usize>(c)].sum();
    return n < 0 ? 0 : static_cast<u64>(n);
}

u64 total_pages() { return all_managed; }

Stats stats() {
    Stats s{};
    s.total = all_managed;
    for (u32 cpu = 0; cpu < sync::kMaxCpus; cpu++) s.cached += caches.at(cpu).count + caches.at(cpu).zero_count;
    s.free = zone_free() + s.cached;
    s.slab = counted(Counter::kSlab);
    s.page_tables = counted(Counter::kPageTables);
    s.kernel_stacks = counted(Counter::kStacks);
    s.file_pages = counted(Counter::kFilePages);
    s.shared_pages = counted(Counter::kSharedPages);
    s.anonymous = counted(Counter::kAnonymous);
    s.large = counted(Counter::kLarge);
    s.dirty = counted(Counter::kDirty);
    s.reserved = ram_total - all_managed;
    s.high_water = least_free == ~u64{0} ? s.free : least_free;
    return s;
}

}  // namespace memory
