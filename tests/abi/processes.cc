// fork, vfork, wait4, waitid, exit statuses, orphans, process groups and sessions.
#include "show.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <csignal>

int main() {
    int status = 0;
    SHOW(waitpid(-1, &status, 0));
    SHOW(waitpid(-1, &status, 0x1000000));
    in_child("exit 0", [] { return 0; });
    in_child("exit 300", [] { return 300; });
    in_child("abort", [] { return raise(SIGABRT); });
    in_child("kill", [] { return kill(getpid(), SIGKILL); });
    in_child("null pointer", [] { return *reinterpret_cast<volatile int*>(8); });

    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        _exit(3);
    }
    SHOW(waitpid(child, &status, WNOHANG));
    SHOW(waitpid(child + 1000, &status, 0));
    SHOW(waitpid(child, &status, 0) == child);
    say("status %x\n", status);

    siginfo_t info = {};
    child = fork();
    if (child == 0) _exit(9);
    SHOW(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    say("code %d status %d signo %d mine %d\n", info.si_code, info.si_status, info.si_signo, info.si_pid == child);
    SHOW(waitid(P_PID, child, &info, WEXITED));
    SHOW(waitid(P_PID, child, &info, WEXITED));
    SHOW(waitid(P_ALL, 0, &info, 0));

    // Stop and go on; the child ends only after the parent has seen both.
    int gate[2];
    SHOW(pipe(gate));
    child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        char byte;
        _exit(read(gate[0], &byte, 1) == 1 ? 4 : 5);
    }
    SHOW(waitpid(child, &status, WUNTRACED) == child);
    say("stopped %d by %s\n", WIFSTOPPED(status), sigabbrev_np(WSTOPSIG(status)));
    SHOW(kill(child, SIGCONT));
    SHOW(waitpid(child, &status, WCONTINUED) == child);
    say("continued %d\n", WIFCONTINUED(status));
    SHOW(write(gate[1], "x", 1));
    SHOW(waitpid(child, &status, 0) == child);
    say("exit %d\n", WEXITSTATUS(status));

    // Memory is copied, not shared.
    static volatile int value = 1;
    in_child("writes its copy", [] {
        value = 2;
        return value;
    });
    say("value %d\n", value);
    child = vfork();
    if (child == 0) {
        value = 5;
        _exit(0);
    }
    waitpid(child, &status, 0);
    say("after vfork %d\n", value);

    // An orphan's parent is process 1 or a subreaper.
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
    int ends[2];
    SHOW(pipe(ends));
    pid_t me = getpid();
    child = fork();
    if (child == 0) {
        if (fork() == 0) {
            while (getppid() != me) usleep(1000);
            char c = 'y';
            _exit(write(ends[1], &c, 1) == 1 ? 6 : 7);
        }
        _exit(0);
    }
    SHOW(waitpid(child, &status, 0) == child);
    char c = 0;
    SHOW(read(ends[0], &c, 1));
    SHOW(waitpid(-1, &status, 0) > 0);
    say("orphan's exit %d\n", WEXITSTATUS(status));

    SHOW(getpgid(0) == getpgrp());
    SHOW(getpgid(me) == getpgrp());
    SHOW(getpgid(99999999));
    in_child("groups", [] {
        SHOW(setpgid(0, 0));
        SHOW(getpgrp() == getpid());
        SHOW(setpgid(0, 99999999));
        SHOW(setpgid(1, 0));
        SHOW(setsid());
        pid_t child = fork();
        if (child == 0) {
            SHOW(setsid() == getpid());
            SHOW(getsid(0) == getpid());
            SHOW(getpgrp() == getpid());
            SHOW(setpgid(0, 0));
            _exit(0);
        }
        waitpid(child, nullptr, 0);
        return 0;
    });
    SHOW(getsid(99999999));
    rusage usage;
    SHOW(getrusage(RUSAGE_SELF, &usage));
    SHOW(getrusage(RUSAGE_CHILDREN, &usage));
    SHOW(getrusage(99, &usage));
    SHOW(sched_yield());
    SHOW(syscall(SYS_gettid) == getpid());
    SHOW(syscall(SYS_wait4, -1, &status, 0, nullptr));
    // clone() takes any byte for the signal that tells of the end; what is none is not sent.
    for (const long number : {0L, 64L, 80L, 255L}) {
        signal(64, SIG_IGN);
        child = static_cast<pid_t>(syscall(SYS_clone, number, nullptr, nullptr, nullptr, 0L));
        if (child == 0) _exit(5);
        SHOW(waitpid(child, &status, 0));
        SHOW(waitpid(child, &status, __WALL) == child && WEXITSTATUS(status) == 5);
    }
    // A signal ignored: SIGCHLD ignored reaps children by itself.
    signal(SIGCHLD, SIG_IGN);
    child = fork();
    if (child == 0) _exit(0);
    SHOW(waitpid(child, &status, 0));
    return 17;
}
