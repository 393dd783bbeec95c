// How many pages ordinary requests leave free. Pure.
#include "memory/reclaim.h"

namespace memory {

u64 least_free_pages(u64 total_pages) {
    const u64 kib = total_pages * (kPageSize / 1024);
    u64 root = 0;
    for (u64 bit = u64{1} << 31; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= kib * 16) root += bit;
    const u64 pages = root * 1024 / kPageSize;
    constexpr u64 kLeast = 32, kMost = 65536;
    return pages < kLeast ? kLeast : pages > kMost ? kMost : pages;
}

}  // namespace memory
