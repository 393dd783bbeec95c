#include "sched/mutex.h"

namespace sched {

// Under the graph's lock. A free mutex goes to whoever comes first among the most urgent: one that runs already may pass
// a sleeper of its own urgency by, which saves a switch.
bool MutexCore::take_if_free(InheritanceGraph& graph, Thread& self, PiWaiter& waiter) {
    Thread* owner = owner_of(word_.fetch_or(kWaiters, std::memory_order_acquire));
    if (owner != nullptr) {
        graph.set_owner(waiters_, owner);
        return false;
    }
    PiWaiter* top = waiters_.top();
    if (top != nullptr && top != &waiter && top->urgency.before(self.effective)) {
        wake(thread_of(*top->thread));
        return false;
    }
    if (waiter.lock != nullptr) graph.leave(waiter);
    const bool alone = waiters_.top() == nullptr;
    graph.set_owner(waiters_, alone ? nullptr : &self);
    word_.store(word_of(self) | (alone ? 0 : kWaiters), std::memory_order_relaxed);
    return true;
}

Result<void> MutexCore::acquire_slow(Thread& self, u32 sleep_state) {
    PiWaiter waiter;
    waiter.thread = &self;
    auto graph = inheritance.lock();
    while (!take_if_free(*graph, self, waiter)) {
        // A circle of mutexes, which lock ranks exclude, would sleep for ever as it always did.
        if (waiter.lock == nullptr) (void)graph->block(waiter, waiters_);
        set_state(self, sleep_state);
        if ((sleep_state == state::kKillable && self.killed()) ||
            (sleep_state == state::kInterruptible && self.interrupted())) {
            set_running(self);
            if (waiter.lock != nullptr) graph->leave(waiter);
            // A wake-up that was meant for one who gave up goes to the next.
            if (owner() == nullptr && waiters_.top() != nullptr) wake(thread_of(*waiters_.top()->thread));
            if (owner() == nullptr && waiters_.top() == nullptr) word_.store(0, std::memory_order_release);
            return Errno::kRESTARTSYS;
        }
        graph.unlock();
        schedule();
        graph.relock();
    }
    set_running(self);
    return {};
}

// The owner gives it free and wakes who is to have it; that one takes it itself, or finds that another was quicker.
void MutexCore::release_slow() {
    auto graph = inheritance.lock();
    graph->set_owner(waiters_, nullptr);
    PiWaiter* top = waiters_.top();
    word_.store(top != nullptr ? kWaiters : 0, std::memory_order_release);
    if (top != nullptr) wake(thread_of(*top->thread));
}

}  // namespace sched
