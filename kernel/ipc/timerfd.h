// TimerFile: timerfd(2), a timer whose expirations are read from a file.
// Callers: linux/timerfd.
// Locks, context: thread context; the timer's own lock inside.
#pragma once

#include "object/file.h"
#include "sched/clock_timer.h"

namespace ipc {

class TimerFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"timerfd"};

    // `clock_id` (abi::CLOCK_*) is for /proc alone: what it means comes with each set().
    TimerFile(i32 clock_id, u32 status_flags) : File(status_flags | abi::O_RDWR), clock_id_(clock_id) {}

    i32 clock_id() const { return clock_id_; }
    // timerfd_settime: `at_ns` is a moment of `clock`; `set_flags` (TFD_*) are remembered for /proc. With
    // `cancel_on_set` reads fail with ECANCELED after the clock was set.
    sched::ClockTimer::Setting arm(sched::ClockTimer::Clock clock, i64 at_ns, i64 interval_ns, bool cancel_on_set,
                                   u32 set_flags);
    sched::ClockTimer::Setting disarm(i64 interval_ns, u32 set_flags);
    sched::ClockTimer::Setting setting() { return timer_.timer.setting(); }

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_write() const override { return false; }
    // 8 bytes: expirations since the last read or setting, at least 1. EINVAL for fewer, EAGAIN, ECANCELED,
    // kRESTARTSYS.
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    // Linux: noop_llseek.
    Result<i64> seek(i64, int) override { return 0; }
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

  private:
    // Plain members, so that the timer's callback finds its way from one to the other.
    struct Waking {
        object::PollSource expired;
        sched::ClockTimer timer{&on_expired, sched::ClockTimer::Period::kRests};
    };
    static void on_expired(sched::ClockTimer& timer, u64 expirations);
    bool readable_now() { return timer_.timer.expirations() != 0 || timer_.timer.has_change(); }

    const i32 clock_id_;
    std::atomic<u32> set_flags_{0};
    Waking timer_;
};

}  // namespace ipc
