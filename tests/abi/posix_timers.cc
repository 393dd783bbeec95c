// timer_create, timer_settime, timer_gettime, timer_getoverrun, timer_delete.
#include "show.h"

#include <sys/syscall.h>
#include <csignal>
#include <ctime>

static long create(long clock, sigevent* event, int* id) { return syscall(SYS_timer_create, clock, event, id); }
static long set(int id, int flags, const itimerspec* t, itimerspec* old) {
    return syscall(SYS_timer_settime, id, flags, t, old);
}
static long get(int id, itimerspec* t) { return syscall(SYS_timer_gettime, id, t); }
static long overrun(int id) { return syscall(SYS_timer_getoverrun, id); }
static long remove(int id) { return syscall(SYS_timer_delete, id); }
static long long now(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static timespec at(long long ns) { return {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)}; }
static void work(long long ns) {
    for (long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ns; now(CLOCK_PROCESS_CPUTIME_ID) < end;) {
        for (int i = 0; i < 10000; i++) asm volatile("");
    }
}

static volatile int count;
static volatile siginfo_t last;
static void on_signal(int, siginfo_t* info, void*) {
    count = count + 1;
    memcpy(const_cast<siginfo_t*>(&last), info, sizeof *info);
}
int main() {
    int id = -5, other = -5;
    itimerspec t = {}, old = {};
    for (int signo : {SIGALRM, SIGUSR1, SIGRTMIN, SIGRTMIN + 1}) {
        struct sigaction action = {};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO;
        sigaction(signo, &action, nullptr);
    }

    // What can have timers.
    for (long clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID,
                       CLOCK_THREAD_CPUTIME_ID}) {
        say("clock %ld\n", clock);
        SHOW(create(clock, nullptr, &id));
        say("id %d\n", id);
        SHOW(get(id, &t));
        say("%ld %ld %ld %ld\n", t.it_value.tv_sec, t.it_value.tv_nsec, t.it_interval.tv_sec, t.it_interval.tv_nsec);
        SHOW(overrun(id));
        SHOW(remove(id));
        SHOW(remove(id));
    }
    for (long clock : {CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, 10, 77, -1})
        SHOW(create(clock, nullptr, &id));
    sigevent event = {};
    for (int notify : {0, 1, 2, 3, 4, 5, 8, -1}) {
        for (int signo : {0, -1, 65, SIGRTMIN}) {
            event.sigev_notify = notify;
            event.sigev_signo = signo;
            long made = create(CLOCK_MONOTONIC, &event, &id);
            say("notify %d signo %d: %ld %s\n", notify, signo, made, made < 0 ? strerrorname_np(errno) : "");
            if (made != 0) continue;
            say("overrun %ld\n", overrun(id));
            remove(id);
        }
    }
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = 1;
    SHOW(create(CLOCK_MONOTONIC, &event, &id));
    SHOW(create(CLOCK_MONOTONIC, reinterpret_cast<sigevent*>(8), &id));
    SHOW(create(77, reinterpret_cast<sigevent*>(8), &id));
    SHOW(create(CLOCK_MONOTONIC, nullptr, nullptr));

    // Settings.
    SHOW(create(CLOCK_MONOTONIC, nullptr, &id));
    SHOW(set(id, 0, nullptr, nullptr));
    SHOW(set(id, 0, reinterpret_cast<itimerspec*>(8), nullptr));
    SHOW(set(12345, 0, &t, nullptr));
    SHOW(get(12345, &t));
    SHOW(overrun(12345));
    SHOW(get(id, reinterpret_cast<itimerspec*>(8)));
    for (timespec bad : {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1000000000}}) {
        t = {{0, 0}, bad};
        SHOW(set(id, 0, &t, nullptr));
        t = {bad, {1, 0}};
        SHOW(set(id, 0, &t, nullptr));
    }
    t = {{5, 6}, {100, 0}};
    SHOW(set(id, 0, &t, &old));
    say("old %ld %ld %ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);
    SHOW(get(id, &old));
    say("%d %ld %ld\n", old.it_value.tv_sec == 99, old.it_interval.tv_sec, old.it_interval.tv_nsec);
    t = {};
    SHOW(set(id, 0, &t, &old));
    say("%d %ld %ld\n", old.it_value.tv_sec == 99, old.it_interval.tv_sec, old.it_interval.tv_nsec);
    SHOW(set(id, 0, &t, reinterpret_cast<itimerspec*>(8)));

    // By default: SIGALRM with the timer's number.
    t = {{0, 0}, at(5000000)};
    SHOW(set(id, 0, &t, nullptr));
    while (count == 0) usleep(1000);
    siginfo_t info;
    memcpy(&info, const_cast<siginfo_t*>(&last), sizeof info);
    say("signal %d code %d own number %d value %d overrun %d\n", info.si_signo, info.si_code, info.si_timerid == id,
        info.si_value.sival_int == id, info.si_overrun);
    SHOW(get(id, &t));
    say("%ld %ld\n", t.it_value.tv_sec, t.it_value.tv_nsec);

    // Periods, absolute times, a time that has passed.
    event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    event.sigev_value.sival_int = 4711;
    SHOW(create(CLOCK_REALTIME, &event, &other));
    count = 0;
    t = {at(2000000), at(now(CLOCK_REALTIME) + 10000000)};
    SHOW(set(other, TIMER_ABSTIME, &t, nullptr));
    while (count < 5) usleep(1000);
    t = {};
    SHOW(set(other, 0, &t, nullptr));
    memcpy(&info, const_cast<siginfo_t*>(&last), sizeof info);
    say("signal %d code %d own number %d value %d\n", info.si_signo, info.si_code, info.si_timerid == other,
        info.si_value.sival_int);
    count = 0;
    t = {{0, 0}, at(1)};
    SHOW(set(other, TIMER_ABSTIME, &t, nullptr));
    while (count < 1) usleep(1000);
    say("past: %d\n", count);

    // While the signal is blocked, expirations count as its overrun.
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    count = 0;
    t = {at(1000000), at(1000000)};
    SHOW(set(other, 0, &t, nullptr));
    usleep(50000);
    t = {};
    siginfo_t taken = {};
    SHOW(sigwaitinfo(&mask, &taken) == SIGRTMIN);
    SHOW(taken.si_code == SI_TIMER && taken.si_value.sival_int == 4711 && taken.si_timerid == other);
    SHOW(taken.si_overrun >= 40 && taken.si_overrun < 5000);
    SHOW(overrun(other) == taken.si_overrun);
    SHOW(set(other, 0, &t, nullptr));
    sigset_t pending;
    timespec none = {0, 0};
    sigtimedwait(&mask, nullptr, &none);
    SHOW(sigpending(&pending));
    SHOW(sigismember(&pending, SIGRTMIN));
    sigprocmask(SIG_UNBLOCK, &mask, nullptr);
    SHOW(remove(other));

    // To a thread; to nobody.
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = gettid();
    event.sigev_value.sival_int = 12;
    SHOW(create(CLOCK_BOOTTIME, &event, &other));
    count = 0;
    t = {{0, 0}, at(5000000)};
    SHOW(set(other, 0, &t, nullptr));
    while (count == 0) usleep(1000);
    memcpy(&info, const_cast<siginfo_t*>(&last), sizeof info);
    say("signal %d code %d value %d\n", info.si_signo, info.si_code, info.si_value.sival_int);
    SHOW(remove(other));
    event = {};
    event.sigev_notify = SIGEV_NONE;
    SHOW(create(CLOCK_MONOTONIC, &event, &other));
    count = 0;
    t = {{10, 0}, at(5000000)};
    SHOW(set(other, 0, &t, nullptr));
    usleep(20000);
    SHOW(get(other, &t));
    say("next %d count %d\n", t.it_value.tv_sec == 9, count);
    t = {{0, 0}, at(5000000)};
    SHOW(set(other, 0, &t, nullptr));
    usleep(20000);
    SHOW(get(other, &t));
    say("%ld %ld\n", t.it_value.tv_sec, t.it_value.tv_nsec);
    SHOW(remove(other));

    // Processor time.
    for (long clock : {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID}) {
        event = {};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGRTMIN + 1;
        event.sigev_value.sival_int = 99;
        SHOW(create(clock, &event, &other));
        count = 0;
        t = {{0, 0}, at(30000000)};
        SHOW(set(other, 0, &t, nullptr));
        usleep(60000);
        say("asleep %d\n", count);
        SHOW(get(other, &t));
        SHOW(t.it_value.tv_sec == 0 && t.it_value.tv_nsec > 0 && t.it_value.tv_nsec <= 30000000);
        while (count == 0) work(1000000);
        memcpy(&info, const_cast<siginfo_t*>(&last), sizeof info);
        say("signal %d code %d value %d\n", info.si_signo, info.si_code, info.si_value.sival_int);
        SHOW(get(other, &t));
        say("%ld %ld\n", t.it_value.tv_sec, t.it_value.tv_nsec);
        t = {at(10000000), at(10000000)};
        SHOW(set(other, 0, &t, nullptr));
        while (count < 4) work(1000000);
        SHOW(remove(other));
    }

    // fork and exec leave them behind.
    pid_t child = fork();
    if (child == 0) {
        SHOW(get(id, &t));
        SHOW(remove(id));
        SHOW(create(CLOCK_MONOTONIC, nullptr, &id));
        _exit(3);
    }
    int status;
    waitpid(child, &status, 0);
    say("exit %d\n", WEXITSTATUS(status));
    SHOW(remove(id));
    return 0;
}
