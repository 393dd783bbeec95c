// EarlyMemory: which RAM is free before the page allocator runs: a short sorted list of ranges. Pure.
// Callers: init.cc.
// Locks: none; the boot CPU alone.
#pragma once

#include <array>

#include "base/types.h"

namespace memory {

struct PageRange {
    u64 start, end;  // bytes, page aligned
};

class EarlyMemory {
  public:
    static constexpr usize kMax = 192;
    // Whole pages inside [start, end) become free.
    void add(u64 start, u64 end);
    // Pages touched by [start, end) stop being free.
    void remove(u64 start, u64 end);
    // `size` bytes (whole pages) from the highest free range that ends at or below `limit`, or 0.
    u64 take(u64 size, u64 alignment, u64 limit);
    usize count() const { return count_; }
    const PageRange& operator[](usize i) const { return ranges_[i]; }
    u64 total() const;
    // Ranges did not fit and were lost: free memory stays unused.
    bool overflowed() const { return overflowed_; }

  private:
    void insert_at(usize i, PageRange r);
    void erase(usize i);
    std::array<PageRange, kMax> ranges_{};
    usize count_ = 0;
    bool overflowed_ = false;
};

}  // namespace memory
