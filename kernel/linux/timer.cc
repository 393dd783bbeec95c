// POSIX timers: timer_create(2) and its family.
#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "linux/clocks.h"
#include "linux/time_values.h"
#include "process/process.h"
#include "process/timers.h"

namespace linux_abi {
namespace {

using process::PosixTimer;
using process::ProcessTimers;

abi::itimerspec encode(const ProcessTimers::Setting& s) { return {timespec_of(s.interval_ns), timespec_of(s.left_ns)}; }

// good_sigevent
Result<PosixTimer::Event> decode_event(Ctx& ctx, const abi::sigevent& e) {
    PosixTimer::Event event{.notify = e.sigev_notify, .signo = e.sigev_signo, .value = e.sigev_value};
    switch (e.sigev_notify) {
        case abi::SIGEV_NONE: return event;
        case abi::SIGEV_SIGNAL | abi::SIGEV_THREAD_ID: {
            const OptRef<process::Task> thread = process::find_task(e.sigev_un.tid);
            if (!thread || &thread->process() != &ctx.task.process()) return Errno::kINVAL;
            event.tid = e.sigev_un.tid;
            break;
        }
        case abi::SIGEV_SIGNAL:
        case abi::SIGEV_THREAD: break;
        default: return Errno::kINVAL;
    }
    if (!process::valid_signal(e.sigev_signo)) return Errno::kINVAL;
    return event;
}

// Whether there is such a kind of clock: EINVAL, EOPNOTSUPP. Of CPU clocks only the kind.
Result<void> check_clock(i32 clock) {
    if (is_cpu_clock(clock)) return {};
    if (is_device_clock(clock)) return Errno::kOPNOTSUPP;
    if (!is_wall_clock(clock)) return Errno::kINVAL;
    return has_timers(clock) ? Result<void>() : Errno::kOPNOTSUPP;
}

// Of a clock that check_clock() let pass. EINVAL: no such process. EPERM: may not wake the machine.
Result<process::TimerClock> decode_clock(Ctx& ctx, i32 clock) {
    auto cpu = process::CpuClock::decode(clock);
    if (!cpu && is_cpu_clock(clock)) return Errno::kINVAL;
    if (!cpu) {
        if (is_alarm(clock) && !ctx.task.credentials().capable(abi::CAP_WAKE_ALARM)) return Errno::kPERM;
        return process::TimerClock{clock, std::nullopt};
    }
    TRY(process::read_cpu_clock(ctx.task, *cpu));
    const i32 pid = ctx.task.process().pid();
    if (cpu->of_thread) {
        if (cpu->id == 0) cpu->id = ctx.task.tid();
    } else {
        // Timers on the time of other processes are not supported.
        if (cpu->id != 0 && cpu->id != pid) return Errno::kINVAL;
        cpu->id = pid;
    }
    return process::TimerClock{clock, cpu};
}

}  // namespace

Result<i64> sys_timer_create(Ctx& ctx, i32 which_clock, vm::UserIn<abi::sigevent> timer_event_spec,
                             vm::UserOut<i32> created_timer_id) {
    abi::sigevent spec{};
    if (timer_event_spec) spec = TRY(timer_event_spec.fetch());
    TRY(check_clock(which_clock));
    ProcessTimers& timers = *TRY(ProcessTimers::of(ctx.task.process()));
    // As do_timer_create(): the number is used up, and told, before the clock is asked whether it has timers for us.
    const i32 id = TRY(timers.take_id());
    PosixTimer::Event event;
    event.value = static_cast<u32>(id);
    if (timer_event_spec) event = TRY(decode_event(ctx, spec));
    TRY(created_timer_id.store(id));
    TRY(timers.create(id, TRY(decode_clock(ctx, which_clock)), event));
    return 0;
}

Result<i64> sys_timer_settime(Ctx& ctx, i32 timer_id, u32 flags, vm::UserIn<abi::itimerspec> new_setting,
                              vm::UserOut<abi::itimerspec> old_setting) {
    if (!new_setting) return Errno::kINVAL;
    const abi::itimerspec wanted = TRY(new_setting.fetch());
    const i64 interval = TRY(nanoseconds_of(wanted.it_interval)), first = TRY(nanoseconds_of(wanted.it_value));
    ProcessTimers& timers = *TRY(ProcessTimers::of(ctx.task.process()));
    const auto old = TRY(timers.set(ctx.task, timer_id, (flags & abi::TIMER_ABSTIME) != 0, first, interval));
    timers.look_at_cpu_timers(ctx.task);  // what is past already is told at once
    if (old_setting) TRY(old_setting.store(encode(old)));
    return 0;
}

Result<i64> sys_timer_gettime(Ctx& ctx, i32 timer_id, vm::UserOut<abi::itimerspec> setting) {
    ProcessTimers& timers = *TRY(ProcessTimers::of(ctx.task.process()));
    TRY(setting.store(encode(TRY(timers.setting(ctx.task, timer_id)))));
    return 0;
}

Result<i64> sys_timer_getoverrun(Ctx& ctx, i32 timer_id) {
    return TRY(TRY(ProcessTimers::of(ctx.task.process()))->overrun(timer_id));
}

Result<i64> sys_timer_delete(Ctx& ctx, i32 timer_id) {
    TRY(TRY(ProcessTimers::of(ctx.task.process()))->remove(timer_id));
    return 0;
}

}  // namespace linux_abi
