// Priority inheritance: who waits for which lock of whom, and how urgent that makes everyone. Pure, tested on the host.
// Callers: sched/mutex, sched/policy; ipc/futex_pi by way of sched/inherit.h.
// Locks, context: one lock around a graph and all its locks and threads (sched: Rank::kInheritance). Nothing allocates.
// Method: an owner is as urgent as the most urgent of those that wait for its locks, along chains (Sha, Rajkumar,
// Lehoczky, Priority Inheritance Protocols, 1990).
#pragma once

#include "base/rb_tree.h"
#include "base/result.h"
#include "base/types.h"

namespace sched {

// Deadlines come first, the earlier the better; then real-time priorities; all others are alike.
struct Urgency {
    static constexpr u8 kDeadline = 0, kOrdinary = 100;
    u8 level = kOrdinary;  // 100 - real-time priority in between
    i64 deadline = 0;      // kDeadline: nanoseconds of the monotonic clock

    bool operator==(const Urgency&) const = default;
    bool before(const Urgency& o) const {
        if (level != o.level) return level < o.level;
        return level == kDeadline && deadline - o.deadline < 0;
    }
};

struct PiThread;
class PiLock;

// A thread's wait for one lock; lives as long as it waits.
struct PiWaiter {
    RbNode node;
    PiThread* thread = nullptr;
    PiLock* lock = nullptr;  // null: not waiting
    Urgency urgency;         // the thread's when it was queued or moved
};

class PiLock {
  public:
    constexpr PiLock() = default;
    PiThread* owner() const { return owner_; }
    // The most urgent waiter, of equals the first that came; null: none.
    PiWaiter* top() const { return waiters_.first(); }

  private:
    friend class InheritanceGraph;
    friend struct PiThread;
    struct Order {
        static bool less(const PiWaiter& a, const PiWaiter& b) { return a.urgency.before(b.urgency); }
    };
    PiThread* owner_ = nullptr;
    RbTree<PiWaiter, &PiWaiter::node, Order> waiters_;
    RbNode donor_node_;  // among the owner's locks, while somebody waits
};

// A thread's part in the graph.
struct PiThread {
    Urgency effective;
    PiWaiter* blocked_on = nullptr;
    // It will release no lock any more, so nobody may begin to wait for it.
    bool gone = false;

    // The lock whose waiters are the most urgent of all that it owns; null: nobody waits for it.
    PiLock* most_wanted() const { return wanted_.first(); }

  private:
    friend class InheritanceGraph;
    struct Order {
        static bool less(const PiLock& a, const PiLock& b) { return a.top()->urgency.before(b.top()->urgency); }
    };
    RbTree<PiLock, &PiLock::donor_node_, Order> wanted_;
};

class InheritanceGraph {
  public:
    // Longer chains are refused as if they were circles (Linux: max_lock_depth).
    static constexpr u32 kLongestChain = 1024;
    struct Hooks {
        // The thread's urgency without what it inherits.
        Urgency (*own)(const PiThread&);
        // Its effective urgency is another now.
        void (*changed)(PiThread&);
    };
    explicit constexpr InheritanceGraph(Hooks hooks) : hooks_(hooks) {}

    // `waiter.thread` waits for `lock`, which has an owner, or none at the moment. EDEADLK: the owner, directly or along
    // a chain, waits for the thread; nothing was done.
    Result<void> block(PiWaiter& waiter, PiLock& lock);
    // It does not wait any more.
    void leave(PiWaiter& waiter);
    // `thread`, null for nobody, owns the lock from here on. Those that wait stay.
    void set_owner(PiLock& lock, PiThread* thread);
    // The top waiter becomes the owner.
    PiWaiter& hand_over(PiLock& lock);
    // Its own urgency may have changed.
    void refresh(PiThread& thread) { propagate(&thread); }

  private:
    bool waits_for(const PiThread* from, const PiThread& thread) const;
    void detach(PiLock& lock);  // from its owner's tree, before the top waiter changes
    void attach(PiLock& lock);  // back
    void propagate(PiThread* thread);
    Urgency urgency_of(const PiThread& thread) const;

    const Hooks hooks_;
};

}  // namespace sched
