// Reading and setting clocks. C libraries read most of them in the vDSO (kernel/time/vdso); these are the rest.
#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "linux/clocks.h"
#include "linux/ntp.h"
#include "linux/time_values.h"
#include "process/cpu_clock.h"
#include "sched/realtime.h"
#include "time/clock.h"
#include "time/vdso/update.h"

namespace linux_abi {
namespace {

using process::CpuClock;

Result<i64> read_clock(Ctx& ctx, i32 clock) {
    if (is_wall_clock(clock)) {
        if (!is_realtime(clock)) return time::now().ns;
        return time::realtime() + (clock == abi::CLOCK_TAI ? ntp::tai_offset() * kNsPerSecond : 0);
    }
    const auto cpu = CpuClock::decode(clock);
    if (!cpu) return Errno::kINVAL;
    return static_cast<i64>(TRY(process::read_cpu_clock(ctx.task, *cpu)));
}

bool may_set_time(Ctx& ctx) { return ctx.task.credentials().capable(abi::CAP_SYS_TIME); }

// timespec64_valid_settod: before the monotonic clock's own start there is nothing, and 30 years are left to run.
Result<void> set_time(Ctx& ctx, i64 ns) {
    constexpr i64 kLatest = (Duration::forever().ns / kNsPerSecond - 30LL * 365 * 24 * 3600) * kNsPerSecond;
    if (ns < 0 || ns >= kLatest) return Errno::kINVAL;
    if (!may_set_time(ctx)) return Errno::kPERM;
    if (ns < time::now().ns) return Errno::kINVAL;
    sched::set_realtime(ns);
    return {};
}

}  // namespace

Result<i64> sys_clock_gettime(Ctx& ctx, i32 which_clock, vm::UserOut<abi::timespec> tp) {
    const i64 ns = TRY(read_clock(ctx, which_clock));
    TRY(tp.store(timespec_of(ns)));
    return 0;
}

Result<i64> sys_clock_getres(Ctx& ctx, i32 which_clock, vm::UserOut<abi::timespec> tp) {
    i64 ns = 1;
    if (is_wall_clock(which_clock)) {
        if (is_coarse(which_clock)) ns = kCoarseNs;
    } else {
        const auto cpu = CpuClock::decode(which_clock);
        if (!cpu) return Errno::kINVAL;
        TRY(process::read_cpu_clock(ctx.task, *cpu));  // does it exist?
        if (cpu->counts != CpuClock::Counts::kScheduled) ns = kCoarseNs;
    }
    if (tp) TRY(tp.store(timespec_of(ns)));
    return 0;
}

Result<i64> sys_clock_settime(Ctx& ctx, i32 which_clock, vm::UserIn<abi::timespec> tp) {
    const auto cpu = CpuClock::decode(which_clock);
    if (which_clock != abi::CLOCK_REALTIME && (!cpu || which_clock >= 0)) return Errno::kINVAL;
    const abi::timespec wanted = TRY(tp.fetch());
    if (cpu) {
        TRY(process::read_cpu_clock(ctx.task, *cpu));
        return Errno::kPERM;
    }
    TRY(set_time(ctx, TRY(nanoseconds_of(wanted))));
    return 0;
}

Result<i64> sys_gettimeofday(Ctx&, vm::UserOut<abi::timeval> tv, vm::UserOut<abi::timezone> tz) {
    if (tv) TRY(tv.store(timeval_of(time::realtime())));
    if (tz) {
        const time::vdso::Timezone zone = time::vdso::timezone();
        TRY(tz.store({zone.minutes_west, zone.dst_time}));
    }
    return 0;
}

Result<i64> sys_settimeofday(Ctx& ctx, vm::UserIn<abi::timeval> tv, vm::UserIn<abi::timezone> tz) {
    i64 ns = 0;
    if (tv) ns = TRY(nanoseconds_of(TRY(tv.fetch())));
    abi::timezone zone{};
    if (tz) zone = TRY(tz.fetch());
    if (!may_set_time(ctx)) return Errno::kPERM;
    if (tz) {
        if (zone.tz_minuteswest > 15 * 60 || zone.tz_minuteswest < -15 * 60) return Errno::kINVAL;
        time::vdso::set_timezone({zone.tz_minuteswest, zone.tz_dsttime});
    }
    if (tv) TRY(set_time(ctx, ns));
    return 0;
}

Result<i64> sys_time(Ctx&, vm::UserOut<i64> tloc) {
    const i64 seconds = timespec_of(time::realtime()).tv_sec;
    if (tloc) TRY(tloc.store(seconds));
    return seconds;
}

Result<i64> sys_adjtimex(Ctx& ctx, vm::UserInOut<abi::timex> txc) {
    abi::timex values = TRY(txc.fetch());
    const i64 state = TRY(ntp::adjust(values, may_set_time(ctx)));
    TRY(txc.store(values));
    return state;
}

Result<i64> sys_clock_adjtime(Ctx& ctx, i32 which_clock, vm::UserInOut<abi::timex> utx) {
    abi::timex values = TRY(utx.fetch());
    if (which_clock != abi::CLOCK_REALTIME)
        return is_wall_clock(which_clock) || CpuClock::decode(which_clock) ? Errno::kOPNOTSUPP : Errno::kINVAL;
    const i64 state = TRY(ntp::adjust(values, may_set_time(ctx)));
    TRY(utx.store(values));
    return state;
}

}  // namespace linux_abi
