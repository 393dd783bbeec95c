#include "sched/inheritance.h"

namespace sched {

void InheritanceGraph::detach(PiLock& lock) {
    if (lock.owner_ != nullptr && lock.donor_node_.linked) lock.owner_->wanted_.remove(lock);
}

void InheritanceGraph::attach(PiLock& lock) {
    if (lock.owner_ != nullptr && lock.top() != nullptr) lock.owner_->wanted_.insert(lock);
}

bool InheritanceGraph::waits_for(const PiThread* from, const PiThread& thread) const {
    for (u32 step = 0; from != nullptr; step++) {
        if (from == &thread || step == kLongestChain) return true;
        if (from->blocked_on == nullptr) return false;
        from = from->blocked_on->lock->owner_;
    }
    return false;
}

Urgency InheritanceGraph::urgency_of(const PiThread& thread) const {
    const Urgency own = hooks_.own(thread);
    const PiLock* wanted = thread.most_wanted();
    return wanted != nullptr && wanted->top()->urgency.before(own) ? wanted->top()->urgency : own;
}

// Along the chain of owners, as long as something changes.
void InheritanceGraph::propagate(PiThread* thread) {
    for (u32 step = 0; thread != nullptr && step < kLongestChain; step++) {
        const Urgency now = urgency_of(*thread);
        if (now == thread->effective) return;
        thread->effective = now;
        hooks_.changed(*thread);
        PiWaiter* waiter = thread->blocked_on;
        if (waiter == nullptr) return;
        PiLock& lock = *waiter->lock;
        detach(lock);
        lock.waiters_.remove(*waiter);
        waiter->urgency = now;
        lock.waiters_.insert(*waiter);
        attach(lock);
        thread = lock.owner_;
    }
}

Result<void> InheritanceGraph::block(PiWaiter& waiter, PiLock& lock) {
    PiThread& thread = *waiter.thread;
    if (waits_for(lock.owner_, thread)) return Errno::kDEADLK;
    propagate(&thread);  // the deadline of one that has a deadline moves by itself
    waiter.urgency = thread.effective;
    waiter.lock = &lock;
    thread.blocked_on = &waiter;
    detach(lock);
    lock.waiters_.insert(waiter);
    attach(lock);
    propagate(lock.owner_);
    return {};
}

void InheritanceGraph::leave(PiWaiter& waiter) {
    PiLock& lock = *waiter.lock;
    detach(lock);
    lock.waiters_.remove(waiter);
    attach(lock);
    waiter.lock = nullptr;
    waiter.thread->blocked_on = nullptr;
    propagate(lock.owner_);
}

void InheritanceGraph::set_owner(PiLock& lock, PiThread* thread) {
    PiThread* before = lock.owner_;
    if (before == thread) return;
    detach(lock);
    lock.owner_ = thread;
    attach(lock);
    propagate(before);
    propagate(thread);
}

PiWaiter& InheritanceGraph::hand_over(PiLock& lock) {
    PiWaiter& next = *lock.top();
    PiThread* before = lock.owner_;
    detach(lock);
    lock.waiters_.remove(next);
    next.lock = nullptr;
    next.thread->blocked_on = nullptr;
    lock.owner_ = next.thread;
    attach(lock);
    propagate(before);
    propagate(next.thread);
    return next;
}

}  // namespace sched
