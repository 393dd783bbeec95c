#include "vm/page_tree.h"

#include "base/heap.h"

#ifndef LINNET_HOST
#include "sync/rcu.h"
#endif

namespace vm {

using memory::Frame;

PageTree::~PageTree() {
    const u64 root = root_.load(std::memory_order_relaxed);
    if (root != 0) free_all(node_of(root), static_cast<unsigned>(root & kHeightMask));
}

void PageTree::free_node(Node* n) { base::heap_free(n); }

void PageTree::free_late(Node* n) {
#ifdef LINNET_HOST
    free_node(n);
#else
    static_assert(sizeof(rcu::Head) <= sizeof(n->late));
    // `late` is storage for the head alone: nothing else reads it.
    auto* head = new (n->late) rcu::Head{};
    rcu::defer(*head, [](rcu::Head& h) {
        free_node(reinterpret_cast<Node*>(reinterpret_cast<u64>(&h) - __builtin_offsetof(Node, late)));
    });
#endif
}

void PageTree::free_all(Node* n, unsigned height) {
    if (height > 1) {
        for (std::atomic<void*>& s : n->slots)
            if (void* p = s.load(std::memory_order_relaxed)) free_all(static_cast<Node*>(p), height - 1);
    }
    free_node(n);
}

Frame* PageTree::find_and_ref(u64 index) const {
    for (;;) {
        Frame* f = find(index);
        if (f == nullptr) return nullptr;
        u32 refs = f->refs.load(std::memory_order_relaxed);
        while (refs != 0 && !f->refs.compare_exchange_weak(refs, refs + 1, std::memory_order_acquire)) {}
        if (refs == 0) continue;  // on its way out: the slot is about to change
        // A frame that was freed and given to someone else between look-up and reference is not in the slot now.
        if (find(index) == f) [[likely]]
            return f;
        memory::frame_unref(f);
    }
}

Result<void> PageTree::insert(u64 index, Frame* frame) {
    u64 root = root_.load(std::memory_order_relaxed);
    unsigned height = static_cast<unsigned>(root & kHeightMask);
    const auto fresh = []() -> Node* {
        void* p = base::heap_allocate(sizeof(Node), alignof(Node));
        return p == nullptr ? nullptr : new (p) Node{};
    };
    unsigned wanted = 1;
    while (wanted < 11 && index >> (kBits * wanted) != 0) wanted++;
    // An empty tree gets a root of the right height at once; another grows a level at a time.
    while (height < wanted) {
        Node* n = fresh();
        if (n == nullptr) return Errno::kNOMEM;
        if (height > 0) {
            n->slots[0].store(node_of(root), std::memory_order_relaxed);
            n->used = 1;
        }
        height = height == 0 ? wanted : height + 1;
        root = reinterpret_cast<u64>(n) | height;
        root_.store(root, std::memory_order_release);
    }
    Node* n = node_of(root);
    for (unsigned level = height - 1; level > 0; level--) {
        std::atomic<void*>& slot = n->slots[(index >> (kBits * level)) % kSlots];
        Node* below = static_cast<Node*>(slot.load(std::memory_order_relaxed));
        if (below == nullptr) {
            below = fresh();
            if (below == nullptr) return Errno::kNOMEM;
            slot.store(below, std::memory_order_release);
            n->used++;
        }
        n = below;
    }
    std::atomic<void*>& slot = n->slots[index % kSlots];
    if (slot.load(std::memory_order_relaxed) != nullptr) return Errno::kEXIST;
    slot.store(frame, std::memory_order_release);
    n->used++;
    return {};
}

Frame* PageTree::remove(u64 index) {
    const u64 root = root_.load(std::memory_order_relaxed);
    const unsigned height = static_cast<unsigned>(root & kHeightMask);
    if (height == 0 || (height < 11 && index >> (kBits * height) != 0)) return nullptr;
    Node* path[12];
    Node* n = node_of(root);
    for (unsigned level = height - 1;; level--) {
        path[level] = n;
        if (level == 0) break;
        n = static_cast<Node*>(n->slots[(index >> (kBits * level)) % kSlots].load(std::memory_order_relaxed));
        if (n == nullptr) return nullptr;
    }
    Frame* f = static_cast<Frame*>(n->slots[index % kSlots].exchange(nullptr, std::memory_order_acq_rel));
    if (f == nullptr) return nullptr;
    // Empty nodes leave the tree from the bottom up.
    for (unsigned level = 0; level < height; level++) {
        Node* at = path[level];
        if (--at->used != 0) break;
        if (level + 1 == height) {
            root_.store(0, std::memory_order_release);
        } else {
            path[level + 1]->slots[(index >> (kBits * (level + 1))) % kSlots].store(nullptr, std::memory_order_release);
        }
        free_late(at);
    }
    return f;
}

Frame* PageTree::next(u64& index, u64 last) const {
    const u64 root = root_.load(std::memory_order_acquire);
    const unsigned height = static_cast<unsigned>(root & kHeightMask);
    if (height == 0) return nullptr;
    while (index <= last) {
        if (height < 11 && index >> (kBits * height) != 0) return nullptr;
        const Node* n = node_of(root);
        unsigned level = height - 1;
        while (level > 0) {
            const Node* below = static_cast<const Node*>(load(*n, (index >> (kBits * level)) % kSlots));
            if (below == nullptr) break;
            n = below;
            level--;
        }
        if (level == 0) {
            for (u64 slot = index % kSlots; slot < kSlots; slot++, index++) {
                if (index > last) return nullptr;
                if (void* p = load(*n, slot)) return static_cast<Frame*>(p);
            }
            if (index == 0) return nullptr;  // wrapped
            continue;
        }
        // Nothing below this slot: on to the next of this level.
        const u64 step = u64{1} << (kBits * level);
        const u64 after = (index & ~(step - 1)) + step;
        if (after <= index) return nullptr;
        index = after;
    }
    return nullptr;
}

}  // namespace vm
