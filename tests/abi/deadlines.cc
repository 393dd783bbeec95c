// SCHED_DEADLINE by sched_setattr: parameters, admission, what a fork does, running and being held back; the limits of
// real-time threads in /proc/sys/kernel.
#include "show.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <csignal>
#include <cstdint>
#include <ctime>

struct Attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};
static constexpr int kNormal = 0, kDeadline = 6;
static constexpr uint64_t kMs = 1000000;
static long set(uint64_t runtime, uint64_t deadline, uint64_t period, uint64_t flags = 0, pid_t pid = 0,
                uint32_t priority = 0) {
    Attr a{sizeof(Attr), kDeadline, flags, 0, priority, runtime, deadline, period};
    return syscall(SYS_sched_setattr, pid, &a, 0);
}
static long back() {
    Attr a{sizeof(Attr), kNormal, 0, 0, 0, 0, 0, 0};
    return syscall(SYS_sched_setattr, 0, &a, 0);
}
static void tell(const char* what, pid_t pid = 0) {
    Attr a{};
    long r = syscall(SYS_sched_getattr, pid, &a, sizeof a, 0);
    if (a.policy != kDeadline) a.runtime = a.deadline = a.period = 0;  // later kernels tell slices there
    say("%s: %ld policy %u flags %lx nice %d priority %u, %lu %lu %lu\n", what, r, a.policy,
        static_cast<unsigned long>(a.flags), a.nice, a.priority, static_cast<unsigned long>(a.runtime),
        static_cast<unsigned long>(a.deadline), static_cast<unsigned long>(a.period));
}
static int64_t now(clockid_t clock = CLOCK_MONOTONIC) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void parameters() {
    say("-- parameters\n");
    SHOW(set(0, 0, 0));
    SHOW(set(1000, 100000, 100000));
    SHOW(set(10 * kMs, 0, 100 * kMs));
    SHOW(set(10 * kMs, 5 * kMs, 100 * kMs));
    SHOW(set(10 * kMs, 200 * kMs, 100 * kMs));
    SHOW(set(10 * kMs, 100 * kMs, 1ULL << 63));
    SHOW(set(10 * kMs, 1ULL << 63, 0));
    SHOW(set(1024, 50000, 50000));
    SHOW(set(10 * kMs, 5000 * kMs, 5000 * kMs));
    SHOW(set(10 * kMs, 100 * kMs, 100 * kMs, 0, 0, 5));
    SHOW(set(10 * kMs, 100 * kMs, 100 * kMs, 0, 1 << 30));
    SHOW(set(10 * kMs, 100 * kMs, 100 * kMs, 0, -1));
    SHOW(set(10 * kMs, 100 * kMs, 100 * kMs, 1 << 20));
    tell("unchanged");
    SHOW(set(10 * kMs, 100 * kMs, 0));
    tell("a deadline");
    SHOW(sched_getscheduler(0));
    sched_param param{7};
    SHOW(sched_getparam(0, &param));
    say("priority %d\n", param.sched_priority);
    SHOW(set(5 * kMs, 50 * kMs, 70 * kMs, SCHED_FLAG_DL_OVERRUN));
    tell("changed");
    SHOW(set(5 * kMs, 50 * kMs, 70 * kMs, SCHED_FLAG_RESET_ON_FORK));
    tell("reset on fork");
    param = {0};
    SHOW(sched_setparam(0, &param));
    SHOW(sched_setscheduler(0, kDeadline, &param));
    SHOW(sched_get_priority_max(kDeadline));
    SHOW(sched_get_priority_min(kDeadline));
    Attr keep{sizeof(Attr), kNormal, SCHED_FLAG_KEEP_ALL | SCHED_FLAG_RESET_ON_FORK, 0, 0, 0, 0, 0};
    SHOW(syscall(SYS_sched_setattr, 0, &keep, 0));
    tell("kept");
    SHOW(nice(3) == 3);
    SHOW(back());
    tell("ordinary");
}

static void forks() {
    say("-- fork\n");
    set(10 * kMs, 100 * kMs, 100 * kMs);
    pid_t child = fork();
    if (child == 0) _exit(0);
    say("fork: %s\n", child < 0 ? strerrorname_np(errno) : "a child");
    if (child > 0) waitpid(child, nullptr, 0);
    pthread_t t;
    say("thread: %s\n", strerrorname_np(pthread_create(&t, nullptr, [](void* p) { return p; }, nullptr)));
    set(10 * kMs, 100 * kMs, 100 * kMs, SCHED_FLAG_RESET_ON_FORK);
    in_child("reset", [] {
        tell("child");
        return 0;
    });
    back();
}

static void admission() {
    say("-- admission\n");
    // More than all CPUs have.
    pid_t held[64];
    int count = 0;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), admitted = 0;
    for (; count < cpus + 2 && count < 64; count++) {
        int ready[2];
        if (pipe(ready) != 0) _exit(9);
        held[count] = fork();
        if (held[count] == 0) {
            int got = set(90 * kMs, 100 * kMs, 100 * kMs);
            // What those before had comes back when their servers' lag is gone.
            for (int i = 0; got != 0 && errno == EBUSY && count < cpus && i < 300; i++) {
                usleep(10000);
                got = set(90 * kMs, 100 * kMs, 100 * kMs);
            }
            char c = got == 0 ? 'y' : errno == EBUSY ? 'b' : 'n';
            if (write(ready[1], &c, 1) != 1) _exit(8);
            for (;;) pause();
        }
        char c = 0;
        if (read(ready[0], &c, 1) != 1) _exit(7);
        admitted += c == 'y';
        if (c == 'n') say("another error\n");
        close(ready[0]);
        close(ready[1]);
    }
    say("all CPUs: %d\n", admitted == cpus);
    int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);
    if (SHOW(write(fd, "100000", 6)) > 0 && write(fd, "950000", 6) != 6) _exit(6);
    close(fd);
    for (int i = 0; i < count; i++) {
        kill(held[i], SIGKILL);
        waitpid(held[i], nullptr, 0);
    }
    usleep(300000);  // Linux keeps a share until its server's lag is gone
    // What they had is there again.
    SHOW(set(90 * kMs, 100 * kMs, 100 * kMs));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (cpus > 1) {
        say("affinity: %s\n", sched_setaffinity(0, sizeof one, &one) == 0 ? "set" : strerrorname_np(errno));
        back();
        sched_setaffinity(0, sizeof one, &one);
        say("bound: %s\n", set(10 * kMs, 100 * kMs, 100 * kMs) == 0 ? "set" : strerrorname_np(errno));
    } else {
        say("affinity: EBUSY\n");
        back();
        say("bound: EPERM\n");
    }
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
}

static void limits() {
    say("-- limits\n");
    auto put = [](const char* name, const char* text) {
        std::string path = std::string("/proc/sys/kernel/") + name;
        int fd = open(path.c_str(), O_WRONLY);
        ssize_t r = write(fd, text, strlen(text));
        say("%s < %s: %s; now %s", name, text, r < 0 ? strerrorname_np(errno) : "ok", read_file(path.c_str()).c_str());
        close(fd);
    };
    // Refused ones only: the machine's settings stay as they are.
    put("sched_rt_runtime_us", "1000001");
    put("sched_rt_runtime_us", "abc");
    put("sched_rt_period_us", "0");
    put("sched_rt_period_us", "-5");
    put("sched_rt_period_us", "900000");  // less than the runtime
}

// A thread that wants everything gets its share and little more.
static void held_back() {
    say("-- held back\n");
    static volatile sig_atomic_t told = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { told = told + 1; };
    sigaction(SIGXCPU, &action, nullptr);
    SHOW(set(20 * kMs, 100 * kMs, 100 * kMs, SCHED_FLAG_DL_OVERRUN));
    int64_t start = now(), cpu = now(CLOCK_THREAD_CPUTIME_ID);
    while (now() - start < 2000 * static_cast<int64_t>(kMs)) {}
    double share = static_cast<double>(now(CLOCK_THREAD_CPUTIME_ID) - cpu) / static_cast<double>(now() - start);
    say("share: %d\n", share > 0.05 && share < 0.35);
    say("told of overruns: %d\n", told > 0);
    SHOW(set(20 * kMs, 100 * kMs, 100 * kMs));
    // Yielding gives up the rest of the period.
    start = now();
    for (int i = 0; i < 5; i++) sched_yield();
    say("yields take periods: %d\n", now() - start > 300 * static_cast<int64_t>(kMs));
    // Sleeping threads keep their word, and come at once.
    timespec ms5{0, 5000000};
    for (int i = 0; i < 20; i++) nanosleep(&ms5, nullptr);
    SHOW(back());
}

int main() {
    parameters();
    forks();
    admission();
    limits();
    held_back();
    return 0;
}
