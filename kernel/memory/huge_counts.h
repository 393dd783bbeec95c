// HugeCounts: how many huge pages a pool has, has promised, and may have. Pure arithmetic.
// Callers: huge_pool.
// Locks, context: a value; the pool's lock guards its own.
// Source: Linux 6.1, Documentation/admin-guide/mm/hugetlbpage.rst, Documentation/mm/hugetlbfs_reserv.rst.
#pragma once

#include "base/types.h"

namespace memory {

// Always: reserved <= free <= total, surplus <= total.
struct HugeCounts {
    u64 total = 0;         // in the pool or handed out
    u64 free = 0;          // in the pool
    u64 reserved = 0;      // of `free`: promised to mappings that have not touched them yet
    u64 surplus = 0;       // of `total`: beyond what the administrator keeps; they leave when they are given back
    u64 most_surplus = 0;  // how many such there may be when they are asked for

    // What the administrator keeps.
    constexpr u64 persistent() const { return total - surplus; }
    // How many pages the pool lacks to promise `pages` more; ~0: no number would do.
    constexpr u64 missing_for(u64 pages) const {
        if (pages > ~u64{0} - reserved) return ~u64{0};
        return reserved + pages > free ? reserved + pages - free : 0;
    }
    constexpr bool may_add_surplus(u64 pages) const {
        return surplus < most_surplus && pages <= most_surplus - surplus;
    }
    // After missing_for() said 0.
    constexpr void promise(u64 pages) { reserved += pages; }
    // Takes promises back that nobody used. How many free pages must leave, being surplus.
    constexpr u64 unpromise(u64 pages) {
        reserved -= pages;
        return pages < surplus ? pages : surplus;
    }
    // Whether a page is there for who has a promise, or has none.
    constexpr bool may_take(bool promised) const { return promised || free > reserved; }
    constexpr void take(bool promised) {
        free--;
        if (promised) reserved--;
    }
    // A page comes back. True: it was one too many and leaves.
    constexpr bool give_back() {
        if (surplus != 0) {
            surplus--;
            total--;
            return true;
        }
        free++;
        return false;
    }
    // A page that was taken for a promise and not used: both are as before.
    constexpr void undo_take() {
        free++;
        reserved++;
    }
    constexpr void add_free() {
        total++;
        free++;
    }
    constexpr void remove_free() {
        total--;
        free--;
    }

    // Towards `wanted` persistent pages: first what is surplus stays for good, ...
    constexpr void keep_surplus(u64 wanted) {
        if (wanted <= persistent()) return;
        const u64 more = wanted - persistent();
        surplus -= more < surplus ? more : surplus;
    }
    // ... or this many free pages leave that nobody was promised, ...
    constexpr u64 removable(u64 wanted) const {
        const u64 needed = reserved + (total - free);
        const u64 least = wanted > needed ? wanted : needed;
        return persistent() > least ? persistent() - least : 0;
    }
    // ... and the rest leaves when it is given back.
    constexpr void let_go(u64 wanted) {
        if (persistent() > wanted) surplus += persistent() - wanted;
    }
};

}  // namespace memory
