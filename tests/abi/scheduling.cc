// sched_*: policies, priorities, attributes, affinity, and who may change them. membarrier.
#include "show.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <csignal>
#include <ctime>

struct Attributes {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
    unsigned util_min, util_max;
};
static long set_attr(int pid, Attributes* a, unsigned flags) { return syscall(SYS_sched_setattr, pid, a, flags); }
static long get_attr(int pid, Attributes* a, unsigned size, unsigned flags) {
    return syscall(SYS_sched_getattr, pid, a, size, flags);
}
static long set_policy(int pid, int policy, int priority) {
    sched_param p = {priority};
    return syscall(SYS_sched_setscheduler, pid, policy, &p);
}
static long set_param(int pid, int priority) {
    sched_param p = {priority};
    return syscall(SYS_sched_setparam, pid, &p);
}
static void show_self() {
    sched_param p = {};
    Attributes a = {};
    long policy = syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_sched_getparam, 0, &p);
    long got = get_attr(0, &a, 48, 0);
    say("  policy %lx priority %d | %ld size %u policy %u flags %llx nice %d priority %u\n", policy, p.sched_priority,
        got, a.size, a.policy, a.flags, a.nice, a.priority);
}
static const int kPolicies[] = {SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, 4, SCHED_IDLE, 6, 7, 8, 100, -1};

int main() {
    setpriority(PRIO_PROCESS, 0, 0);
    SHOW(syscall(SYS_sched_yield));
    for (int policy : kPolicies) {
        if (policy == 7) continue;  // younger kernels know it
        say("policy %d\n", policy);
        SHOW(syscall(SYS_sched_get_priority_max, policy));
        SHOW(syscall(SYS_sched_get_priority_min, policy));
        for (int priority : {0, 1, 50, 99, 100, -1}) {
            if (policy == 6) continue;
            long r = SHOW(set_policy(0, policy, priority));
            if (r == 0) show_self();
        }
    }
    SHOW(set_policy(0, SCHED_OTHER, 0));
    show_self();
    SHOW(set_policy(-1, SCHED_OTHER, 0));
    SHOW(set_policy(4194000, SCHED_OTHER, 0));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, nullptr));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 8));
    SHOW(set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, 10));
    show_self();
    in_child("child", [] { return show_self(), 0; });
    SHOW(set_param(0, 20));
    show_self();
    SHOW(set_param(0, 0));
    timespec t = {9, 9};
    SHOW(syscall(SYS_sched_rr_get_interval, 0, &t));
    say("%ld.%09ld\n", t.tv_sec, t.tv_nsec);
    SHOW(set_policy(0, SCHED_FIFO, 1));
    SHOW(syscall(SYS_sched_rr_get_interval, 0, &t));
    say("%ld.%09ld\n", t.tv_sec, t.tv_nsec);
    in_child("child", [] { return show_self(), 0; });
    SHOW(set_policy(0, SCHED_OTHER, 0));
    SHOW(syscall(SYS_sched_rr_get_interval, 0, nullptr));
    SHOW(syscall(SYS_sched_rr_get_interval, -1, &t));
    SHOW(syscall(SYS_sched_rr_get_interval, 4194000, &t));
    SHOW(set_param(0, 1));
    SHOW(set_param(-1, 0));
    SHOW(set_param(4194000, 0));
    SHOW(syscall(SYS_sched_setparam, 0, nullptr));
    SHOW(syscall(SYS_sched_getparam, 0, nullptr));
    SHOW(syscall(SYS_sched_getparam, 0, 8));
    sched_param p;
    SHOW(syscall(SYS_sched_getparam, -1, &p));
    SHOW(syscall(SYS_sched_getparam, 4194000, &p));
    SHOW(syscall(SYS_sched_getscheduler, -1));
    SHOW(syscall(SYS_sched_getscheduler, 4194000));

    // Attributes.
    Attributes a = {48, SCHED_OTHER, 0, 5, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    show_self();
    SHOW(getpriority(PRIO_PROCESS, 0));
    a = {48, SCHED_BATCH, 1, -5, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {48, SCHED_OTHER, 0, 100, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {48, SCHED_FIFO, 0, 0, 30, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {48, 0, 0x8, 0, 31, 0, 0, 0, 0, 0};  // keep the policy
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {48, SCHED_RR, 0x10, 0, 1, 0, 0, 0, 0, 0};  // keep the parameters
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {0, SCHED_OTHER, 0, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    show_self();
    a = {48, SCHED_FIFO, 0, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    a = {48, SCHED_OTHER, 0, 0, 3, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    a = {48, 77, 0, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    a = {48, 0xffffffff, 0, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    a = {48, SCHED_OTHER, 0x100, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(0, &a, 0));
    for (unsigned size : {1u, 47u, 5000u, 0xffffffffu}) {
        a = {size, SCHED_OTHER, 0, 0, 0, 0, 0, 0, 0, 0};
        SHOW(set_attr(0, &a, 0));
        say("size %u\n", a.size);
    }
    struct {
        Attributes known;
        unsigned long long more[20];
    } large = {{sizeof large, SCHED_OTHER, 0, 0, 0, 0, 0, 0, 0, 0}, {}};
    SHOW(set_attr(0, &large.known, 0));
    large.known.size = sizeof large;
    large.more[12] = 1;
    SHOW(set_attr(0, &large.known, 0));
    SHOW(set_attr(0, nullptr, 0));
    SHOW(set_attr(0, reinterpret_cast<Attributes*>(8), 0));
    a = {48, SCHED_OTHER, 0, 0, 0, 0, 0, 0, 0, 0};
    SHOW(set_attr(-1, &a, 0));
    SHOW(set_attr(4194000, &a, 0));
    SHOW(set_attr(0, &a, 1));
    SHOW(get_attr(0, nullptr, 48, 0));
    SHOW(get_attr(0, &a, 47, 0));
    SHOW(get_attr(0, &a, 5000, 0));
    SHOW(get_attr(0, &a, 48, 1));
    SHOW(get_attr(-1, &a, 48, 0));
    SHOW(get_attr(4194000, &a, 48, 0));
    SHOW(get_attr(0, reinterpret_cast<Attributes*>(8), 48, 0));

    // Affinity. How many CPUs there are differs; the first is always there.
    unsigned long mask[16] = {}, all[16] = {};
    long size = syscall(SYS_sched_getaffinity, 0, sizeof all, all);
    SHOW(size > 0 && size % 8 == 0);
    SHOW(all[0] & 1);
    SHOW(syscall(SYS_sched_getaffinity, 0, 0, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, 12, mask));
    SHOW(syscall(SYS_sched_getaffinity, -1, sizeof mask, mask));
    SHOW(syscall(SYS_sched_getaffinity, 4194000, sizeof mask, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, sizeof mask, 8));
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
    SHOW(syscall(SYS_sched_setaffinity, 0, 0, mask));
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof mask, 8));
    SHOW(syscall(SYS_sched_setaffinity, 0, 0, 8));
    mask[0] = 1;
    SHOW(syscall(SYS_sched_setaffinity, -1, sizeof mask, mask));
    SHOW(syscall(SYS_sched_setaffinity, 4194000, sizeof mask, mask));
    SHOW(syscall(SYS_sched_setaffinity, 0, 1, mask));
    mask[0] = 0;
    SHOW(syscall(SYS_sched_getaffinity, 0, 8, mask));
    say("mask %lx\n", mask[0]);
    in_child("child", [&] {
        SHOW(sched_getcpu());
        SHOW(syscall(SYS_sched_getaffinity, 0, 8, mask));
        say("mask %lx\n", mask[0]);
        return 0;
    });
    mask[15] = 1ul << 63;
    mask[0] = 0;
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
    mask[0] = ~0ul;
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
    mask[0] = 0;
    syscall(SYS_sched_getaffinity, 0, 8, mask);
    SHOW(mask[0] == all[0]);

    // membarrier: what is there, and what it says to nonsense.
    long commands = syscall(SYS_membarrier, 0, 0, 0);
    SHOW((commands & 1) != 0 && (commands & 8) != 0);
    SHOW(syscall(SYS_membarrier, 1, 0, 0));
    SHOW(syscall(SYS_membarrier, 16, 0, 0));
    SHOW(syscall(SYS_membarrier, 8, 0, 0));
    SHOW(syscall(SYS_membarrier, 0, 4, 0));
    SHOW(syscall(SYS_membarrier, 3, 0, 0));
    SHOW(syscall(SYS_membarrier, 1 << 20, 0, 0));

    // Without privileges.
    pid_t root = fork();
    if (root == 0) {
        pause();
        _exit(0);
    }
    in_child("nobody", [&] {
        rlimit none = {0, 0};
        setrlimit(RLIMIT_RTPRIO, &none);
        setrlimit(RLIMIT_NICE, &none);
        SHOW(setuid(65534));
        SHOW(set_policy(0, SCHED_FIFO, 1));
        SHOW(set_policy(0, SCHED_BATCH, 0));
        show_self();
        SHOW(set_policy(0, SCHED_OTHER, 0));
        a = {48, SCHED_OTHER, 0, 3, 0, 0, 0, 0, 0, 0};
        SHOW(set_attr(0, &a, 0));
        a.nice = 2;
        SHOW(set_attr(0, &a, 0));
        SHOW(set_policy(0, SCHED_IDLE, 0));
        show_self();
        SHOW(set_policy(0, SCHED_OTHER, 0));
        SHOW(set_policy(0, SCHED_IDLE | SCHED_RESET_ON_FORK, 0));
        SHOW(set_policy(0, SCHED_IDLE, 0));
        SHOW(set_policy(root, SCHED_BATCH, 0));
        SHOW(syscall(SYS_sched_getscheduler, root));
        mask[0] = 1;
        SHOW(syscall(SYS_sched_setaffinity, root, sizeof mask, mask));
        SHOW(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
        return 0;
    });
    kill(root, 9);
    waitpid(root, nullptr, 0);
    return 0;
}
