// Setting clocks: what is refused, to whom. Nothing here moves a clock.
#include "show.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <ctime>

static long set(long clock, const timespec* t) { return syscall(SYS_clock_settime, clock, t); }
static long set_day(const timeval* t, const struct timezone* z) { return syscall(SYS_settimeofday, t, z); }
static long adjust(timex* t) { return syscall(SYS_adjtimex, t); }
static long adjust(long clock, timex* t) { return syscall(SYS_clock_adjtime, clock, t); }

static void refused() {
    timespec t = {0, 0};
    for (long clock : {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_BOOTTIME, CLOCK_TAI, 77})
        SHOW(set(clock, &t));
    SHOW(set(CLOCK_REALTIME, nullptr));
    SHOW(set(CLOCK_REALTIME, reinterpret_cast<timespec*>(8)));
    t = {-1, 0};
    SHOW(set(CLOCK_REALTIME, &t));
    t = {1000, 1000000000};
    SHOW(set(CLOCK_REALTIME, &t));
    t = {1000, -1};
    SHOW(set(CLOCK_REALTIME, &t));
    t = {0x7fffffffffffffff, 0};
    SHOW(set(CLOCK_REALTIME, &t));
    timeval v = {0, 1000000};
    SHOW(set_day(&v, nullptr));
    v = {0, -1};
    SHOW(set_day(&v, nullptr));
    SHOW(set_day(reinterpret_cast<timeval*>(8), nullptr));
    SHOW(set_day(nullptr, reinterpret_cast<struct timezone*>(8)));
    struct timezone zone = {15 * 60 + 1, 0};
    SHOW(set_day(nullptr, &zone));
    SHOW(set_day(nullptr, nullptr));
    timex x = {};
    SHOW(adjust(nullptr));
    SHOW(adjust(77, &x));
    SHOW(adjust(CLOCK_MONOTONIC, &x));
    x = {};
    x.modes = ADJ_TICK;
    x.tick = 1;
    SHOW(adjust(&x));
    x = {};
    x.modes = ADJ_SETOFFSET;
    x.time.tv_usec = 1000000;
    SHOW(adjust(&x));
    x = {};
    x.modes = ADJ_SETOFFSET;
    x.time.tv_usec = -1;
    SHOW(adjust(&x));
    x = {};
    x.modes = 0x8000;
    SHOW(adjust(&x));
}

int main() {
    refused();
    // Anybody may look.
    timex x = {};
    long state = adjust(&x);
    SHOW(state == TIME_OK || state == TIME_ERROR);
    SHOW((state == TIME_ERROR) == ((x.status & (STA_UNSYNC | STA_CLOCKERR)) != 0));
    say("tick %ld tolerance %ld\n", static_cast<long>(x.tick), static_cast<long>(x.tolerance));
    long fraction = x.time.tv_usec, limit = x.status & STA_NANO ? 1000000000 : 1000000;
    SHOW(x.time.tv_sec > 1600000000 && fraction >= 0 && fraction < limit);
    x = {};
    SHOW(adjust(CLOCK_REALTIME, &x) == state);
    SHOW(setuid(65534));
    say("nobody\n");
    refused();
    timespec t = {1700000000, 0};
    SHOW(set(CLOCK_REALTIME, &t));
    timeval v = {1700000000, 0};
    SHOW(set_day(&v, nullptr));
    struct timezone zone = {0, 0};
    SHOW(set_day(nullptr, &zone));
    x = {};
    SHOW(adjust(&x) == state);
    for (unsigned mode : {ADJ_OFFSET, ADJ_FREQUENCY, ADJ_STATUS, ADJ_SETOFFSET, ADJ_OFFSET_SINGLESHOT}) {
        x = {};
        x.modes = mode;
        SHOW(adjust(&x));
    }
    return 0;
}
