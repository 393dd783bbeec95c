// SignalQueue: the pending signals of a thread or a process: a set, and the information of those that have some.
// Callers: process. Pure.
// Locks, context: guarded by the owner's signal lock. Freeing an entry frees memory, which does not sleep.
#pragma once

#include "base/list.h"
#include "base/own.h"
#include "process/signal_info.h"

namespace process {

struct QueuedSignal {
    ListNode node;
    SignalInfo info;
};

class SignalQueue {
  public:
    SignalQueue() = default;
    ~SignalQueue() { clear(); }

    SignalSet pending() const { return pending_; }
    bool has(int signo) const { return pending_.has(signo); }
    // Real-time signals queue as often as they are sent; others once: the later one is dropped by the caller.
    void add(Own<QueuedSignal> entry);
    // Pending without information: memory was short, or nobody asks.
    void mark(int signo) { pending_.add(signo); }
    // The oldest of `signo`, which must be pending, and out of the queue.
    SignalInfo take(int signo);
    void discard(SignalSet which);
    void clear() { discard(SignalSet(~u64{0})); }
    // The queued signal of POSIX timer `timer_id`: null when there is none. Valid until the queue changes.
    SignalInfo* find_timer(int signo, i32 timer_id);
    u32 queued() const { return queued_; }

  private:
    SignalSet pending_;
    u32 queued_ = 0;
    IntrusiveList<QueuedSignal, &QueuedSignal::node> entries_;
};

}  // namespace process
