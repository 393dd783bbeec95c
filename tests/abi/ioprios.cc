// ioprio_set(2), ioprio_get(2): values, rights, groups, inheritance, what nice values make of it.
#include "show.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace {
enum { kProcess = 1, kGroup = 2, kUser = 3 };
constexpr int prio(int io_class, int level) { return io_class << 13 | level; }
long get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }
long set(int which, int who, int value) { return syscall(SYS_ioprio_set, which, who, value); }

void values() {
    SHOW(get(kProcess, 0));
    SHOW(get(kProcess, getpid()));
    SHOW(set(kProcess, 0, prio(2, 3)));
    SHOW(get(kProcess, 0));
    SHOW(set(kProcess, 0, prio(1, 7)));
    SHOW(get(kProcess, 0));
    SHOW(set(kProcess, 0, prio(3, 5)));
    SHOW(get(kProcess, 0));
    SHOW(set(kProcess, 0, prio(0, 1)));
    SHOW(set(kProcess, 0, prio(4, 0)));
    SHOW(set(kProcess, 0, -1));
    SHOW(set(0, 0, prio(2, 0)));
    SHOW(set(4, 0, prio(2, 0)));
    SHOW(get(0, 0));
    SHOW(get(4, 0));
    SHOW(set(4, 0, prio(4, 0)));
    SHOW(get(kProcess, 99999999));
    SHOW(set(kProcess, 99999999, prio(2, 0)));
    SHOW(get(kGroup, 99999999));
    SHOW(set(kGroup, 99999999, prio(2, 0)));
    SHOW(get(kUser, 54321));
    SHOW(set(kUser, 54321, prio(2, 0)));
    SHOW(get(kProcess, 0));
}

void nice_values() {
    SHOW(set(kProcess, 0, prio(0, 0)));
    SHOW(get(kProcess, 0));
    SHOW(setpgid(0, 0));
    SHOW(get(kGroup, 0));
    for (int nice : {-20, -5, 10, 19}) {
        SHOW(setpriority(PRIO_PROCESS, 0, nice));
        SHOW(get(kGroup, 0));
    }
    sched_param none{};
    SHOW(sched_setscheduler(0, SCHED_IDLE, &none));
    SHOW(get(kGroup, 0));
    SHOW(sched_setscheduler(0, SCHED_BATCH, &none));
    SHOW(get(kGroup, 0));
    SHOW(setpriority(PRIO_PROCESS, 0, 0));
}

void inheritance() {
    SHOW(set(kGroup, 0, prio(2, 6)));
    if (fork() == 0) {
        SHOW(get(kProcess, 0));
        SHOW(set(kProcess, 0, prio(2, 1)));
        SHOW(get(kGroup, 0));
        SHOW(get(kProcess, getppid()));
        _exit(0);
    }
    wait(nullptr);
    SHOW(get(kGroup, getpgrp()));
}

void rights() {
    if (fork() == 0) {
        SHOW(setuid(1234));
        SHOW(set(kProcess, 0, prio(2, 7)));
        SHOW(set(kProcess, 0, prio(1, 0)));
        SHOW(set(kProcess, 0, prio(3, 0)));
        SHOW(set(kProcess, getppid(), prio(2, 7)));
        SHOW(get(kProcess, getppid()));
        SHOW(get(kUser, 0));
        SHOW(get(kUser, 1234));
        _exit(0);
    }
    wait(nullptr);
}
}  // namespace

int main() {
    if (fork() == 0) {
        values();
        nice_values();
        inheritance();
        rights();
        _exit(0);
    }
    wait(nullptr);
    return 0;
}
