#include "vm/mapping_tree.h"

namespace vm {

void MappingTree::Traits::update(MappingNode& n, MappingNode* left, MappingNode* right) {
    n.low = left != nullptr ? left->low : n.lower_bound();
    n.high = right != nullptr ? right->high : n.end;
    u64 hole = 0;
    const auto take = [&hole](u64 from, u64 to) {
        if (to > from && to - from > hole) hole = to - from;
    };
    if (left != nullptr) {
        hole = left->largest_hole;
        take(left->high, n.lower_bound());
    }
    if (right != nullptr) {
        if (right->largest_hole > hole) hole = right->largest_hole;
        take(n.end, right->low);
    }
    n.largest_hole = hole;
}

void MappingTree::insert(MappingNode& n) {
    tree_.insert(n);
    size_++;
}

void MappingTree::remove(MappingNode& n) {
    tree_.remove(n);
    size_--;
}

MappingNode* MappingTree::find_from(u64 address) const {
    MappingNode* n = tree_.root();
    MappingNode* best = nullptr;
    while (n != nullptr) {
        if (n->end > address) {
            best = n;
            if (n->start <= address) break;
            n = Tree::left(*n);
        } else {
            n = Tree::right(*n);
        }
    }
    return best;
}

struct MappingTree::Wanted {
    u64 length, low, high, alignment;

    // The hole [from, to) clipped to the range asked for: the highest or lowest fitting start, or 0.
    u64 fit_down(u64 from, u64 to) const {
        if (from < low) from = low;
        if (to > high) to = high;
        if (to < from || to - from < length) return 0;
        const u64 start = align_down(to - length, alignment);
        return start >= from ? start : 0;
    }
    u64 fit_up(u64 from, u64 to) const {
        if (from < low) from = low;
        if (to > high) to = high;
        const u64 start = align_up(from, alignment);
        return start >= from && to >= start && to - start >= length ? start : 0;
    }
    // Whether the subtree `n` between `below` and `above` can hold a hole that is large enough.
    bool possible(const MappingNode& n, u64 below, u64 above) const {
        // Ranges may lie inside a guard gap, so `above` may be below the end of the last.
        if ((above > n.high ? above : n.high) <= low || below >= high) return false;
        return n.largest_hole >= length || (n.low > below && n.low - below >= length) ||
               (above > n.high && above - n.high >= length);
    }
};

// The depth of recursion is the tree's height: at most 2 log2(n).
u64 MappingTree::search_down(const Wanted& w, MappingNode* n, u64 below, u64 above) {
    if (n == nullptr) return w.fit_down(below, above);
    if (!w.possible(*n, below, above)) return 0;
    if (const u64 found = search_down(w, Tree::right(*n), n->end, above)) return found;
    return search_down(w, Tree::left(*n), below, n->lower_bound());
}

u64 MappingTree::search_up(const Wanted& w, MappingNode* n, u64 below, u64 above) {
    if (n == nullptr) return w.fit_up(below, above);
    if (!w.possible(*n, below, above)) return 0;
    if (const u64 found = search_up(w, Tree::left(*n), below, n->lower_bound())) return found;
    return search_up(w, Tree::right(*n), n->end, above);
}

u64 MappingTree::find_gap_down(u64 length, u64 low, u64 high, u64 alignment) const {
    return search_down({length, low, high, alignment}, tree_.root(), 0, ~u64{0});
}

u64 MappingTree::find_gap_up(u64 length, u64 low, u64 high, u64 alignment) const {
    return search_up({length, low, high, alignment}, tree_.root(), 0, ~u64{0});
}

}  // namespace vm
