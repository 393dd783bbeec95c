#include "process/timers.h"

#include <algorithm>
#include <limits>

#include "abi/linux/time.h"
#include "base/owner_of.h"
#include "process/hooks.h"
#include "process/process.h"
#include "process/signal.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace process {

using sched::ClockTimer;

namespace {

i32 add_saturated(i32 a, u64 b) {
    const u64 most = std::numeric_limits<i32>::max();
    return static_cast<i32>(std::min(static_cast<u64>(a) + std::min(b, most), most));
}

// Absolute times of the real-time clocks follow its changes; all else counts on the monotonic clock.
bool on_realtime(i32 clock) {
    return clock == abi::CLOCK_REALTIME || clock == abi::CLOCK_REALTIME_ALARM || clock == abi::CLOCK_TAI;
}

}  // namespace

PosixTimer::PosixTimer(Process& process, i32 id, const TimerClock& clock, const Event& event)
    : process_(process),
      id_(id),
      clock_(clock),
      event_(event),
      sources_{this, {&on_wall, ClockTimer::Period::kCounts}, {}} {
    if (clock_.cpu) sources_.cpu.clock = *clock_.cpu;
    sources_.cpu.expired = &on_cpu;
}

void PosixTimer::on_wall(ClockTimer& timer, u64 count) { base::owner_of<&Sources::wall>(timer).owner->expired(count); }
void PosixTimer::on_cpu(CpuTimer& timer, u64 count) { base::owner_of<&Sources::cpu>(timer).owner->expired(count); }

// At most one signal of a timer is queued: what expires meanwhile counts as its overrun (timer_getoverrun(2)).
void PosixTimer::expired(u64 count) {
    if (event_.notify == abi::SIGEV_NONE || count == 0) return;
    OptRef<Task> thread;
    if (event_.notify == abi::SIGEV_THREAD_ID) {
        thread = find_task(event_.tid);
        if (!thread || &thread->process() != &process_) return;
    }
    {
        auto s = process_.signals().lock();
        SignalQueue& queue = thread ? thread->signals.pending : s->pending;
        if (SignalInfo* queued = queue.find_timer(event_.signo, id_)) {
            overrun_.store(add_saturated(queued->overrun(), count), std::memory_order_relaxed);
            queued->set_overrun(overrun_.load(std::memory_order_relaxed));
            return;
        }
    }
    overrun_before_.store(overrun_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    overrun_.store(add_saturated(0, count - 1), std::memory_order_relaxed);
    const SignalInfo info =
        SignalInfo::timer(event_.signo, id_, overrun_.load(std::memory_order_relaxed), event_.value);
    (void)(thread ? send_signal_to_thread(*thread, info) : send_signal(process_, info));
}

ProcessTimers::ProcessTimers(Process& process)
    : process_(process), interval_{this, {&on_real, ClockTimer::Period::kCounts}, {}, {}} {
    interval_.virtual_time.clock = {.counts = CpuClock::Counts::kUser};
    interval_.virtual_time.expired = &on_virtual;
    interval_.profile.clock = {.counts = CpuClock::Counts::kAll};
    interval_.profile.expired = &on_profile;
}

ProcessTimers::~ProcessTimers() {
    remove_all();
    stop_cpu(interval_.virtual_time);
    stop_cpu(interval_.profile);
}

Result<ProcessTimers*> ProcessTimers::of(Process& process) {
    if (ProcessTimers* there = process.timers.load(std::memory_order_acquire)) return there;
    Own<ProcessTimers> made = TRY(make_own<ProcessTimers>(process));
    ProcessTimers* expected = nullptr;
    if (process.timers.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel)) return made.release();
    return expected;  // another thread was quicker
}

// ---- Interval timers ----

void ProcessTimers::on_real(ClockTimer& timer, u64) {
    (void)send_signal(base::owner_of<&IntervalTimers::real>(timer).owner->process_, SignalInfo::kernel(abi::SIGALRM));
}
void ProcessTimers::on_virtual(CpuTimer& timer, u64) {
    (void)send_signal(base::owner_of<&IntervalTimers::virtual_time>(timer).owner->process_,
                      SignalInfo::kernel(abi::SIGVTALRM));
}
void ProcessTimers::on_profile(CpuTimer& timer, u64) {
    (void)send_signal(base::owner_of<&IntervalTimers::profile>(timer).owner->process_,
                      SignalInfo::kernel(abi::SIGPROF));
}

ProcessTimers::Setting ProcessTimers::set_interval_timer(Task& self, int which, i64 value_ns, i64 interval_ns) {
    if (which == abi::ITIMER_REAL) {
        if (value_ns == 0) return interval_.real.disarm();
        return interval_.real.arm(ClockTimer::Clock::kMonotonic, (time::now() + Duration{value_ns}).ns, interval_ns);
    }
    CpuTimer& timer = which == abi::ITIMER_VIRTUAL ? interval_.virtual_time : interval_.profile;
    // Other than the timer of real time, a stopped one keeps its interval (Linux: set_cpu_itimer).
    if (value_ns == 0) return set_cpu(self, timer, 0, static_cast<u64>(interval_ns));
    const u64 now = timer.clock.select(cpu_time_of(process_));
    return set_cpu(self, timer, now + static_cast<u64>(value_ns), static_cast<u64>(interval_ns));
}

ProcessTimers::Setting ProcessTimers::interval_timer(Task&, int which) {
    if (which == abi::ITIMER_REAL) return interval_.real.setting();
    CpuTimer& timer = which == abi::ITIMER_VIRTUAL ? interval_.virtual_time : interval_.profile;
    return cpu_setting(timer, timer.clock.select(cpu_time_of(process_)));
}

// ---- POSIX timers ----

PosixTimer* ProcessTimers::find(Table& table, i32 id) {
    for (PosixTimer& timer : table.timers)
        if (timer.id_ == id) return &timer;
    return nullptr;
}

Result<i32> ProcessTimers::take_id() {
    auto table = table_.lock();
    if (table->count >= process_.limits().soft(abi::RLIMIT_SIGPENDING)) return Errno::kAGAIN;
    i32 id = table->next_id;
    while (find(*table, id) != nullptr) id = (id + 1) & std::numeric_limits<i32>::max();
    table->next_id = (id + 1) & std::numeric_limits<i32>::max();
    return id;
}

Result<void> ProcessTimers::create(i32 id, const TimerClock& clock, const PosixTimer::Event& event) {
    auto table = table_.lock();
    // Again, for other threads came between; that one of them went all the way round is not to be expected.
    if (table->count >= process_.limits().soft(abi::RLIMIT_SIGPENDING) || find(*table, id) != nullptr)
        return Errno::kAGAIN;
    Own<PosixTimer> made = TRY(make_own<PosixTimer>(process_, id, clock, event));
    table->count++;
    table->timers.push_back(*made.release());
    return {};
}

Result<ProcessTimers::Setting> ProcessTimers::set(Task& self, i32 id, bool absolute, i64 value_ns, i64 interval_ns) {
    auto table = table_.lock();
    PosixTimer* t = find(*table, id);
    if (t == nullptr) return Errno::kINVAL;
    t->overrun_.store(0, std::memory_order_relaxed);
    t->overrun_before_.store(0, std::memory_order_relaxed);
    if (t->clock_.cpu) {
        u64 at = static_cast<u64>(value_ns);
        if (value_ns != 0 && !absolute) at += TRY(read_cpu_clock(self, *t->clock_.cpu));
        return set_cpu(self, t->sources_.cpu, at, static_cast<u64>(interval_ns));
    }
    ClockTimer& wall = t->sources_.wall;
    if (value_ns == 0) return wall.disarm();
    // POSIX: relative times do not follow changes of the clock.
    const bool realtime = absolute && on_realtime(t->clock_.id);
    const i64 at = absolute ? value_ns : (time::now() + Duration{value_ns}).ns;
    return wall.arm(realtime ? ClockTimer::Clock::kRealtime : ClockTimer::Clock::kMonotonic, at, interval_ns);
}

Result<ProcessTimers::Setting> ProcessTimers::setting(Task& self, i32 id) {
    auto table = table_.lock();
    PosixTimer* t = find(*table, id);
    if (t == nullptr) return Errno::kINVAL;
    if (!t->clock_.cpu) return t->sources_.wall.setting();
    return cpu_setting(t->sources_.cpu, read_cpu_clock(self, *t->clock_.cpu).value_or(0));
}

Result<i32> ProcessTimers::overrun(i32 id) {
    auto table = table_.lock();
    PosixTimer* t = find(*table, id);
    if (t == nullptr) return Errno::kINVAL;
    OptRef<Task> thread;
    if (t->event_.notify == abi::SIGEV_THREAD_ID) thread = find_task(t->event_.tid);
    auto s = process_.signals().lock();
    SignalQueue& queue = thread ? thread->signals.pending : s->pending;
    // Without a signal its number was not looked at when the timer was made: it may be any.
    const bool queued = t->event_.notify != abi::SIGEV_NONE && queue.find_timer(t->event_.signo, id) != nullptr;
    return (queued ? t->overrun_before_ : t->overrun_).load(std::memory_order_relaxed);
}

Result<void> ProcessTimers::remove(i32 id) {
    auto table = table_.lock();
    PosixTimer* t = find(*table, id);
    if (t == nullptr) return Errno::kINVAL;
    t->node_.unlink();
    table->count--;
    destroy(*t);
    return {};
}

void ProcessTimers::remove_all() {
    auto table = table_.lock();
    while (PosixTimer* t = table->timers.pop_front()) destroy(*t);
    table->count = 0;
    table->next_id = 0;
}

void ProcessTimers::destroy(PosixTimer& timer) {
    stop_cpu(timer.sources_.cpu);
    base::destroy(&timer);  // stops the other source
}

// ---- Life ----

void init_timers() {
    hooks::add_exec([](Process& process) {
        if (ProcessTimers* timers = process.timers.load(std::memory_order_acquire)) timers->remove_all();
    });
    hooks::add_exit(
        [](Process& process) { Own<ProcessTimers> gone(process.timers.exchange(nullptr, std::memory_order_acq_rel)); });
    sched::set_user_tick_hook(&on_user_tick);
}

}  // namespace process
