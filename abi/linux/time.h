// Time: timespec and friends, clocks, interval timers, adjtimex.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/time.h, time_types.h, timex.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct timespec {  // __kernel_timespec
    i64 tv_sec;
    i64 tv_nsec;
};
static_assert(sizeof(timespec) == 16);

struct timeval {
    i64 tv_sec;
    i64 tv_usec;
};
static_assert(sizeof(timeval) == 16);

struct timezone {
    i32 tz_minuteswest;
    i32 tz_dsttime;
};

struct itimerspec {
    timespec it_interval;
    timespec it_value;
};

struct itimerval {
    timeval it_interval;
    timeval it_value;
};

struct tms {  // times(2), in clock ticks of 1/100 s
    i64 tms_utime;
    i64 tms_stime;
    i64 tms_cutime;
    i64 tms_cstime;
};

struct utimbuf {
    i64 actime;
    i64 modtime;
};

// Clocks.
inline constexpr int CLOCK_REALTIME = 0;
inline constexpr int CLOCK_MONOTONIC = 1;
inline constexpr int CLOCK_PROCESS_CPUTIME_ID = 2;
inline constexpr int CLOCK_THREAD_CPUTIME_ID = 3;
inline constexpr int CLOCK_MONOTONIC_RAW = 4;
inline constexpr int CLOCK_REALTIME_COARSE = 5;
inline constexpr int CLOCK_MONOTONIC_COARSE = 6;
inline constexpr int CLOCK_BOOTTIME = 7;
inline constexpr int CLOCK_REALTIME_ALARM = 8;
inline constexpr int CLOCK_BOOTTIME_ALARM = 9;
inline constexpr int CLOCK_SGI_CYCLE = 10;
inline constexpr int CLOCK_TAI = 11;

// Interval timers.
inline constexpr int ITIMER_REAL = 0;
inline constexpr int ITIMER_VIRTUAL = 1;
inline constexpr int ITIMER_PROF = 2;

// Flag of clock_nanosleep, timer_settime.
inline constexpr int TIMER_ABSTIME = 0x01;

// utimensat: tv_nsec values.
inline constexpr int UTIME_NOW = 0x3fffffff;
inline constexpr int UTIME_OMIT = 0x3ffffffe;

inline constexpr int USER_HZ = 100;  // clock ticks a second, as sysconf(_SC_CLK_TCK) tells

struct timex {
    u32 modes;
    u32 pad0;
    i64 offset;
    i64 freq;
    i64 maxerror;
    i64 esterror;
    i32 status;
    u32 pad1;
    i64 constant;
    i64 precision;
    i64 tolerance;
    timeval time;
    i64 tick;
    i64 ppsfreq;
    i64 jitter;
    i32 shift;
    u32 pad2;
    i64 stabil;
    i64 jitcnt;
    i64 calcnt;
    i64 errcnt;
    i64 stbcnt;
    i32 tai;
    i32 pad3[11];
};
static_assert(sizeof(timex) == 208);

// adjtimex: modes, status, results.
inline constexpr int ADJ_OFFSET = 0x0001;
inline constexpr int ADJ_FREQUENCY = 0x0002;
inline constexpr int ADJ_MAXERROR = 0x0004;
inline constexpr int ADJ_ESTERROR = 0x0008;
inline constexpr int ADJ_STATUS = 0x0010;
inline constexpr int ADJ_TIMECONST = 0x0020;
inline constexpr int ADJ_TAI = 0x0080;
inline constexpr int ADJ_SETOFFSET = 0x0100;
inline constexpr int ADJ_MICRO = 0x1000;
inline constexpr int ADJ_NANO = 0x2000;
inline constexpr int ADJ_TICK = 0x4000;
inline constexpr int ADJ_OFFSET_SINGLESHOT = 0x8001;
inline constexpr int ADJ_OFFSET_SS_READ = 0xa001;
inline constexpr int STA_PLL = 0x0001;
inline constexpr int STA_PPSFREQ = 0x0002;
inline constexpr int STA_PPSTIME = 0x0004;
inline constexpr int STA_FLL = 0x0008;
inline constexpr int STA_INS = 0x0010;
inline constexpr int STA_DEL = 0x0020;
inline constexpr int STA_UNSYNC = 0x0040;
inline constexpr int STA_FREQHOLD = 0x0080;
inline constexpr int STA_PPSSIGNAL = 0x0100;
inline constexpr int STA_PPSJITTER = 0x0200;
inline constexpr int STA_PPSWANDER = 0x0400;
inline constexpr int STA_PPSERROR = 0x0800;
inline constexpr int STA_CLOCKERR = 0x1000;
inline constexpr int STA_NANO = 0x2000;
inline constexpr int STA_MODE = 0x4000;
inline constexpr int STA_CLK = 0x8000;
inline constexpr int STA_RONLY = 65280;
inline constexpr int TIME_OK = 0;
inline constexpr int TIME_INS = 1;
inline constexpr int TIME_DEL = 2;
inline constexpr int TIME_OOP = 3;
inline constexpr int TIME_WAIT = 4;
inline constexpr int TIME_ERROR = 5;
inline constexpr int TIME_BAD = 5;

}  // namespace abi
