// ClockTimer: a timer on the monotonic or the real-time clock, once or periodic, which counts its expirations and
// follows changes of the real time: what timerfd, setitimer and timer_create stand on.
// Callers: ipc, process.
// Locks, context: calls in thread context; takes Rank::kEventSource. The function runs in interrupt context with no
// lock held; the destructor waits for it.
#pragma once

#include "sched/timer.h"
#include "sched/wait_queue.h"
#include "sync/spin_lock.h"

namespace sched {

class ClockTimer {
  public:
    enum class Clock : u8 { kMonotonic, kRealtime };
    // What a periodic timer does after a moment passed. kCounts: fires at each, but no closer than kShortest.
    // kRests: fires once, and goes on when its expirations are taken (nobody can be told twice of what he did not read).
    enum class Period : u8 { kCounts, kRests };
    static constexpr i64 kShortest = 100'000;

    // `left_ns`: until the next moment; 0: not armed. At least 1 while armed.
    struct Setting {
        i64 left_ns = 0;
        i64 interval_ns = 0;
    };
    // `expirations`: since the last call; 0: the clock was set (only if asked for in arm()).
    using Function = void (*)(ClockTimer& timer, u64 expirations);

    constexpr ClockTimer(Function function, Period period) : function_(function), period_(period) {}
    ClockTimer(const ClockTimer&) = delete;
    ClockTimer& operator=(const ClockTimer&) = delete;
    ~ClockTimer() { stop(); }

    // (Re)arms for the moment `at_ns` of `clock`, then each `interval_ns` (0: once). Forgets expirations that were
    // not taken. `tell_changes`: the function is called when the clock is set. The setting before.
    Setting arm(Clock clock, i64 at_ns, i64 interval_ns, bool tell_changes = false);
    Setting disarm(i64 interval_ns = 0);
    Setting setting();

    // Expirations not taken yet; takes them.
    u64 take_expirations();
    u64 expirations();
    // Whether the clock was set since arm() with tell_changes, or since the last such answer.
    bool take_change();
    bool has_change();

    // Disarms, and the function does not run any more when this returns. Not from the function.
    void stop();

    static i64 now(Clock clock);

  private:
    static void on_timer(Timer& timer);
    static bool on_change(WaitEntry& entry, u32 events);
    void fire();
    // Lock held.
    void program(i64 not_before);
    void catch_up();
    Setting setting_locked();
    bool change_locked() const;

    sync::SpinLock<sync::Rank::kEventSource, sync::kIrqOff> lock_;
    Timer timer_{&on_timer};
    WaitEntry change_entry_;
    const Function function_;
    const Period period_;
    Clock clock_ = Clock::kMonotonic;
    bool armed_ = false;
    bool resting_ = false;  // kRests: a moment passed, the next one is not programmed
    bool tell_changes_ = false;
    u32 generation_ = 0;  // of the real-time clock, when it was armed
    i64 at_ns_ = 0;
    i64 interval_ns_ = 0;
    u64 expirations_ = 0;
};

}  // namespace sched
