// TimerQueue: timers in the order of their moments, the first one at hand. Pure, tested on the host.
// Callers: sched/timer.cc.
// Locks, context: none of its own.
#pragma once

#include "sched/timer.h"

namespace sched {

class TimerQueue {
  public:
    constexpr TimerQueue() = default;

    // True when `t` is now the first.
    bool insert(Timer& t) {
        tree_.insert(t);
        if (first_ != nullptr && !(t.when < first_->when)) return false;
        first_ = &t;
        return true;
    }
    void remove(Timer& t) {
        if (first_ == &t) first_ = Tree::next(t);
        tree_.remove(t);
    }
    // Takes out the first timer if its moment has come.
    Timer* take_due(Instant now) {
        Timer* t = first_;
        if (t == nullptr || t->when > now) return nullptr;
        remove(*t);
        return t;
    }
    Instant next() const { return first_ == nullptr ? Instant::never() : first_->when; }
    bool empty() const { return first_ == nullptr; }

  private:
    struct Order {
        static bool less(const Timer& a, const Timer& b) { return a.when < b.when; }
    };
    using Tree = RbTree<Timer, &Timer::node, Order>;
    Tree tree_;
    Timer* first_ = nullptr;
};

}  // namespace sched
