// co_await sleep_for(...): a strand's rest, without its thread.
// Callers: coroutines on an executor.
// Locks, context: the executor's thread; none is held.
#pragma once

#include "sched/async.h"
#include "sched/timer.h"
#include "time/clock.h"

namespace sched {

class [[nodiscard]] AsyncSleep : private Timer {
  public:
    explicit AsyncSleep(Instant until) : Timer(&ring), until_(until) {}
    ~AsyncSleep() { (void)cancel(*this); }

    bool await_ready() const { return time::now() >= until_; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> where) {
        strand_ = &where.promise().strand();
        strand_->park(where);
        arm(*this, until_);  // on this CPU, where the strand goes on when its executor's thread is free again
    }
    void await_resume() const {}

  private:
    static void ring(Timer& timer) { static_cast<AsyncSleep&>(timer).strand_->wake(); }
    Instant until_;
    Strand* strand_ = nullptr;
};

inline AsyncSleep async_sleep_until(Instant when) { return AsyncSleep(when); }
inline AsyncSleep async_sleep_for(Duration d) { return AsyncSleep(time::now() + d); }

}  // namespace sched
