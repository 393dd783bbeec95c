// Credentials, groups, limits, priorities, names: getuid, setresuid, setgroups, getrlimit, prlimit64, nice,
// uname.
#include "show.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <csignal>

static void ids() {
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s);
    getresgid(&gr, &ge, &gs);
    say("uid %u %u %u gid %u %u %u\n", r, e, s, gr, ge, gs);
}

int main() {
    umask(022);
    ids();
    SHOW(getuid());
    SHOW(geteuid());
    SHOW(getgid());
    SHOW(getegid());
    in_child("becomes a user", [] {
        gid_t groups[3] = {10, 20, 30};
        SHOW(setgroups(3, groups));
        SHOW(getgroups(0, nullptr));
        SHOW(getgroups(2, groups));
        SHOW(getgroups(3, groups));
        say("%u %u %u\n", groups[0], groups[1], groups[2]);
        write_file("secret", "x");
        chmod("secret", 0600);
        mkdir("closed", 0700);
        SHOW(setresgid(100, 100, 100));
        SHOW(setresuid(1000, 1000, 0));
        ids();
        SHOW(open("secret", O_RDONLY));
        SHOW(access("secret", R_OK));
        SHOW(open("closed/x", O_RDONLY));
        SHOW(open("new", O_CREAT | O_WRONLY, 0600));
        SHOW(chown("secret", 1000, 1000));
        SHOW(chmod("secret", 0666));
        SHOW(setuid(0));
        ids();
        SHOW(open("secret", O_RDONLY));
        SHOW(setuid(1000));
        SHOW(setresuid(2000, 2000, 2000));
        ids();
        SHOW(setresuid(2001, -1, -1));
        SHOW(setgid(0));
        SHOW(setgroups(0, nullptr));
        SHOW(kill(getppid(), 0));
        SHOW(kill(1, 0));
        SHOW(sethostname("x", 1));
        SHOW(setpriority(PRIO_PROCESS, 0, -5));
        rlimit limit = {5, 1 << 30};
        SHOW(setrlimit(RLIMIT_NOFILE, &limit));
        return 0;
    });
    in_child("limits", [] {
        rlimit limit = {16, 32}, old;
        SHOW(setrlimit(RLIMIT_NOFILE, &limit));
        SHOW(getrlimit(RLIMIT_NOFILE, &limit));
        say("%ld %ld\n", static_cast<long>(limit.rlim_cur), static_cast<long>(limit.rlim_max));
        int count = 0;
        while (open("/dev/null", O_RDONLY) >= 0) ++count;
        say("opened %d: %s\n", count, strerrorname_np(errno));
        SHOW(dup2(0, 16));
        SHOW(fcntl(0, F_DUPFD, 16));
        limit = {33, 32};
        SHOW(setrlimit(RLIMIT_NOFILE, &limit));
        SHOW(prlimit(0, RLIMIT_NOFILE, nullptr, &old));
        SHOW(prlimit(99999999, RLIMIT_NOFILE, nullptr, &old));
        SHOW(getrlimit(static_cast<__rlimit_resource>(77), &old));
        limit = {100, 100};
        SHOW(setrlimit(RLIMIT_FSIZE, &limit));
        for (int fd = 3; fd < 16; ++fd) close(fd);
        signal(SIGXFSZ, SIG_IGN);
        int fd = open("limited", O_CREAT | O_WRONLY, 0600);
        char block[90] = {};
        SHOW(write(fd, block, 90));
        SHOW(write(fd, block, 90));
        SHOW(write(fd, block, 90));
        return 0;
    });
    rlimit stack;
    SHOW(getrlimit(RLIMIT_STACK, &stack));
    say("stack %ld\n", static_cast<long>(stack.rlim_cur));
    // Upwards from whatever nice value the test was started with.
    SHOW(setpriority(PRIO_PROCESS, 0, 17));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(nice(100));
    SHOW(getpriority(PRIO_PROCESS, 99999999));
    SHOW(getpriority(9, 0));
    SHOW(sched_getscheduler(0));
    SHOW(sched_get_priority_max(SCHED_FIFO));
    SHOW(sched_get_priority_min(77));
    cpu_set_t set;
    CPU_ZERO(&set);
    SHOW(sched_setaffinity(0, sizeof set, &set));
    CPU_SET(0, &set);
    SHOW(sched_setaffinity(0, sizeof set, &set));
    SHOW(sched_getcpu());
    SHOW(sched_getaffinity(0, sizeof set, &set));
    SHOW(CPU_COUNT(&set));
    SHOW(syscall(SYS_sched_getaffinity, 0, 1, &set));
    utsname name;
    SHOW(uname(&name));
    say("%s %s\n", name.sysname, name.machine);
    SHOW(syscall(SYS_uname, 8));
    struct sysinfo info;
    SHOW(sysinfo(&info));
    SHOW(info.totalram > 0 && info.mem_unit > 0);
    char comm[16] = {};
    SHOW(prctl(PR_SET_NAME, "a name that is too long"));
    SHOW(prctl(PR_GET_NAME, comm));
    say("%s\n", comm);
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_PDEATHSIG, 99));
    SHOW(prctl(99999, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    char random[300];
    SHOW(syscall(SYS_getrandom, random, 300, 0));
    SHOW(syscall(SYS_getrandom, random, 300, 99));
    SHOW(syscall(SYS_getrandom, 8, 30, 0));
    SHOW(syscall(600));
    SHOW(syscall(-1));
    return 0;
}
