// getitimer, setitimer, alarm; processor-time timers and RLIMIT_CPU.
#include "show.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <csignal>
#include <ctime>

static volatile int counts[65], codes[65];
static void on_signal(int signo, siginfo_t* info, void*) {
    counts[signo] = counts[signo] + 1;
    codes[signo] = info->si_code;
}
static long long now(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void work(long long ns) {
    for (long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ns; now(CLOCK_PROCESS_CPUTIME_ID) < end;) {
        for (int i = 0; i < 10000; i++) asm volatile("");
    }
}

int main(int argc, char**) {
    if (argc > 1)
        for (;;) asm volatile("");
    struct sigaction action = {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    for (int signo : {SIGALRM, SIGVTALRM, SIGPROF}) sigaction(signo, &action, nullptr);
    itimerval t, old;

    for (int which : {-1, 0, 1, 2, 3}) {
        say("which %d\n", which);
        t = {{1, 1}, {1, 1}};
        SHOW(syscall(SYS_getitimer, which, &t));
        say("%ld.%ld %ld.%ld\n", t.it_interval.tv_sec, t.it_interval.tv_usec, t.it_value.tv_sec, t.it_value.tv_usec);
        t = {{50, 7}, {100, 0}};
        SHOW(syscall(SYS_setitimer, which, &t, &old));
        SHOW(syscall(SYS_getitimer, which, &t));
        if (which >= 0 && which < 3)
            say("%ld.%ld %d\n", t.it_interval.tv_sec, t.it_interval.tv_usec,
                t.it_value.tv_sec >= 98 && t.it_value.tv_sec <= 100);
        SHOW(syscall(SYS_setitimer, which, nullptr, &old));
        if (which >= 0 && which < 3)
            say("%ld.%ld %d\n", old.it_interval.tv_sec, old.it_interval.tv_usec, old.it_value.tv_sec >= 98);
        SHOW(syscall(SYS_getitimer, which, &t));
        say("%d %d\n", t.it_value.tv_sec == 0, t.it_value.tv_usec == 0);
    }
    for (timeval bad : {timeval{-1, 0}, timeval{0, -1}, timeval{0, 1000000}}) {
        t = {{0, 0}, bad};
        SHOW(setitimer(ITIMER_REAL, &t, nullptr));
        t = {bad, {0, 0}};
        SHOW(setitimer(ITIMER_REAL, &t, nullptr));
        SHOW(syscall(SYS_setitimer, 9, &t, nullptr));
    }
    SHOW(syscall(SYS_getitimer, 0, 8));
    SHOW(syscall(SYS_setitimer, 0, 8, nullptr));
    SHOW(syscall(SYS_setitimer, 9, 8, nullptr));
    t = {};
    SHOW(syscall(SYS_setitimer, 0, &t, 8));

    SHOW(alarm(0));
    SHOW(alarm(100));
    SHOW(alarm(50));
    SHOW(alarm(0));
    t = {{0, 0}, {0, 400000}};
    setitimer(ITIMER_REAL, &t, nullptr);
    SHOW(alarm(0));
    t = {{0, 0}, {20, 600000}};
    setitimer(ITIMER_REAL, &t, nullptr);
    SHOW(alarm(0));
    SHOW(alarm(7));
    SHOW(getitimer(ITIMER_REAL, &t));
    SHOW(t.it_value.tv_sec == 6 || t.it_value.tv_sec == 7);
    SHOW(alarm(0) == 7);

    // Once, and again and again.
    t = {{0, 0}, {0, 10000}};
    SHOW(setitimer(ITIMER_REAL, &t, nullptr));
    while (counts[SIGALRM] == 0) usleep(1000);
    usleep(30000);
    say("once %d code %d\n", counts[SIGALRM], codes[SIGALRM]);
    SHOW(getitimer(ITIMER_REAL, &t));
    say("%ld %ld\n", t.it_value.tv_sec, t.it_value.tv_usec);
    counts[SIGALRM] = 0;
    t = {{0, 3000}, {0, 1}};
    long long start = now(CLOCK_MONOTONIC);
    SHOW(setitimer(ITIMER_REAL, &t, nullptr));
    while (counts[SIGALRM] < 10) usleep(100000);
    SHOW(now(CLOCK_MONOTONIC) - start >= 27000000);
    SHOW(getitimer(ITIMER_REAL, &t));
    say("interval %ld.%06ld next %d\n", t.it_interval.tv_sec, t.it_interval.tv_usec,
        t.it_value.tv_sec == 0 && t.it_value.tv_usec <= 3000);
    t = {};
    setitimer(ITIMER_REAL, &t, nullptr);

    for (int which : {ITIMER_VIRTUAL, ITIMER_PROF}) {
        int signo = which == ITIMER_VIRTUAL ? SIGVTALRM : SIGPROF;
        counts[signo] = 0;
        t = {{0, 0}, {0, 20000}};
        SHOW(setitimer(which, &t, nullptr));
        usleep(60000);
        SHOW(counts[signo]);
        while (counts[signo] == 0) work(1000000);
        work(40000000);
        say("once %d code %d\n", counts[signo], codes[signo]);
        t = {{0, 8000}, {0, 8000}};
        SHOW(setitimer(which, &t, nullptr));
        while (counts[signo] < 4) work(1000000);
        t = {};
        SHOW(setitimer(which, &t, nullptr));
        say("ticked\n");
    }

    // A child has no timers; exec keeps them, and its signal.
    t = {{0, 0}, {100, 0}};
    setitimer(ITIMER_REAL, &t, nullptr);
    pid_t child = fork();
    if (child == 0) {
        SHOW(alarm(0));
        t = {{0, 0}, {0, 100000}};
        setitimer(ITIMER_REAL, &t, nullptr);
        char self[] = "/proc/self/exe", spin[] = "spin";
        char* argv[] = {self, spin, nullptr};
        execv(self, argv);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    say("signal %d\n", WTERMSIG(status));
    SHOW(alarm(0) > 90);

    // The limit of processor time.
    child = fork();
    if (child == 0) {
        rlimit limit = {1, 60};
        setrlimit(RLIMIT_CPU, &limit);
        work(20000000000);
        _exit(1);
    }
    waitpid(child, &status, 0);
    say("soft limit: signal %d\n", WTERMSIG(status));
    child = fork();
    if (child == 0) {
        rlimit limit = {1, 2};
        signal(SIGXCPU, SIG_IGN);
        setrlimit(RLIMIT_CPU, &limit);
        work(20000000000);
        _exit(1);
    }
    waitpid(child, &status, 0);
    say("hard limit: signal %d\n", WTERMSIG(status));
    return 0;
}
