#include "linux/ntp.h"

#include <algorithm>
#include <atomic>

#include "linux/time_values.h"
#include "sched/mutex.h"
#include "sched/realtime.h"
#include "sync/guarded.h"
#include "time/clock.h"

namespace linux_abi::ntp {
namespace {

// Linux: kernel/time/ntp.c, include/linux/timex.h.
constexpr i64 kMaxFrequency = 500LL << 16;  // 500 ppm, scaled by 2^16
constexpr i64 kMaxError = 16'000'000;       // microseconds: not synchronised
constexpr i64 kTick = 10'000;               // microseconds of USER_HZ
constexpr i64 kMaxConstant = 10;
constexpr i64 kMaxPhaseUs = 500'000;

struct State {
    i64 offset = 0;  // nanoseconds
    i64 frequency = 0;
    i64 max_error = kMaxError, estimated_error = kMaxError;
    i64 constant = 2;
    i64 tick = kTick;
    i32 status = abi::STA_UNSYNC;
};
constinit sync::Guarded<State, sched::Mutex<sync::Rank::kGeneric>> state;
constinit std::atomic<i32> tai{0};

bool has(const abi::timex& v, int mode) { return (v.modes & static_cast<u32>(mode)) != 0; }

// timekeeping_validate_timex
Result<void> check(const abi::timex& v, bool privileged) {
    constexpr u32 kAdjtime = abi::ADJ_OFFSET_SINGLESHOT & ~abi::ADJ_OFFSET,
                  kReadOnly = abi::ADJ_OFFSET_SS_READ & ~abi::ADJ_OFFSET_SINGLESHOT;
    if ((v.modes & kAdjtime) != 0) {
        if (!has(v, abi::ADJ_OFFSET)) return Errno::kINVAL;
        if ((v.modes & kReadOnly) == 0 && !privileged) return Errno::kPERM;
    } else {
        if (v.modes != 0 && !privileged) return Errno::kPERM;
        if (has(v, abi::ADJ_TICK) && (v.tick < kTick * 9 / 10 || v.tick > kTick * 11 / 10)) return Errno::kINVAL;
    }
    if (has(v, abi::ADJ_SETOFFSET)) {
        if (!privileged) return Errno::kPERM;
        // Here the fraction is positive even where the seconds are negative.
        const i64 most = has(v, abi::ADJ_NANO) ? kNsPerSecond : 1'000'000;
        if (v.time.tv_usec < 0 || v.time.tv_usec >= most) return Errno::kINVAL;
    }
    return {};
}

Result<void> step(const abi::timex& v) {
    const i64 fraction = has(v, abi::ADJ_NANO) ? v.time.tv_usec : v.time.tv_usec * 1000;
    const i64 target = (Duration{time::realtime()} + Duration::seconds(v.time.tv_sec) + Duration{fraction}).ns;
    if (target < time::now().ns || target == Duration::forever().ns) return Errno::kINVAL;
    sched::set_realtime(target);
    return {};
}

// process_adjtimex_modes
void apply(State& s, const abi::timex& v) {
    if (has(v, abi::ADJ_STATUS)) s.status = (s.status & abi::STA_RONLY) | (v.status & ~abi::STA_RONLY);
    if (has(v, abi::ADJ_NANO)) s.status |= abi::STA_NANO;
    if (has(v, abi::ADJ_MICRO)) s.status &= ~abi::STA_NANO;
    const bool nano = (s.status & abi::STA_NANO) != 0;
    if (has(v, abi::ADJ_FREQUENCY)) s.frequency = std::clamp(v.freq, -kMaxFrequency, kMaxFrequency);
    if (has(v, abi::ADJ_MAXERROR)) s.max_error = std::clamp<i64>(v.maxerror, 0, kMaxError);
    if (has(v, abi::ADJ_ESTERROR)) s.estimated_error = std::clamp<i64>(v.esterror, 0, kMaxError);
    if (has(v, abi::ADJ_TIMECONST)) s.constant = std::clamp<i64>(nano ? v.constant : v.constant + 4, 0, kMaxConstant);
    if (has(v, abi::ADJ_TAI) && v.constant >= 0 && v.constant <= 100'000)
        tai.store(static_cast<i32>(v.constant), std::memory_order_relaxed);
    if (has(v, abi::ADJ_OFFSET) && (s.status & abi::STA_PLL) != 0) {
        const i64 us = std::clamp(nano ? v.offset / 1000 : v.offset, -kMaxPhaseUs, kMaxPhaseUs);
        s.offset = nano && us != kMaxPhaseUs && us != -kMaxPhaseUs ? v.offset : us * 1000;
    }
    if (has(v, abi::ADJ_TICK)) s.tick = v.tick;
}

void fill(const State& s, abi::timex& v) {
    const bool nano = (s.status & abi::STA_NANO) != 0;
    const abi::timespec now = timespec_of(time::realtime());
    v.offset = nano ? s.offset : s.offset / 1000;
    v.freq = s.frequency;
    v.maxerror = s.max_error;
    v.esterror = s.estimated_error;
    v.status = s.status;
    v.constant = s.constant;
    v.precision = 1;
    v.tolerance = kMaxFrequency;
    v.tick = s.tick;
    v.tai = tai.load(std::memory_order_relaxed);
    v.time = {now.tv_sec, nano ? now.tv_nsec : now.tv_nsec / 1000};
    // Signals of a reference clock: there is none.
    v.ppsfreq = v.jitter = v.stabil = v.jitcnt = v.calcnt = v.errcnt = v.stbcnt = 0;
    v.shift = 0;
}

}  // namespace

i64 tai_offset() { return tai.load(std::memory_order_relaxed); }

Result<i64> adjust(abi::timex& values, bool privileged) {
    TRY(check(values, privileged));
    if (has(values, abi::ADJ_SETOFFSET)) TRY(step(values));
    auto s = state.lock();
    constexpr u32 kAdjtime = abi::ADJ_OFFSET_SINGLESHOT & ~abi::ADJ_OFFSET;
    if ((values.modes & kAdjtime) != 0) {
        // adjtime(3): a phase that is never worked off, since nothing slews: what is left is nothing.
        fill(*s, values);
        values.offset = 0;
    } else {
        apply(*s, values);
        fill(*s, values);
    }
    return (s->status & (abi::STA_UNSYNC | abi::STA_CLOCKERR)) != 0 ? abi::TIME_ERROR : abi::TIME_OK;
}

}  // namespace linux_abi::ntp
