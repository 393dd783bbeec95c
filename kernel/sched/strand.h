// Strand: one line of execution through coroutines, with at most one place where it waits. Pure.
// Callers: sched/async.h and what coroutines wait for (timers, inboxes).
// Locks, context: the owner's executor runs it; wake() from any context, once for each park().
#pragma once

#include <coroutine>

#include "base/list.h"

namespace sched {

class Strand {
  public:
    // `post` brings the strand to the thread that calls run_on().
    constexpr explicit Strand(void (*post)(Strand&)) : post_(post) {}
    Strand(const Strand&) = delete;
    Strand& operator=(const Strand&) = delete;

    // The innermost coroutine is suspended at `where`. Whatever will call wake() is told after this.
    void park(std::coroutine_handle<> where) { where_ = where; }
    // What it waited for has come. Only its executor's thread goes on with it, so never before that thread is
    // free.
    void wake() { post_(*this); }
    // Goes on up to the next park(), or to its end.
    void run_on() { where_.resume(); }

    ListNode node;  // in its executor's list of those that are ready

  private:
    void (*post_)(Strand&);
    std::coroutine_handle<> where_;
};

}  // namespace sched
