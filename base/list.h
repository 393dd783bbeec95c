// IntrusiveList: a doubly linked list whose links live in its elements.
// Callers: everyone.
// Locks: none of its own; the owner guards it. No allocation; insert and remove cannot fail.
#pragma once

#include "base/assert.h"
#include "base/types.h"

struct ListNode {
    ListNode* prev = nullptr;
    ListNode* next = nullptr;

    bool linked() const { return next != nullptr; }
    // Takes the node out of whatever list holds it; does nothing when it is in none.
    void unlink() {
        if (next == nullptr) return;
        prev->next = next;
        next->prev = prev;
        prev = next = nullptr;
    }
};

// `Member` names the ListNode inside T: IntrusiveList<Thread, &Thread::run_node>.
template <typename T, ListNode T::* Member>
class IntrusiveList {
  public:
    constexpr IntrusiveList() { head_.prev = head_.next = &head_; }
    IntrusiveList(const IntrusiveList&) = delete;
    IntrusiveList& operator=(const IntrusiveList&) = delete;

    bool empty() const { return head_.next == &head_; }
    void push_back(T& t) { insert(head_.prev, &(t.*Member)); }
    void push_front(T& t) { insert(&head_, &(t.*Member)); }
    static void insert_before(T& position, T& t) { insert((position.*Member).prev, &(t.*Member)); }
    static void remove(T& t) { (t.*Member).unlink(); }
    T* front() const { return empty() ? nullptr : owner(head_.next); }
    T* back() const { return empty() ? nullptr : owner(head_.prev); }
    T* next(const T& t) const {
        ListNode* n = (t.*Member).next;
        return n == &head_ ? nullptr : owner(n);
    }
    T* pop_front() {
        T* t = front();
        if (t != nullptr) (t->*Member).unlink();
        return t;
    }
    // Moves all elements of `other` to the end of this list.
    void splice_back(IntrusiveList& other) {
        if (other.empty()) return;
        ListNode* first = other.head_.next;
        ListNode* last = other.head_.prev;
        other.head_.prev = other.head_.next = &other.head_;
        first->prev = head_.prev;
        head_.prev->next = first;
        last->next = &head_;
        head_.prev = last;
    }

    // Iteration that allows removing the current element.
    class Iterator {
      public:
        explicit Iterator(ListNode* n) : n_(n), next_(n->next) {}
        T& operator*() const { return *owner(n_); }
        Iterator& operator++() {
            n_ = next_;
            next_ = n_->next;
            return *this;
        }
        bool operator!=(const Iterator& o) const { return n_ != o.n_; }

      private:
        ListNode* n_;
        ListNode* next_;
    };
    Iterator begin() const { return Iterator(head_.next); }
    Iterator end() const { return Iterator(const_cast<ListNode*>(&head_)); }

  private:
    static void insert(ListNode* after, ListNode* n) {
        DEBUG_ASSERT(n->next == nullptr);
        n->prev = after;
        n->next = after->next;
        after->next->prev = n;
        after->next = n;
    }
    static T* owner(ListNode* n) {
        // The address of a T whose Member is *n: the offset of a member pointer is the same for every object.
        alignas(T) static constinit char probe[sizeof(T)] = {};
        T* t = reinterpret_cast<T*>(probe);
        usize offset = reinterpret_cast<uptr>(&(t->*Member)) - reinterpret_cast<uptr>(t);
        return reinterpret_cast<T*>(reinterpret_cast<uptr>(n) - offset);
    }
    ListNode head_;
};
