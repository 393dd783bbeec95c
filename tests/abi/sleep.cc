// nanosleep and clock_nanosleep: clocks, limits, and what a signal does to them.
#include "show.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <csignal>
#include <ctime>

static long sleep_on(long clock, int flags, const timespec* t, timespec* rest) {
    return syscall(SYS_clock_nanosleep, clock, flags, t, rest);
}
static long sleep_for(const timespec* t, timespec* rest) { return syscall(SYS_nanosleep, t, rest); }
static long long now(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static timespec at(long long ns) { return {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)}; }
static void alarm_in(long us) {
    itimerval t = {{0, 0}, {0, us}};
    setitimer(ITIMER_REAL, &t, nullptr);
}
static volatile int handled;

int main() {
    timespec rest, t = at(1000000);
    for (long clock = -1; clock < 13; clock++) {
        if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
            continue;
        say("clock %ld\n", clock);
        SHOW(sleep_on(clock, 0, &t, nullptr));
    }
    for (long clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI}) {
        long long start = now(static_cast<clockid_t>(clock));
        t = at(start + 15000000);
        SHOW(sleep_on(clock, TIMER_ABSTIME, &t, nullptr));
        SHOW(now(static_cast<clockid_t>(clock)) >= start + 15000000);
        t = at(1);
        SHOW(sleep_on(clock, TIMER_ABSTIME, &t, nullptr));
        start = now(static_cast<clockid_t>(clock));
        t = at(10000000);
        SHOW(sleep_on(clock, 0, &t, nullptr));
        SHOW(now(static_cast<clockid_t>(clock)) >= start + 10000000);
    }
    for (timespec bad : {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1000000000}, timespec{-5, 5}}) {
        SHOW(sleep_for(&bad, nullptr));
        SHOW(sleep_on(CLOCK_MONOTONIC, TIMER_ABSTIME, &bad, nullptr));
        SHOW(sleep_on(77, 0, &bad, nullptr));
    }
    SHOW(sleep_for(nullptr, nullptr));
    SHOW(sleep_on(CLOCK_REALTIME, 0, nullptr, nullptr));
    SHOW(sleep_on(77, 0, nullptr, nullptr));
    t = {0, 0};
    SHOW(sleep_for(&t, reinterpret_cast<timespec*>(8)));
    SHOW(sleep_on(CLOCK_MONOTONIC, 0xfe, &t, nullptr));

    // A handled signal ends a sleep: the rest is told, but not of an absolute one.
    struct sigaction action = {};
    action.sa_handler = [](int) { handled = handled + 1; };
    for (int flags : {0, SA_RESTART}) {
        say("flags %d\n", flags);
        action.sa_flags = flags;
        SHOW(sigaction(SIGALRM, &action, nullptr));
        alarm_in(20000);
        t = {5, 0};
        rest = {};
        SHOW(sleep_for(&t, &rest));
        SHOW(rest.tv_sec == 4);
        alarm_in(20000);
        SHOW(sleep_for(&t, nullptr));
        alarm_in(20000);
        SHOW(sleep_for(&t, reinterpret_cast<timespec*>(8)));
        alarm_in(20000);
        rest = {77, 7};
        SHOW(sleep_on(CLOCK_REALTIME, 0, &t, &rest));
        SHOW(rest.tv_sec == 4);
        alarm_in(20000);
        rest = {77, 7};
        t = at(now(CLOCK_REALTIME) + 5000000000);
        SHOW(sleep_on(CLOCK_REALTIME, TIMER_ABSTIME, &t, &rest));
        SHOW(rest.tv_sec);
        alarm_in(20000);
        t = at(now(CLOCK_MONOTONIC) + 5000000000);
        SHOW(sleep_on(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &rest));
    }
    say("handled %d\n", handled);

    // Stopped and continued, a sleep goes on for what was left: restart_syscall(2).
    for (int flags : {0, TIMER_ABSTIME}) {
        pid_t child = fork();
        if (child == 0) {
            long long start = now(CLOCK_MONOTONIC);
            t = at(flags ? start + 200000000 : 200000000);
            long result = sleep_on(CLOCK_MONOTONIC, flags, &t, nullptr);
            long long took = now(CLOCK_MONOTONIC) - start;
            _exit(result == 0 && took >= 200000000 ? 7 : 1);
        }
        usleep(40000);
        kill(child, SIGSTOP);
        int status;
        waitpid(child, &status, WUNTRACED);
        say("stopped %d\n", WIFSTOPPED(status));
        usleep(20000);
        kill(child, SIGCONT);
        waitpid(child, &status, 0);
        say("exit %d\n", WEXITSTATUS(status));
    }

    // On processor time: another thread works for it.
    static volatile bool stop;
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
            while (!stop) asm volatile("");
            return nullptr;
        },
        nullptr);
    long long start = now(CLOCK_PROCESS_CPUTIME_ID);
    t = at(20000000);
    SHOW(sleep_on(CLOCK_PROCESS_CPUTIME_ID, 0, &t, nullptr));
    SHOW(now(CLOCK_PROCESS_CPUTIME_ID) >= start + 20000000);
    stop = true;
    pthread_join(thread, nullptr);
    clockid_t mine;
    pthread_getcpuclockid(pthread_self(), &mine);
    SHOW(sleep_on(mine, 0, &t, nullptr));
    return 0;
}
