// What happens when pages run out: shrinkers give back caches, and who knows the processes ends one (OOM killer).
// Callers: owners of caches (register_shrinker), process (set_shortage_handler); page_allocator.cc asks.
// Locks, context: shrinkers and the handler run in thread context, perhaps under sleeping locks of any rank; they take
// none of those.
#pragma once

#include "base/types.h"

namespace memory {

// Frees what it can, returns how many pages.
using Shrinker = u64 (*)(u64 wanted);
void register_shrinker(Shrinker s);

// What a request of 2^order pages is told to do when reclaim found nothing.
enum class Shortage : u8 {
    kFail,        // ENOMEM: nothing can be done
    kRetry,       // memory is being freed
    kUseReserve,  // the asking thread is dying and frees more than it takes: the last pages are for it
};
using ShortageHandler = Shortage (*)(unsigned order);
void set_shortage_handler(ShortageHandler handler);

// Pages that ordinary requests leave free for those that cannot wait and for the dying (Linux: min_free_kbytes,
// 4 * sqrt(kilobytes of memory), within bounds). Pure.
u64 least_free_pages(u64 total_pages);
// Whether so little is free that requests of one page fail. A snapshot.
bool is_short();

namespace internal {
// False: nothing was freed.
bool reclaim(u64 wanted);
Shortage on_shortage(unsigned order);
}  // namespace internal

}  // namespace memory
