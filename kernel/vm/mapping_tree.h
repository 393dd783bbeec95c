// MappingTree: the ranges of an address space in order, with the largest hole below each node. Pure.
// Callers: AddressSpace.
// Locks: none of its own. No allocation. find, insert, remove and gap search take O(log n).
#pragma once

#include "base/rb_tree.h"
#include "base/types.h"

namespace vm {

// Below a mapping that grows down stays a hole of this size (Linux: stack_guard_gap, 256 pages).
inline constexpr u64 kStackGuardGap = 256 * kPageSize;

struct MappingNode {
    u64 start = 0, end = 0;  // page aligned, end exclusive
    bool grows_down = false;
    RbNode node;
    // Of the subtree.
    u64 low = 0, high = 0;  // ends, guard gap included
    u64 largest_hole = 0;   // between two of its nodes

    // Where others must end.
    u64 lower_bound() const {
        if (!grows_down) return start;
        return start > kStackGuardGap ? start - kStackGuardGap : 0;
    }
};

class MappingTree {
  public:
    bool empty() const { return tree_.empty(); }
    usize size() const { return size_; }
    void insert(MappingNode& n);
    void remove(MappingNode& n);
    // Call after a change of start, end or grows_down that keeps the order.
    void changed(MappingNode& n) { tree_.refresh(n); }
    // The first range that ends above `address`: the one that holds it, or the next.
    MappingNode* find_from(u64 address) const;
    MappingNode* find(u64 address) const {
        MappingNode* n = find_from(address);
        return n != nullptr && n->start <= address ? n : nullptr;
    }
    // The first that overlaps [start, end).
    MappingNode* find_overlap(u64 start, u64 end) const {
        MappingNode* n = find_from(start);
        return n != nullptr && n->start < end ? n : nullptr;
    }
    MappingNode* first() const { return tree_.first(); }
    MappingNode* last() const { return tree_.last(); }
    static MappingNode* next(MappingNode& n) { return Tree::next(n); }
    static MappingNode* prev(MappingNode& n) { return Tree::prev(n); }

    // The highest (lowest) start of a hole of `length` bytes in [low, high) aligned to `alignment`; 0 if there is
    // none. `alignment` is a power of two, at least a page.
    u64 find_gap_down(u64 length, u64 low, u64 high, u64 alignment = kPageSize) const;
    u64 find_gap_up(u64 length, u64 low, u64 high, u64 alignment = kPageSize) const;

  private:
    struct Traits {
        static bool less(const MappingNode& a, const MappingNode& b) { return a.start < b.start; }
        static void update(MappingNode& n, MappingNode* left, MappingNode* right);
    };
    using Tree = RbTree<MappingNode, &MappingNode::node, Traits>;
    struct Wanted;
    static u64 search_down(const Wanted& w, MappingNode* n, u64 below, u64 above);
    static u64 search_up(const Wanted& w, MappingNode* n, u64 below, u64 above);
    Tree tree_;
    usize size_ = 0;
};

}  // namespace vm
