// The timers of a process: setitimer(2), timer_create(2) and the limit of processor time.
// Callers: linux/itimer, linux/timer; process/exec and exit by way of hooks.
// Locks, context: thread context of one of the process's threads, no locks held, but where stated.
#pragma once

#include "abi/linux/signal.h"
#include "base/list.h"
#include "process/cpu_clock.h"
#include "sched/clock_timer.h"
#include "sched/mutex.h"
#include "sync/guarded.h"

namespace process {

class Task;
class Process;
class ProcessTimers;

// A timer on a clock of processor time; looked at in each tick of the process's threads.
struct CpuTimer {
    ListNode node;  // while armed, in ProcessTimers
    CpuClock clock;
    u64 at_ns = 0;  // of the clock
    u64 interval_ns = 0;
    // Interrupt context, no locks held.
    void (*expired)(CpuTimer& timer, u64 count) = nullptr;
};

// The clock of a POSIX timer: abi::CLOCK_* or an encoded one, and what it means if it counts processor time (of a
// thread: with the thread's number).
struct TimerClock {
    i32 id = 0;
    std::optional<CpuClock> cpu;
};

// What timer_create(2) made.
class PosixTimer {
  public:
    using Setting = sched::ClockTimer::Setting;
    struct Event {
        i32 notify = abi::SIGEV_SIGNAL;
        i32 signo = abi::SIGALRM;
        u64 value = 0;
        i32 tid = 0;  // SIGEV_THREAD_ID
    };
    PosixTimer(Process& process, i32 id, const TimerClock& clock, const Event& event);

    i32 id() const { return id_; }
    i32 clock_id() const { return clock_.id; }
    const Event& event() const { return event_; }

  private:
    friend class ProcessTimers;
    static void on_wall(sched::ClockTimer& timer, u64 count);
    static void on_cpu(CpuTimer& timer, u64 count);
    void expired(u64 count);

    ListNode node_;
    Process& process_;
    const i32 id_;
    const TimerClock clock_;
    const Event event_;
    // Expirations beyond the one told: of the signal that was queued last, and of the one before.
    std::atomic<i32> overrun_{0}, overrun_before_{0};
    struct Sources {
        PosixTimer* owner;
        sched::ClockTimer wall;
        CpuTimer cpu;
    } sources_;
};

class ProcessTimers {
  public:
    using Setting = PosixTimer::Setting;
    explicit ProcessTimers(Process& process);
    // Nothing runs any more when it returns.
    ~ProcessTimers();

    // The process's; made at the first use. ENOMEM.
    static Result<ProcessTimers*> of(Process& process);

    // setitimer: abi::ITIMER_*, which must be one. `value_ns` 0 disarms. Nanoseconds left, and the interval.
    Setting set_interval_timer(Task& self, int which, i64 value_ns, i64 interval_ns);
    Setting interval_timer(Task& self, int which);

    // timer_create, in two steps: the next number, which is used up whatever comes of it, and the timer. EAGAIN: more
    // timers than RLIMIT_SIGPENDING. ENOMEM.
    Result<i32> take_id();
    Result<void> create(i32 id, const TimerClock& clock, const PosixTimer::Event& event);
    // EINVAL: no such timer.
    Result<Setting> set(Task& self, i32 id, bool absolute, i64 value_ns, i64 interval_ns);
    Result<Setting> setting(Task& self, i32 id);
    Result<i32> overrun(i32 id);
    Result<void> remove(i32 id);
    // exec: POSIX timers go, interval timers stay.
    void remove_all();
    // fn(const PosixTimer&) for each, under the lock: /proc/PID/timers.
    template <typename Fn>
    void for_each(Fn fn) {
        auto table = table_.lock();
        for (const PosixTimer& timer : table->timers) fn(timer);
    }

    // The tick, in interrupt context; and who has just set a timer of CPU time.
    void look_at_cpu_timers(Task& running);

  private:
    struct Table {
        IntrusiveList<PosixTimer, &PosixTimer::node_> timers;
        u32 count = 0;
        i32 next_id = 0;
    };
    struct CpuTimers {
        IntrusiveList<CpuTimer, &CpuTimer::node> armed;
        u32 running = 0;  // expired() calls under way
    };
    struct IntervalTimers {
        ProcessTimers* owner;
        sched::ClockTimer real;
        CpuTimer virtual_time, profile;
    };
    static void on_real(sched::ClockTimer& timer, u64 count);
    static void on_virtual(CpuTimer& timer, u64 count);
    static void on_profile(CpuTimer& timer, u64 count);
    static PosixTimer* find(Table& table, i32 id);
    Setting set_cpu(Task& self, CpuTimer& timer, u64 at_ns, u64 interval_ns);
    Setting cpu_setting(CpuTimer& timer, u64 now);
    void stop_cpu(CpuTimer& timer);
    void destroy(PosixTimer& timer);

    Process& process_;
    sync::Guarded<Table, sched::Mutex<sync::Rank::kGeneric>> table_;
    sync::Guarded<CpuTimers, sync::SpinLock<sync::Rank::kPosixTimer, sync::kIrqOff>> cpu_;
    std::atomic<u32> cpu_armed_{0};
    IntervalTimers interval_;
};

// The tick of a thread: interrupt context.
void on_user_tick(sched::Thread& thread);
// Registers the tick, exec and exit. Start-up, once.
void init_timers();

}  // namespace process
