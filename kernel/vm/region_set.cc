#include "vm/region_set.h"

#include <algorithm>

namespace vm {

usize RegionSet::first_from(u64 at) const {
    usize low = 0, high = regions_.size();
    while (low < high) {
        const usize middle = low + (high - low) / 2;
        if (regions_[middle].to < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void RegionSet::insert(usize place, Region r) {
    regions_.push_reserved(r);
    for (usize i = regions_.size() - 1; i > place; i--) std::swap(regions_[i], regions_[i - 1]);
}

void RegionSet::add(u64 from, u64 to) {
    if (from >= to) return;
    const usize first = first_from(from);
    usize last = first;  // beyond those that touch it
    for (; last < regions_.size() && regions_[last].from <= to; last++) {
        from = std::min(from, regions_[last].from);
        to = std::max(to, regions_[last].to);
    }
    if (first == last) return insert(first, {from, to});
    regions_[first] = {from, to};
    for (; last > first + 1; last--) regions_.erase(last - 1);
}

void RegionSet::remove(u64 from, u64 to) {
    if (from >= to) return;
    for (usize i = first_from(from); i < regions_.size() && regions_[i].from < to;) {
        Region& r = regions_[i];
        if (r.to <= from) {
            i++;
        } else if (r.from < from && r.to > to) {
            const Region upper{to, r.to};
            r.to = from;
            return insert(i + 1, upper);
        } else if (r.from < from) {
            r.to = from;
            i++;
        } else if (r.to > to) {
            r.from = to;
            return;
        } else {
            regions_.erase(i);
        }
    }
}

u64 RegionSet::count(u64 from, u64 to) const {
    u64 n = 0;
    for (usize i = first_from(from); i < regions_.size() && regions_[i].from < to; i++) {
        const u64 low = std::max(from, regions_[i].from), high = std::min(to, regions_[i].to);
        if (low < high) n += high - low;
    }
    return n;
}

}  // namespace vm
