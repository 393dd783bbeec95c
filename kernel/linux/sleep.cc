// nanosleep(2), clock_nanosleep(2): sleeping on a clock, and going on with the rest after a signal.
#include <algorithm>

#include "generated/syscall_prototypes.h"
#include "hw/cpus.h"
#include "linux/clocks.h"
#include "linux/time_values.h"
#include "process/cpu_clock.h"
#include "sched/realtime.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace linux_abi {
namespace {

using process::CpuClock;
using process::RestartBlock;
using process::Task;

// What a sleep needs to be taken up again: RestartBlock::data.
struct Sleep {
    i32 clock;
    i64 until_ns;
    vm::UserOut<abi::timespec> rest;

    void save(RestartBlock& block) const;
    static Sleep load(const RestartBlock& block) {
        const auto& [clock, until, rest, a, b, c] = block.data;
        return {static_cast<i32>(static_cast<u32>(clock)), static_cast<i64>(until),
                vm::UserOut<abi::timespec>(UserAddr(rest))};
    }
};

Result<i64> read_clock(Task& task, i32 clock) {
    if (const auto cpu = CpuClock::decode(clock)) return static_cast<i64>(TRY(process::read_cpu_clock(task, *cpu)));
    return is_realtime(clock) ? time::realtime() : time::now().ns;
}

// Nobody tells when a process has used so much processor time: asks again when that can be at the earliest.
Result<void> sleep_on_cpu_clock(Task& task, i32 clock, i64 until_ns) {
    constexpr i64 kPause = 1'000'000;
    for (;;) {
        const i64 left = until_ns - TRY(read_clock(task, clock));
        if (left <= 0) return {};
        TRY(sched::sleep_for({std::max(left / hw::cpus_online(), kPause)}, sched::SleepMode::kInterruptible));
    }
}

// EINTR: a signal came.
Result<void> sleep_until(Task& task, i32 clock, i64 until_ns) {
    if (CpuClock::decode(clock)) return sleep_on_cpu_clock(task, clock, until_ns);
    if (is_realtime(clock)) return sched::sleep_until_realtime(until_ns);
    return sched::sleep_until({until_ns}, sched::SleepMode::kInterruptible);
}

// A relative sleep, counted on the monotonic clock (or one of processor time).
Result<i64> sleep_relative(Task& task, const Sleep& sleep) {
    const Result<void> slept = sleep_until(task, sleep.clock, sleep.until_ns);
    if (slept.ok()) return 0;
    if (slept.error() != Errno::kINTR) return slept.error();
    const i64 left = sleep.until_ns - TRY(read_clock(task, sleep.clock));
    if (left <= 0) return 0;
    if (sleep.rest) TRY(sleep.rest.store(timespec_of(left)));
    sleep.save(task.restart);
    return Errno::kRESTART_RESTARTBLOCK;
}

void Sleep::save(RestartBlock& block) const {
    block.run = [](Task& task, RestartBlock& saved) { return sleep_relative(task, load(saved)); };
    block.data = {static_cast<u32>(clock), static_cast<u64>(until_ns), rest.address().value};
}

}  // namespace

Result<i64> sys_nanosleep(Ctx& ctx, vm::UserIn<abi::timespec> rqtp, vm::UserOut<abi::timespec> rmtp) {
    const i64 ns = TRY(nanoseconds_of(TRY(rqtp.fetch())));
    return sleep_relative(ctx.task, {abi::CLOCK_MONOTONIC, (time::now() + Duration{ns}).ns, rmtp});
}

Result<i64> sys_clock_nanosleep(Ctx& ctx, i32 which_clock, u32 flags, vm::UserIn<abi::timespec> rqtp,
                                vm::UserOut<abi::timespec> rmtp) {
    const auto cpu = CpuClock::decode(which_clock);
    const bool of_cpu = is_cpu_clock(which_clock), of_device = is_device_clock(which_clock);
    if (!of_cpu && !of_device && !is_wall_clock(which_clock)) return Errno::kINVAL;
    if (!of_cpu && !has_timers(which_clock)) return Errno::kOPNOTSUPP;
    if (which_clock == abi::CLOCK_THREAD_CPUTIME_ID) return Errno::kOPNOTSUPP;
    const i64 ns = TRY(nanoseconds_of(TRY(rqtp.fetch())));
    if (of_cpu && !cpu) return Errno::kINVAL;  // of no kind that there is
    if (cpu && cpu->of_thread && (cpu->id == 0 || cpu->id == ctx.task.tid()))
        return Errno::kINVAL;  // it would never come
    if ((flags & abi::TIMER_ABSTIME) != 0) {
        const Result<void> slept = sleep_until(ctx.task, which_clock, ns);
        if (slept.ok()) return 0;
        return slept.error() == Errno::kINTR ? Errno::kRESTARTNOHAND : slept.error();
    }
    // POSIX: relative sleeps on the real-time clock do not feel it being set.
    const i32 clock = cpu ? which_clock : abi::CLOCK_MONOTONIC;
    const i64 until = (Duration{TRY(read_clock(ctx.task, clock))} + Duration{ns}).ns;
    return sleep_relative(ctx.task, {clock, until, rmtp});
}

}  // namespace linux_abi
