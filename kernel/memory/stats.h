// Figures of the memory system, in pages: for /proc/meminfo, sysinfo and leak tests.
// Callers: everyone.
// Locks, context: any; a snapshot without locks.
#pragma once

#include <string_view>

#include "base/types.h"

namespace memory {

struct Stats {
    u64 total;   // pages the allocator manages
    u64 free;    // in zones and per-CPU caches
    u64 cached;  // of `free`, in per-CPU caches
    u64 slab;    // pages of slabs and large heap objects
    u64 page_tables;
    u64 kernel_stacks;
    u64 file_pages;    // page cache and shared memory
    u64 shared_pages;  // of file_pages, those of tmpfs and shared memory
    u64 anonymous;     // private pages of processes
    u64 large;         // of anonymous, those mapped by large entries, once for each
    u64 dirty;         // page cache that waits to be written
    u64 reserved;      // RAM that the allocator never got
    u64 high_water;    // the least `free` seen by the slow path
};
Stats stats();
// Pages that the allocator manages: Stats::total alone.
u64 total_pages();

// Counters that owners of pages keep. Sums over CPUs; single values may be negative.
enum class Counter : u8 {
    kPageTables,
    kFilePages,
    kSharedPages,
    kAnonymous,
    kLarge,
    kDirty,
    kStacks,
    kSlab,
    kCommitted,
    kCount
};
void count(Counter c, i64 pages);
u64 counted(Counter c);

// One line per slab cache for /proc/slabinfo.
struct SlabInfo {
    std::string_view name;
    u64 objects, active, object_size, slabs, pages_per_slab;
};
// Calls fn(context, info) for each cache.
void for_each_slab(void (*fn)(void* context, const SlabInfo&), void* context);
// Free blocks by order of one zone (0 DMA, 1 DMA32, 2 NORMAL): /proc/buddyinfo.
u64 free_blocks(unsigned zone, unsigned order);

}  // namespace memory
