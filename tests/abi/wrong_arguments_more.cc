// More of which error Linux tells of and in which order it looks, what a fault leaves behind, and what can still be asked
// of a process that has ended: found by comparing random calls (tests/fuzz).
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <csignal>
#include <ctime>
#include <limits>
#include "show.h"

namespace {

constexpr unsigned long kKernel = 0xffff888000000000;
constexpr size_t kPage = 4096;
char buffer[64];
int file, folder;
char* pages;  // four, of which the third is missing

void make() {
    write_file("f", "0123456789");
    mkdir("d", 0755);
    file = open("f", O_RDWR);
    folder = open("d", O_RDONLY | O_DIRECTORY);
    pages = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    munmap(pages + 2 * kPage, kPage);
    memset(pages, 'x', 2 * kPage);
}

// The number is taken and told before the clock is asked.
void timers() {
    int id = -1;
    sigevent event{};
    event.sigev_notify = 3;
    SHOW_SYS(SYS_timer_create, CLOCK_MONOTONIC, &event, &id);
    SHOW_SYS(SYS_timer_create, CLOCK_MONOTONIC, nullptr, &id);
    say("id %d\n", id);
    SHOW_SYS(SYS_timer_create, -6 - 8 * 0x3ffffff, nullptr, &id);  // no such process
    SHOW_SYS(SYS_timer_create, -1, nullptr, kKernel);
    SHOW_SYS(SYS_timer_create, -1, nullptr, &id);
    SHOW_SYS(SYS_timer_create, -5, nullptr, &id);
    SHOW_SYS(SYS_timer_create, 100, nullptr, kKernel);
    SHOW_SYS(SYS_clock_nanosleep, -1, 0, kKernel, nullptr);
    SHOW_SYS(SYS_clock_nanosleep, -5, 0, kKernel, nullptr);
    const timespec now{};
    SHOW_SYS(SYS_clock_nanosleep, -1, 0, &now, nullptr);
}

void files() {
    iovec one{buffer, 8};
    SHOW_SYS(SYS_writev, file, &one, 0x100000000);  // the count is one of 32 bits
    SHOW_SYS(SYS_preadv, file, &one, 0x100000000, 0, 0);
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SHOW(ftruncate(pair[0], 0x7fffffffffffffff));
    const int event = eventfd(0, EFD_NONBLOCK);
    SHOW(sendfile(event, folder, nullptr, 100));
    off_t* at = static_cast<off_t*>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(sendfile(-1, file, at, 10));  // the offset is written in any case
    SHOW(sendfile(-1, -1, at, 10));
    const int signals = signalfd(
        -1,
        [] {
            static sigset_t set;
            return &set;
        }(),
        SFD_NONBLOCK);
    SHOW_SYS(SYS_copy_file_range, signals, nullptr, folder, nullptr, 100, 0);
    SHOW_SYS(SYS_copy_file_range, folder, nullptr, signals, nullptr, 100, 0);
    const int timer = timerfd_create(CLOCK_MONOTONIC, 0), set = epoll_create1(0), watcher = inotify_init();
    for (const int fd : {signals, timer, set, watcher, event}) SHOW_SYS(SYS_write, fd, kKernel, 8);
    for (const int fd : {signals, timer, set, watcher, event}) SHOW_SYS(SYS_read, fd, kKernel, 8);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{AF_UNIX, "sock"};
    SHOW(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name));
    SHOW(open("sock", O_RDWR | O_DIRECT));
    SHOW(setxattr("f", "trusted.", reinterpret_cast<void*>(kKernel), 8, XATTR_REPLACE));
    SHOW(rename("f", reinterpret_cast<const char*>(kKernel)));
    SHOW(rename("nowhere/x", reinterpret_cast<const char*>(kKernel)));
    SHOW(renameat(AT_FDCWD, "nowhere/x", -1, "g"));
    SHOW(renameat(AT_FDCWD, "nowhere", -1, "g"));
    mq_attr attributes{0, 2, 2, 0, {}};
    SHOW_SYS(SYS_mq_open, "wrong_arguments", O_RDONLY | O_CREAT | O_DIRECT, 0600, &attributes);
    SHOW_SYS(SYS_mq_unlink, "wrong_arguments");  // it was made
    SHOW_SYS(SYS_shmget, IPC_PRIVATE, 4096, 0600 | 04000 | 63 << 26);
}

void descriptor_sets() {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    const int path = open("f", O_PATH);
    FD_SET(path, &out);
    timeval none{};
    SHOW(select(path + 1, nullptr, &out, nullptr, &none));  // a number that is taken, though nothing can be asked
    FD_SET(60, &in);
    SHOW(select(61, &in, nullptr, nullptr, &none));
}

void mappings() {
    char* const to = pages + 3 * kPage;
    SHOW(mremap(pages + kPage, 2 * kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    say("%c\n", *to);
    SHOW(mremap(pages, kPage, kPage, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, pages + 1) == MAP_FAILED);
    SHOW(mremap(pages, kPage, kPage, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, pages) == MAP_FAILED);
    int ends[2];
    SHOW(pipe(ends));
    const int pair = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW_SYS(SYS_mmap, kKernel, kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, ends[0], 0);
    SHOW_SYS(SYS_mmap, pages, kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, ends[0], 0);
    SHOW_SYS(SYS_mmap, pages + 1, kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, ends[0], 0);
    SHOW_SYS(SYS_mmap, pages, kPage, PROT_READ, MAP_SHARED | MAP_GROWSDOWN, pair, 0);
    SHOW_SYS(SYS_mmap, pages, kPage, PROT_READ, MAP_SHARED, pair, 0);
    SHOW_SYS(SYS_mmap, kKernel, kPage, PROT_READ, 0x0f | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    SHOW_SYS(SYS_mmap, pages, kPage, PROT_READ, 0x0f | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    SHOW_SYS(SYS_mbind, pages, 3 * kPage, 0, nullptr, 0, 0);  // back to the default, over a hole
    unsigned long nodes = 1;
    SHOW_SYS(SYS_mbind, pages, 3 * kPage, 2, &nodes, 8, 0);
    SHOW_SYS(SYS_mbind, pages + 2 * kPage, kPage, 0, nullptr, 0, 0);
}

void signals() {
    siginfo_t info{};
    signal(SIGALRM, SIG_IGN);
    info.si_code = -8;  // nobody knows it
    SHOW_SYS(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGALRM, &info);
    reinterpret_cast<char*>(&info)[100] = 1;
    SHOW_SYS(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGALRM, &info);
    info.si_code = 7;  // more than POLL_HUP
    SHOW_SYS(SYS_rt_sigqueueinfo, getpid(), SIGALRM, &info);
    info.si_code = 6;
    SHOW_SYS(SYS_rt_sigqueueinfo, getpid(), SIGALRM, &info);
    SHOW_SYS(SYS_rt_sigqueueinfo, getpid(), SIGBUS, &info);
    // What lies between the code and the rest comes along.
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    siginfo_t sent{}, got{};
    sent.si_code = SI_QUEUE;
    reinterpret_cast<int*>(&sent)[3] = 77;
    SHOW_SYS(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sent);
    SHOW(sigwaitinfo(&blocked, &got));
    say("%d %d\n", got.si_code, reinterpret_cast<int*>(&got)[3]);
}

// Written or told before or after: partial results, and what is looked at first.
void orders() {
    unsigned char vector[4] = {9, 9, 9, 9};
    char* const hole = static_cast<char*>(mmap(nullptr, 3 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    munmap(hole + kPage, kPage);
    SHOW_SYS(SYS_mincore, hole, 3 * kPage, kKernel);
    SHOW_SYS(SYS_mincore, hole, 3 * kPage, vector);
    say("%d %d\n", vector[0], vector[1]);
    SHOW_SYS(SYS_mprotect, hole, 0x7ffffffffffff000, PROT_READ | PROT_GROWSDOWN);
    SHOW_SYS(SYS_mprotect, hole, 0x7ffffffffffff000, PROT_READ);
    SHOW_SYS(SYS_mount, "d", "nothing", 1, MS_REMOUNT, nullptr);
    SHOW(lseek(file, std::numeric_limits<off_t>::max(), SEEK_END));
    __user_cap_header_struct* const header = reinterpret_cast<__user_cap_header_struct*>(pages + 2 * kPage - 4);
    header->version = 1;
    SHOW_SYS(SYS_capget, header, nullptr);
    SHOW_SYS(SYS_capget, header, buffer);
    say("%x\n", header->version);
    SHOW_SYS(SYS_capset, header, buffer);
    __user_cap_header_struct nobody = {_LINUX_CAPABILITY_VERSION_3, 0x7ffffffe};
    SHOW_SYS(SYS_capget, &nobody, nullptr);
    SHOW_SYS(SYS_capget, &nobody, buffer);
    SHOW_SYS(SYS_poll, kKernel, 0, 1);
    SHOW_SYS(SYS_poll, 1, 0, 0);
    SHOW_SYS(SYS_poll, kKernel, 1, 0);
    SHOW_SYS(SYS_recvfrom, -1, buffer, 0x8000000000000000, 0, nullptr, nullptr);
    SHOW_SYS(SYS_sendto, -1, buffer, 0x8000000000000000, 0, nullptr, 0);
    SHOW_SYS(SYS_futex, buffer, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, kKernel, nullptr, 0);
    SHOW_SYS(SYS_futex, buffer, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, nullptr, nullptr, 0);
    SHOW_SYS(SYS_execveat, -1, kKernel, nullptr, nullptr, 0x8000);
    siginfo_t info;
    memset(&info, 0x55, sizeof info);
    SHOW_SYS(SYS_waitid, 7, 0, &info, WEXITED, nullptr);
    for (unsigned i = 0; i < 8; ++i) say(" %#x", reinterpret_cast<unsigned*>(&info)[i]);
    say("\n");
    SHOW_SYS(SYS_membarrier, 8 /* PRIVATE_EXPEDITED */, 0, 0);
    SHOW_SYS(SYS_membarrier, 16 /* REGISTER_PRIVATE_EXPEDITED */, 0, 0);
    SHOW_SYS(SYS_membarrier, 8, 0, 0);
    constexpr int kHuge = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
    SHOW_SYS(SYS_mmap, 0, kPage, PROT_READ, kHuge | 63 << 26, -1, 0);
    SHOW_SYS(SYS_mmap, pages, kPage, PROT_READ, kHuge | MAP_FIXED, -1, 0);
    SHOW_SYS(SYS_mmap, 0, kPage, PROT_READ, MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
}

// Calls that take a descriptor for its own file: of a pipe there is nothing else.
void nameless() {
    int ends[2];
    SHOW(pipe(ends));
    SHOW_SYS(SYS_faccessat2, ends[0], "", R_OK, AT_EMPTY_PATH);
    SHOW_SYS(SYS_faccessat2, ends[0], "", X_OK, AT_EMPTY_PATH);
    SHOW_SYS(SYS_faccessat2, ends[0], "", R_OK, 0);
    SHOW_SYS(SYS_faccessat2, ends[0], "x", R_OK, AT_EMPTY_PATH);
    SHOW_SYS(SYS_fchownat, ends[0], "", 0, 0, AT_EMPTY_PATH);
    SHOW_SYS(SYS_fchownat, ends[0], "x", 0, 0, AT_EMPTY_PATH);
    SHOW_SYS(SYS_utimensat, ends[0], "", nullptr, AT_EMPTY_PATH);
    SHOW_SYS(SYS_execveat, ends[0], "", nullptr, nullptr, AT_EMPTY_PATH);
    SHOW_SYS(SYS_execveat, ends[0], "x", nullptr, nullptr, AT_EMPTY_PATH);
    SHOW_SYS(SYS_name_to_handle_at, ends[0], "", buffer, buffer, AT_EMPTY_PATH);
    SHOW_SYS(SYS_openat, ends[0], "x", O_RDONLY);
    SHOW_SYS(SYS_readlinkat, ends[0], "", buffer, 8);
}

// What part of a message cannot be read or stored: all of its page stays.
void faults() {
    char* const end = pages + kPage;  // the page after it is gone by now
    munmap(end, kPage);
    int ends[2];
    SHOW(pipe2(ends, O_NONBLOCK));
    SHOW(write(ends[1], end - 10, 20));
    SHOW(read(ends[0], buffer, sizeof buffer));
    SHOW(write(ends[1], "0123456789", 10));
    SHOW(write(ends[1], end - 10, 20));
    SHOW(read(ends[0], end - 5, 10));
    SHOW(read(ends[0], buffer, sizeof buffer));
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    SHOW(write(pair[0], end - 10, 20));
    SHOW(read(pair[1], buffer, sizeof buffer));
    SHOW(write(pair[0], "0123456789", 10));
    SHOW(read(pair[1], end - 5, 10));
    SHOW(read(pair[1], buffer, sizeof buffer));
}

// A zombie has no memory and no files, but a place in the tree, limits and priorities.
void ended() {
    const pid_t child = fork();
    if (child == 0) {
        setpriority(PRIO_PROCESS, 0, 5);
        _exit(3);
    }
    siginfo_t info;
    SHOW(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT));
    SHOW(getpriority(PRIO_PROCESS, static_cast<id_t>(child)));
    SHOW(setpriority(PRIO_PROCESS, static_cast<id_t>(child), 7));
    SHOW(getpriority(PRIO_PROCESS, static_cast<id_t>(child)));
    SHOW(sched_getscheduler(child));
    sched_param parameters{};
    SHOW(sched_getparam(child, &parameters));
    rlimit limits{};
    SHOW(prlimit(child, RLIMIT_NOFILE, nullptr, &limits));
    SHOW(getpgid(child) == getpgrp());
    SHOW(getsid(child) == getsid(0));
    SHOW(setpgid(child, child));
    SHOW(getpgid(child) == child);
    for (const int type : {1, 2, 3, 4}) say("%d\n", syscall(SYS_kcmp, child, getpid(), type, 0, 0) > 0);
    SHOW_SYS(SYS_kcmp, child, getpid(), 0, 0, 0);
    SHOW_SYS(SYS_kcmp, child, child, 1, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, child};
    __user_cap_data_struct rights[2]{};
    SHOW_SYS(SYS_capget, &header, rights);
    say("some rights %d\n", rights[0].effective != 0);
    SHOW_SYS(SYS_ioprio_get, 1, child);
    cpu_set_t cpus;
    SHOW(sched_getaffinity(child, sizeof cpus, &cpus));
    timespec slice;
    SHOW(sched_rr_get_interval(child, &slice));
    SHOW_SYS(SYS_ptrace, 16 /* ATTACH */, child, 0, 0);
    SHOW_SYS(SYS_ptrace, 0x4206 /* SEIZE */, child, 0, 0);
    SHOW_SYS(SYS_tgkill, child, child, 0);
    SHOW_SYS(SYS_tkill, child, SIGTERM);
    SHOW(kill(child, SIGKILL));
    SHOW(sigqueue(child, SIGUSR1, {}));
    iovec here{&slice, 1}, there{&slice, 1};
    SHOW(process_vm_readv(child, &here, 1, &there, 1, 0));
    clockid_t clock;
    SHOW(clock_getcpuclockid(child, &clock));
    SHOW(clock_gettime(clock, &slice));
    const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    SHOW_SYS(SYS_pidfd_send_signal, handle, SIGTERM, nullptr, 0);
    SHOW_SYS(SYS_pidfd_getfd, handle, 0, 0);
    close(handle);
    int status = 0;
    SHOW(waitpid(child, &status, 0) == child);
    say("status %#x\n", status);
    SHOW(getpriority(PRIO_PROCESS, static_cast<id_t>(child)));
    SHOW_SYS(SYS_kcmp, child, getpid(), 1, 0, 0);
}

// An empty name is missed before anybody looks at the descriptor; what is no folder holds no names.
void empty_names() {
    int ends[2];
    if (pipe(ends) != 0) return;
    struct stat st;
    char* words[] = {const_cast<char*>("x"), nullptr};
    for (const int fd : {ends[0], 999}) {
        SHOW(faccessat(fd, "", 0, 0));
        SHOW(fstatat(fd, "", &st, 0));
        SHOW(fchmodat(fd, "", 0, 0));
        SHOW(fchownat(fd, "", 0, 0, 0));
        SHOW(utimensat(fd, "", nullptr, 0));
        SHOW(linkat(fd, "", fd, "", 0));
        SHOW_SYS(SYS_execveat, fd, "", words, words, 0);
        SHOW_SYS(SYS_execveat, fd, "a/b", words, words, 0);
        SHOW_SYS(SYS_execveat, fd, "", words, words, AT_EMPTY_PATH);
    }
    close(ends[0]);
    close(ends[1]);
}

void endless_select() {
    timeval time = {std::numeric_limits<long>::max(), 1'000'000};
    SHOW_SYS(SYS_select, 0, nullptr, nullptr, nullptr, &time);  // the library would cut it short
}

// Who may look at another's descriptors: whom ptrace(2) would let.
void foreign_descriptors() {
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    in_child("another group", [&] {
        const long pidfd = syscall(SYS_pidfd_open, child, 0);
        SHOW_OK(syscall(SYS_pidfd_getfd, pidfd, 1, 0));
        SHOW(setgid(1));
        SHOW(setresuid(static_cast<uid_t>(-1), 65534, 0));
        SHOW_OK(syscall(SYS_pidfd_getfd, pidfd, 1, 0));
        return 0;
    });
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

void kept_parameters() {
    struct {
        unsigned size, policy;
        unsigned long flags;
        int nice;
        unsigned priority;
        unsigned long runtime, deadline, period;
    } wanted = {48, SCHED_OTHER, 0x10, 2, 1, 0, 0, 0};  // SCHED_FLAG_KEEP_PARAMS
    SHOW_SYS(SYS_sched_setattr, 0, &wanted, 0);
    wanted.priority = 0;
    SHOW_SYS(SYS_sched_setattr, 0, &wanted, 0);
    SHOW(getpriority(PRIO_PROCESS, 0));
}

void debugged_sockets() {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int value = 5;
    socklen_t size = sizeof value;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, size));
    SHOW(getsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, &size));
    say("%d\n", value);
    in_child("nobody", [&] {
        SHOW(setuid(65534));
        SHOW(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, size));
        value = 0;
        SHOW(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, size));
        return 0;
    });
    close(fd);
}

// poll() that a signal ends writes what it has found, which is nothing.
void interrupted_poll() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    int ends[2];
    if (pipe(ends) != 0) return;
    auto* polled =
        static_cast<pollfd*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    *polled = {ends[0], POLLIN, 77};
    const itimerval soon = {{0, 0}, {0, 50000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    SHOW(poll(polled, 1, -1));
    say("%d\n", polled->revents);
    mprotect(polled, 4096, PROT_READ);
    setitimer(ITIMER_REAL, &soon, nullptr);
    SHOW(poll(polled, 1, -1));
    munmap(polled, 4096);
}

}  // namespace

int main() {
    make();
    timers();
    files();
    descriptor_sets();
    mappings();
    signals();
    orders();
    nameless();
    faults();
    ended();
    empty_names();
    endless_select();
    foreign_descriptors();
    kept_parameters();
    debugged_sockets();
    interrupted_poll();
    return 0;
}
