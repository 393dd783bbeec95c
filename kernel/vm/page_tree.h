// PageTree: pages by index in a radix tree of 64 slots a node; readers take no lock.
// Callers: MemoryObject.
// Locks, context: find() under rcu::ReadGuard; insert() and remove() under the object's lock. Pure but for
// RCU.
#pragma once

#include <atomic>

#include "base/result.h"
#include "memory/frame.h"

#pragma clang unsafe_buffer_usage begin
namespace vm {

class PageTree {
  public:
    static constexpr unsigned kBits = 6;
    static constexpr usize kSlots = usize{1} << kBits;
    struct Node;

    constexpr PageTree() = default;
    PageTree(const PageTree&) = delete;
    PageTree& operator=(const PageTree&) = delete;
    // All pages must have been taken out.
    ~PageTree();

    // The page at `index` or null. It may be gone at once: take a reference, then look again (find_and_ref).
    memory::Frame* find(u64 index) const {
        const u64 root = root_.load(std::memory_order_acquire);
        const unsigned height = static_cast<unsigned>(root & kHeightMask);
        if (height == 0 || (height < 11 && index >> (kBits * height) != 0)) return nullptr;
        const Node* n = node_of(root);
        for (unsigned level = height - 1; level > 0; level--) {
            n = static_cast<const Node*>(load(*n, (index >> (kBits * level)) % kSlots));
            if (n == nullptr) return nullptr;
        }
        return static_cast<memory::Frame*>(load(*n, index % kSlots));
    }
    // The page with a reference of the caller's, or null. The caller keeps preemption off (RCU).
    memory::Frame* find_and_ref(u64 index) const;

    // The node whose slots hold the kSlots pages around `index`, or null: for looking at neighbours under
    // RCU.
    const Node* leaf(u64 index) const {
        const u64 root = root_.load(std::memory_order_acquire);
        const unsigned height = static_cast<unsigned>(root & kHeightMask);
        if (height == 0 || (height < 11 && index >> (kBits * height) != 0)) return nullptr;
        const Node* n = node_of(root);
        for (unsigned level = height - 1; level > 0 && n != nullptr; level--)
            n = static_cast<const Node*>(load(*n, (index >> (kBits * level)) % kSlots));
        return n;
    }
    static memory::Frame* at(const Node& leaf, u64 index) {
        return static_cast<memory::Frame*>(load(leaf, index % kSlots));
    }
    // EEXIST when the slot is taken; ENOMEM, leaving nothing behind that matters.
    Result<void> insert(u64 index, memory::Frame* frame);
    // What was there, or null.
    memory::Frame* remove(u64 index);
    // The first page at or after `index`, up to `last`; its index is written to `index`. Under the lock or
    // RCU.
    memory::Frame* next(u64& index, u64 last) const;
    bool empty() const { return root_.load(std::memory_order_relaxed) == 0; }

  private:
    // Nodes are aligned to 64 bytes, so the low bits of the root hold the height: one load gives both.
    static constexpr u64 kHeightMask = 15;
    static Node* node_of(u64 root) { return reinterpret_cast<Node*>(root & ~kHeightMask); }
    static void* load(const Node& n, u64 slot);
    static void free_node(Node* n);
    static void free_late(Node* n);
    static void free_all(Node* n, unsigned height);
    std::atomic<u64> root_{0};
};

struct alignas(64) PageTree::Node {
    std::atomic<void*> slots[kSlots];
    u64 used;
    void* late[2];  // rcu::Head
};
inline void* PageTree::load(const Node& n, u64 slot) { return n.slots[slot].load(std::memory_order_acquire); }

}  // namespace vm
#pragma clang unsafe_buffer_usage end
