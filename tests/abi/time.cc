// clock_gettime, clock_getres, gettimeofday, time, nanosleep, clock_nanosleep, times: order and errors, not
// values.
#include "show.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <csignal>
#include <ctime>

static long long now(clockid_t clock) {
    timespec time = {};
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main() {
    timespec time, rest;
    for (clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                            CLOCK_MONOTONIC_COARSE, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID}) {
        say("clock %d\n", clock);
        SHOW(clock_gettime(clock, &time));
        SHOW(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
        SHOW(clock_getres(clock, &time));
        SHOW(syscall(SYS_clock_gettime, clock, &time));
    }
    SHOW(clock_gettime(77, &time));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
    SHOW(clock_getres(CLOCK_MONOTONIC, &time));
    say("resolution %ld\n", time.tv_nsec);
    long long before = now(CLOCK_MONOTONIC);
    bool ordered = true;
    for (int i = 0; i < 100000; ++i) {
        long long next = now(CLOCK_MONOTONIC);
        ordered = ordered && next >= before;
        before = next;
    }
    say("ordered %d\n", ordered);
    // The library's clock and the kernel's are one.
    timespec library, kernel;
    clock_gettime(CLOCK_MONOTONIC, &library);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &kernel);
    long long difference = (kernel.tv_sec - library.tv_sec) * 1000000000LL + kernel.tv_nsec - library.tv_nsec;
    SHOW(difference >= 0 && difference < 1000000000);
    timeval day;
    SHOW(gettimeofday(&day, nullptr));
    SHOW(day.tv_sec > 1600000000);
    long seconds = time_t(::time(nullptr)) - day.tv_sec;
    SHOW(seconds == 0 || seconds == 1);
    SHOW(syscall(SYS_time, nullptr) - day.tv_sec <= 1);

    before = now(CLOCK_MONOTONIC);
    time = {0, 20000000};
    SHOW(nanosleep(&time, nullptr));
    SHOW(now(CLOCK_MONOTONIC) - before >= 20000000);
    time = {0, 1000000000};
    SHOW(nanosleep(&time, nullptr));
    time = {-1, 0};
    SHOW(nanosleep(&time, nullptr));
    SHOW(syscall(SYS_nanosleep, 8, nullptr));
    before = now(CLOCK_MONOTONIC) + 20000000;
    time = {static_cast<time_t>(before / 1000000000), static_cast<long>(before % 1000000000)};
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr));
    SHOW(now(CLOCK_MONOTONIC) >= before);
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr));
    SHOW(clock_nanosleep(77, 0, &time, nullptr));
    SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, &rest));

    // A process that computes uses CPU time; one that sleeps does not.
    before = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_PROCESS_CPUTIME_ID) - before < 5000000) {}
    say("used CPU\n");
    before = now(CLOCK_PROCESS_CPUTIME_ID);
    usleep(50000);
    SHOW(now(CLOCK_PROCESS_CPUTIME_ID) - before < 40000000);
    tms used;
    SHOW_OK(times(&used));
    itimerval timer = {{0, 5000}, {0, 5000}};
    static volatile int ticks;
    signal(SIGALRM, [](int) { ++ticks; });
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    while (ticks < 5) pause();
    timer = {};
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    say("ticked\n");
    return 0;
}
