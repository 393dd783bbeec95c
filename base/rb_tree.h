// RbTree: an intrusive red-black tree, optionally augmented with a value that each node derives from its subtree.
// Callers: everyone (VMAs, run queues, timers).
// Locks: none of its own. No allocation; insert and remove cannot fail. O(log n).
// Source: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, chapters 13 and 14.
#pragma once

#include "base/assert.h"
#include "base/types.h"

struct RbNode {
    RbNode* parent = nullptr;
    RbNode* left = nullptr;
    RbNode* right = nullptr;
    bool red = false;
    bool linked = false;
};

namespace base::rb {
// Recomputes the augmented value of one node from itself and its children.
using Update = void (*)(RbNode&);
void insert_fixup(RbNode*& root, RbNode& node, Update update);
void erase(RbNode*& root, RbNode& node, Update update);
RbNode* first(RbNode* root);
RbNode* last(RbNode* root);
RbNode* next(RbNode& node);
RbNode* prev(RbNode& node);
}  // namespace base::rb

// `Traits` has:
//   static bool less(const T& a, const T& b);         strict order; equal elements keep insertion order
//   static void update(T& node, T* left, T* right);   optional: the augmented value
template <typename T, RbNode T::* Member, typename Traits>
class RbTree {
  public:
    constexpr RbTree() = default;
    RbTree(const RbTree&) = delete;
    RbTree& operator=(const RbTree&) = delete;

    bool empty() const { return root_ == nullptr; }
    T* root() const { return root_ == nullptr ? nullptr : owner(root_); }
    T* first() const { return wrap(base::rb::first(root_)); }
    T* last() const { return wrap(base::rb::last(root_)); }
    static T* next(T& t) { return wrap(base::rb::next(t.*Member)); }
    static T* prev(T& t) { return wrap(base::rb::prev(t.*Member)); }
    static T* left(T& t) { return wrap((t.*Member).left); }
    static T* right(T& t) { return wrap((t.*Member).right); }
    static bool linked(const T& t) { return (t.*Member).linked; }

    void insert(T& t) {
        RbNode* parent = nullptr;
        RbNode** link = &root_;
        while (*link != nullptr) {
            parent = *link;
            link = Traits::less(t, *owner(parent)) ? &parent->left : &parent->right;
        }
        RbNode& n = t.*Member;
        DEBUG_ASSERT(!n.linked);
        n = RbNode{.parent = parent, .red = true, .linked = true};
        *link = &n;
        refresh(t);
        base::rb::insert_fixup(root_, n, updater());
    }
    void remove(T& t) {
        DEBUG_ASSERT((t.*Member).linked);
        base::rb::erase(root_, t.*Member, updater());
        t.*Member = RbNode{};
    }
    // Call after a change to what the augmented value of `t` derives from.
    static void refresh(T& t) {
        if (base::rb::Update update = updater()) {
            for (RbNode* n = &(t.*Member); n != nullptr; n = n->parent) update(*n);
        }
    }
    // The first element for which !less(element, key): lower bound under `below(element)` = element < key.
    template <typename Below>
    T* lower_bound(Below below) const {
        RbNode* n = root_;
        T* best = nullptr;
        while (n != nullptr) {
            T* t = owner(n);
            if (below(*t)) {
                n = n->right;
            } else {
                best = t;
                n = n->left;
            }
        }
        return best;
    }

  private:
    static constexpr base::rb::Update updater() {
        if constexpr (requires(T& t) { Traits::update(t, &t, &t); }) {
            return [](RbNode& n) { Traits::update(*owner(&n), wrap(n.left), wrap(n.right)); };
        } else {
            return nullptr;
        }
    }
    static T* wrap(RbNode* n) { return n == nullptr ? nullptr : owner(n); }
    static T* owner(RbNode* n) {
        // As in base/list.h: the offset of a member pointer is the same for every object.
        alignas(T) static constinit char probe[sizeof(T)] = {};
        T* t = reinterpret_cast<T*>(probe);
        usize offset = reinterpret_cast<uptr>(&(t->*Member)) - reinterpret_cast<uptr>(t);
        return reinterpret_cast<T*>(reinterpret_cast<uptr>(n) - offset);
    }
    RbNode* root_ = nullptr;
};
