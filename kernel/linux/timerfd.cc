// timerfd_create(2) and its family: timers that are read from a descriptor.
#include "abi/linux/timerfd.h"
#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "ipc/timerfd.h"
#include "linux/clocks.h"
#include "linux/time_values.h"
#include "time/clock.h"

namespace linux_abi {
namespace {

using sched::ClockTimer;

// Of one whose moment has come nothing is left (Linux: timerfd_get_remaining), other timers say 1 ns then.
abi::itimerspec encode(const ClockTimer::Setting& s) {
    return {timespec_of(s.interval_ns), timespec_of(s.left_ns == 1 ? 0 : s.left_ns)};
}

bool may_use(Ctx& ctx, i32 clock) { return !is_alarm(clock) || ctx.task.credentials().capable(abi::CAP_WAKE_ALARM); }

// The timer behind a descriptor, for as long as the call lasts.
struct Found {
    object::FileRef file;
    ipc::TimerFile& timer;
};
Result<Found> find(Ctx& ctx, i32 fd) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    auto* timer = file->as<ipc::TimerFile>();
    if (timer == nullptr) return Errno::kINVAL;
    return Found{std::move(file), *timer};
}

}  // namespace

Result<i64> sys_timerfd_create(Ctx& ctx, i32 clockid, u32 flags) {
    constexpr u32 kFlags = abi::TFD_CLOEXEC | abi::TFD_NONBLOCK;
    const bool known = clockid == abi::CLOCK_MONOTONIC || clockid == abi::CLOCK_REALTIME ||
                       clockid == abi::CLOCK_BOOTTIME || is_alarm(clockid);
    if ((flags & ~kFlags) != 0 || !known) return Errno::kINVAL;
    if (!may_use(ctx, clockid)) return Errno::kPERM;
    Ref<object::File> file = TRY(make_ref<ipc::TimerFile>(clockid, flags & abi::TFD_NONBLOCK));
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::TFD_CLOEXEC) != 0));
}

Result<i64> sys_timerfd_settime(Ctx& ctx, i32 ufd, u32 flags, vm::UserIn<abi::itimerspec> utmr,
                                vm::UserOut<abi::itimerspec> otmr) {
    constexpr u32 kFlags = abi::TFD_TIMER_ABSTIME | abi::TFD_TIMER_CANCEL_ON_SET;
    const abi::itimerspec wanted = TRY(utmr.fetch());
    if ((flags & ~kFlags) != 0) return Errno::kINVAL;
    const i64 interval = TRY(nanoseconds_of(wanted.it_interval)), first = TRY(nanoseconds_of(wanted.it_value));
    const Found found = TRY(find(ctx, ufd));
    const i32 clock = found.timer.clock_id();
    if (!may_use(ctx, clock)) return Errno::kPERM;
    const bool absolute = (flags & abi::TFD_TIMER_ABSTIME) != 0;
    ClockTimer::Setting old;
    if (first == 0) {
        old = found.timer.disarm(interval, flags);
    } else {
        // Relative times do not follow changes of the clock; only absolute ones can be cancelled by them.
        const bool realtime = absolute && is_realtime(clock);
        const i64 at = absolute ? first : (time::now() + Duration{first}).ns;
        const bool cancel = realtime && (flags & abi::TFD_TIMER_CANCEL_ON_SET) != 0;
        old = found.timer.arm(realtime ? ClockTimer::Clock::kRealtime : ClockTimer::Clock::kMonotonic, at, interval,
                              cancel, flags);
    }
    if (otmr) TRY(otmr.store(encode(old)));
    return 0;
}

Result<i64> sys_timerfd_gettime(Ctx& ctx, i32 ufd, vm::UserOut<abi::itimerspec> otmr) {
    const Found found = TRY(find(ctx, ufd));
    TRY(otmr.store(encode(found.timer.setting())));
    return 0;
}

}  // namespace linux_abi
