// RegionSet: a set of numbers as sorted ranges. Pure but for the heap.
// Callers: HugeObject, HugePromise: which huge pages have been promised, or had.
// Locks, context: the owner's. Searches take O(log n), changes O(n), n ranges.
#pragma once

#include "base/vector.h"

namespace vm {

class RegionSet {
  public:
    // Room for one add() or remove(), or one add() undone by a remove(), which then cannot fail. ENOMEM.
    Result<void> prepare() { return regions_.try_reserve(regions_.size() + 1); }
    void add(u64 from, u64 to);
    void remove(u64 from, u64 to);
    bool contains(u64 at) const { return count(at, at + 1) != 0; }
    // How many of [from, to) are in it.
    u64 count(u64 from, u64 to) const;

  private:
    struct Region {
        u64 from, to;
    };
    // The first region that ends at `at` or above.
    usize first_from(u64 at) const;
    void insert(usize place, Region r);
    Vector<Region> regions_;
};

}  // namespace vm
