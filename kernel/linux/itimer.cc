// Interval timers: getitimer(2), setitimer(2), alarm(2).
#include "generated/syscall_prototypes.h"
#include "linux/time_values.h"
#include "process/process.h"
#include "process/timers.h"

namespace linux_abi {
namespace {

using process::ProcessTimers;

bool is_known(i32 which) { return which >= abi::ITIMER_REAL && which <= abi::ITIMER_PROF; }

abi::itimerval encode(const ProcessTimers::Setting& s) {
    // Less than a microsecond left is not nothing.
    const i64 left = s.left_ns > 0 && s.left_ns < 1000 ? 1000 : s.left_ns;
    return {timeval_of(s.interval_ns), timeval_of(left)};
}

// A process that never set one has none to tell of.
Result<ProcessTimers::Setting> current_setting(Ctx& ctx, i32 which) {
    ProcessTimers* timers = ctx.task.process().timers.load(std::memory_order_acquire);
    if (timers == nullptr) return ProcessTimers::Setting{};
    return timers->interval_timer(ctx.task, which);
}

}  // namespace

Result<i64> sys_getitimer(Ctx& ctx, i32 which, vm::UserOut<abi::itimerval> value) {
    if (!is_known(which)) return Errno::kINVAL;
    TRY(value.store(encode(TRY(current_setting(ctx, which)))));
    return 0;
}

// Without a new value: as zero, which stops the timer (a quirk of Linux that old programs count on).
Result<i64> sys_setitimer(Ctx& ctx, i32 which, vm::UserIn<abi::itimerval> value, vm::UserOut<abi::itimerval> ovalue) {
    abi::itimerval wanted{};
    if (value) wanted = TRY(value.fetch());
    const i64 interval = TRY(nanoseconds_of(wanted.it_interval)), first = TRY(nanoseconds_of(wanted.it_value));
    if (!is_known(which)) return Errno::kINVAL;
    ProcessTimers& timers = *TRY(ProcessTimers::of(ctx.task.process()));
    const ProcessTimers::Setting old = timers.set_interval_timer(ctx.task, which, first, interval);
    if (ovalue) TRY(ovalue.store(encode(old)));
    return 0;
}

// Seconds that were left, rounded; but not to 0.
Result<i64> sys_alarm(Ctx& ctx, u32 seconds) {
    ProcessTimers& timers = *TRY(ProcessTimers::of(ctx.task.process()));
    const ProcessTimers::Setting old =
        timers.set_interval_timer(ctx.task, abi::ITIMER_REAL, Duration::seconds(seconds).ns, 0);
    const i64 whole = old.left_ns / kNsPerSecond, rest = old.left_ns % kNsPerSecond;
    return whole + ((whole == 0 && rest != 0) || rest >= kNsPerSecond / 2 ? 1 : 0);
}

}  // namespace linux_abi
