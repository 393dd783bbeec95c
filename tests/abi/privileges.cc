// Capabilities, secure bits, set*id and their effect on each other, prctl, priorities, getrandom, syslog, personality.
#include "show.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <csignal>

static void capabilities(const char* when) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    long r = syscall(SYS_capget, &header, data);
    // Only the first 32, for their number may differ, and without CAP_SYS_RESOURCE, which containers take away.
    for (auto* set : {&data[0].effective, &data[0].permitted, &data[0].inheritable}) *set &= ~(1u << CAP_SYS_RESOURCE);
    say("%s: %ld effective %08x permitted %08x inheritable %08x\n", when, r, data[0].effective, data[0].permitted,
        data[0].inheritable);
}

static long set_capabilities(unsigned effective, unsigned permitted, unsigned inheritable) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    data[0] = {effective, permitted, inheritable};
    return syscall(SYS_capset, &header, data);
}

static void ids(const char* when) {
    uid_t r, e, s;
    getresuid(&r, &e, &s);
    say("%s: %u %u %u fs %d\n", when, r, e, s, setfsuid(-1));
}

static int drop_by_user_id() {
    capabilities("root");
    SHOW(seteuid(1000));
    ids("seteuid");
    capabilities("seteuid");
    SHOW(seteuid(0));
    capabilities("back");
    SHOW(setfsuid(1000));
    capabilities("setfsuid");
    SHOW(setfsuid(0));
    capabilities("setfsuid back");
    SHOW(setresuid(0, -1, -1));
    ids("setresuid to the same");
    SHOW(prctl(PR_SET_KEEPCAPS, 1));
    SHOW(setresuid(1000, 1000, 1000));
    capabilities("keepcaps");
    ids("setresuid");
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(set_capabilities(1 << CAP_KILL, 1 << CAP_KILL, 1 << CAP_KILL));
    capabilities("only kill");
    SHOW(set_capabilities(1 << CAP_CHOWN, 1 << CAP_CHOWN, 0));
    SHOW(setuid(0));
    SHOW(setgroups(0, nullptr));
    SHOW(sethostname("x", 1));
    SHOW(setpriority(PRIO_PROCESS, 0, -5));
    SHOW(prctl(PR_CAPBSET_DROP, CAP_KILL));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    return 0;
}

static int change_ids() {
    SHOW(setreuid(10, 20));
    ids("setreuid");
    SHOW(setreuid(20, 10));
    ids("swapped");
    SHOW(setreuid(30, -1));
    SHOW(setresuid(-1, 20, -1));
    ids("setresuid");
    SHOW(setuid(99));
    SHOW(setuid(10));
    ids("setuid");
    SHOW_SYS(SYS_setuid, -1);
    SHOW(setfsuid(20));
    SHOW(setfsuid(12345));
    SHOW(setfsuid(-1));
    return 0;
}

int main() {
    in_child("drop by user id", drop_by_user_id);
    in_child("change ids", change_ids);

    __user_cap_header_struct header = {0x1234, 0};
    __user_cap_data_struct data[2] = {};
    SHOW(syscall(SYS_capget, &header, data));
    say("%x\n", header.version);
    header = {0x1234, 0};
    SHOW(syscall(SYS_capget, &header, nullptr));
    header = {_LINUX_CAPABILITY_VERSION_3, -1};
    SHOW(syscall(SYS_capget, &header, data));
    header = {_LINUX_CAPABILITY_VERSION_3, 999999};
    SHOW(syscall(SYS_capget, &header, data));
    SHOW(syscall(SYS_capset, &header, data));
    SHOW(syscall(SYS_capget, 8, data));

    char name[17] = {};
    SHOW(prctl(PR_SET_NAME, "a name that is too long"));
    SHOW(prctl(PR_GET_NAME, name));
    say("%s\n", name);
    SHOW(prctl(PR_SET_NAME, 8));
    SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    int signal_number = 0;
    SHOW(prctl(PR_GET_PDEATHSIG, &signal_number));
    say("%d\n", signal_number);
    SHOW(prctl(PR_SET_PDEATHSIG, 65));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 0));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 2));
    SHOW(prctl(PR_SET_DUMPABLE, 1));
    SHOW(prctl(PR_CAPBSET_READ, CAP_CHOWN));
    SHOW(prctl(PR_CAPBSET_READ, 64));
    SHOW(prctl(PR_GET_SECUREBITS));
    SHOW(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS));
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_SET_SECUREBITS, 0));
    SHOW(prctl(PR_SET_SECUREBITS, 1 << 20));
    SHOW(prctl(PR_SET_KEEPCAPS, 2));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    int reaper = 7;
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &reaper));
    say("%d\n", reaper);
    SHOW(prctl(PR_SET_TIMERSLACK, 1234));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_SET_TIMERSLACK, 0));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(12345));

    SHOW(setpriority(PRIO_PROCESS, 0, 5));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(setpriority(PRIO_PROCESS, 0, 100));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(setpriority(PRIO_PROCESS, 0, 0));
    SHOW_SYS(SYS_getpriority, PRIO_PROCESS, 0);
    SHOW_SYS(SYS_getpriority, 7, 0);
    SHOW_SYS(SYS_getpriority, PRIO_PROCESS, 999999);

    unsigned char bytes[600] = {};
    SHOW(getrandom(bytes, sizeof bytes, 0));
    int set = 0;
    for (unsigned char b : bytes) set += __builtin_popcount(b);
    say("looks random: %d\n", set > 2000 && set < 2800);
    SHOW(getrandom(bytes, 10, GRND_NONBLOCK));
    SHOW(getrandom(bytes, 10, GRND_RANDOM | GRND_INSECURE));
    SHOW(getrandom(bytes, 10, 0x40));
    SHOW(getrandom(reinterpret_cast<void*>(8), 10, 0));
    SHOW(getrandom(bytes, 0, 0));

    // What of a file is in memory is told to who may write it. Another's pipe keeps its owner.
    in_child("others' files", [] {
        int ends[2];
        SHOW(pipe(ends));
        const int own = memfd_create("x", 0);
        void* pages = nullptr;
        if (ftruncate(own, 8192) == 0) pages = mmap(nullptr, 8192, PROT_READ, MAP_SHARED, own, 0);
        SHOW(setresgid(1000, 1000, 1000));
        SHOW(setresuid(1000, 1000, 1000));
        unsigned char vector[2] = {};
        SHOW(mincore(pages, 8192, vector));
        say("%d %d\n", vector[0], vector[1]);
        SHOW(fchown(ends[0], 1000, -1));
        SHOW(fchown(ends[0], -1, -1));
        SHOW(pipe(ends));
        SHOW(fchown(ends[0], 1000, 1000));
        SHOW(fchown(ends[0], 1, 1000));
        SHOW(fchown(ends[0], -1, 1));
        SHOW(fchmod(ends[0], 0600));
        return 0;
    });

    SHOW(personality(0xffffffff));
    SHOW(personality(ADDR_NO_RANDOMIZE));
    SHOW(personality(0xffffffff));
    SHOW(klogctl(99, nullptr, 0));
    SHOW(klogctl(3, nullptr, 10));
    SHOW(klogctl(3, reinterpret_cast<char*>(bytes), 0));
    SHOW(klogctl(2, reinterpret_cast<char*>(bytes), 0));
    SHOW(klogctl(3, reinterpret_cast<char*>(8), 4000));
    SHOW(klogctl(3, reinterpret_cast<char*>(bytes), -1));
    SHOW(klogctl(8, nullptr, 0));
    return 0;
}
