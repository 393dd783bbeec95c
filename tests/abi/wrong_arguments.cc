// Which error Linux tells of, and in which order it looks at arguments: found by comparing random calls (tests/fuzz).
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <csignal>
#include "show.h"

namespace {

char buffer[64];
int ends[2], pair[2], file, folder;

void make() {
    write_file("f", "0123456789");
    mkdir("d", 0755);
    file = open("f", O_RDWR);
    folder = open("d", O_RDONLY | O_DIRECTORY);
    SHOW(pipe(ends));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
}

void positions() {
    iovec one{buffer, 8};
    SHOW_SYS(SYS_pread64, 1000, buffer, 8, -1L);
    SHOW_SYS(SYS_preadv, 1000, &one, 1, -5L, 0);
    SHOW_SYS(SYS_pwritev, 1000, &one, 1, -5L, 0);
    SHOW_SYS(SYS_preadv, ends[1], &one, 1, 0, 0);  // not open to read, but no offset comes first
    SHOW_SYS(SYS_pwritev, ends[0], &one, 1, 0, 0);
    SHOW_SYS(SYS_pread64, file, buffer, 8, 0x7fffffffffffffffL);
    SHOW_SYS(SYS_preadv, file, &one, 1, 0x7ffffffffffffffeL, 0);
    SHOW_SYS(SYS_preadv2, folder, &one, 1, 0, 0, 0x2 /* RWF_DSYNC */);
    SHOW_SYS(SYS_preadv2, folder, &one, 1, 0, 0, 0);
    iovec nothing{buffer, 0};
    SHOW_SYS(SYS_preadv2, file, &nothing, 1, 0, 0, 0x8000);
    SHOW_SYS(SYS_preadv2, file, &one, 1, 0, 0, 0x8000);
    iovec mixed[2] = {{reinterpret_cast<void*>(0xffff888000000000), 8}, {buffer, ~0ul}};
    SHOW(writev(ends[1], mixed, 2));  // lengths first
    SHOW(readahead(file, 0, ~0ul));
    SHOW(readahead(file, 0, 4096));
    SHOW_SYS(SYS_fadvise64, ends[0], 0, 0, 0);
    SHOW_SYS(SYS_fadvise64, pair[0], 0, 4096, 3);
    SHOW_SYS(SYS_fadvise64, pair[0], 0, 4096, 9);
    SHOW_SYS(SYS_fadvise64, epoll_create1(0), 0, -1L, 0);
    SHOW(sendfile(ends[1], file, nullptr, ~0ul));
}

void signals() {
    SHOW(kill(0x7ffffffe, 65));
    SHOW(kill(getpid(), 65));
    SHOW(kill(getpid(), -1));
    SHOW_SYS(SYS_tkill, 0x7ffffffe, 65);
    SHOW_SYS(SYS_tgkill, getpid(), getpid(), 65);
    siginfo_t info{};
    info.si_code = 5;
    SHOW_SYS(SYS_rt_tgsigqueueinfo, 0x7ffffffe, getpid(), SIGCHLD, &info);
    SHOW_SYS(SYS_rt_tgsigqueueinfo, getpid(), 0x7ffffffe, 65, &info);
    SHOW_SYS(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 65, &info);
    SHOW_SYS(SYS_rt_sigqueueinfo, 0x7ffffffe, SIGCHLD, &info);
    memset(&info, 0x55, sizeof info);
    SHOW(waitid(P_PID, getpid(), &info, 0));
    say("si_signo %d si_code %d si_pid %d\n", info.si_signo, info.si_code, info.si_pid);
    memset(&info, 0x55, sizeof info);
    SHOW(waitid(P_ALL, 0, &info, WEXITED));
    say("si_signo %d si_code %d si_pid %d\n", info.si_signo, info.si_code, info.si_pid);
    SHOW_SYS(SYS_waitid, P_PID, 0, 0xffff888000000000, WEXITED, nullptr);
    itimerval set{{1000, 0}, {0, 0}}, got{};
    SHOW(setitimer(ITIMER_PROF, &set, nullptr));
    SHOW(getitimer(ITIMER_PROF, &got));
    say("%ld %ld\n", static_cast<long>(got.it_interval.tv_sec), static_cast<long>(got.it_value.tv_sec));
}

void memory() {
    char* page = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    munmap(page + 4096, 4096);
    SHOW(mprotect(page + 4096, 4096, PROT_READ | PROT_GROWSUP));
    SHOW(mprotect(page, 4096, PROT_READ | PROT_GROWSUP));
    SHOW(mprotect(page, 0, 0x1000));
    SHOW(mprotect(page, ~0ul, PROT_READ));
    SHOW(mprotect(page, 4096, 0x1000));
    SHOW(mprotect(page + 1, 4096, 0x1000));
    SHOW(msync(page, 0xfffffffffffff001, MS_ASYNC));
    SHOW(mremap(page + 4096, 0x7fffffffffffffff, 4096, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0);
    SHOW(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, ends[0], 0) == MAP_FAILED ? -1 : 0);
    SHOW(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, file, 0) == MAP_FAILED ? -1 : 0);
    SHOW(mmap(nullptr, ~size_t{0}, PROT_READ, MAP_PRIVATE, file, 4096) == MAP_FAILED ? -1 : 0);
    SHOW(mmap(nullptr, ~size_t{4095}, PROT_READ, MAP_PRIVATE, file, 4096) == MAP_FAILED ? -1 : 0);
    SHOW(shmget(IPC_PRIVATE, 0x8000000000000000, 0600));
    const int id = shmget(IPC_PRIVATE, 4096, 0600);
    shmid_ds status{};
    status.shm_perm.uid = ~0u;
    SHOW(shmctl(id, IPC_SET, &status));
    SHOW(shmctl(id, IPC_RMID, nullptr));
}

void names() {
    struct stat status;
    SHOW_SYS(SYS_mkdirat, 1000, "", 0700);
    SHOW_SYS(SYS_unlinkat, 1000, "", 0);
    SHOW_SYS(SYS_openat, ends[0], "f", O_TMPFILE | O_RDONLY, 0600);
    SHOW_SYS(SYS_openat, ends[0], "f", O_RDONLY, 0600);
    SHOW_SYS(SYS_renameat2, 1000, "f", 1000, "g", 3 /* RENAME_NOREPLACE | RENAME_EXCHANGE */);
    SHOW_SYS(SYS_renameat2, ends[0], "f", AT_FDCWD, nullptr, 0);
    SHOW_SYS(SYS_linkat, AT_FDCWD, "nowhere", 1000, "g", 0);
    SHOW_SYS(SYS_mknodat, 1000, "g", S_IFDIR | 0700, 0);
    SHOW_SYS(SYS_mknodat, 1000, "g", 0170000, 0);
    SHOW_SYS(SYS_newfstatat, AT_FDCWD, "f", &status, AT_STATX_DONT_SYNC);
    in_child("as nobody", [] {
        SHOW(setuid(65534));
        SHOW(mknod("f", S_IFCHR | 0600, makedev(1, 3)));  // that it is there comes first
        SHOW(mknod("g", S_IFCHR | 0600, makedev(1, 3)));
        SHOW(fchmod(ends[0], 0600));
        SHOW(fchown(ends[0], 65534, -1));
        return 0;
    });
    SHOW(mkfifo("fifo", 0600));
    SHOW(open("fifo", O_RDWR | O_DIRECT));
    SHOW(setxattr("f", "trusted.", "x", 1, 0));
    SHOW(getxattr("f", "trusted.", buffer, 8));
    SHOW(removexattr("f", "security."));
    SHOW(fallocate(folder, 2 /* FALLOC_FL_PUNCH_HOLE */, 0, 10));
    SHOW(fallocate(folder, 0, 0, 10));
}

void descriptors() {
    const int events = eventfd(0, 0);
    SHOW(fcntl(events, F_GETPIPE_SZ));
    SHOW(fcntl(events, F_SETPIPE_SZ, 4096));
    SHOW(fcntl(events, F_SETOWN, 0x3fffffff));
    SHOW(fcntl(events, F_SETOWN, -0x3fffffff));
    SHOW(fcntl(events, F_SETOWN, 0x80000000));
    f_owner_ex owner{F_OWNER_TID, 0x3fffffff};
    SHOW(fcntl(events, F_SETOWN_EX, &owner));
    SHOW(fcntl(events, F_SETFL, O_DIRECT));
    SHOW(fcntl(pair[0], F_SETFL, O_DIRECT));
    SHOW(fcntl(ends[0], F_SETFL, O_DIRECT));
    SHOW(fcntl(ends[0], F_SETFL, 0));
    epoll_event event{};
    const int set = epoll_create1(0);
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, open("/dev/null", O_RDWR), &event));
    SHOW_SYS(SYS_accept4, -1, nullptr, nullptr, 0xffff);
    SHOW_SYS(SYS_accept4, file, nullptr, nullptr, 0xffff);
    SHOW_SYS(SYS_sendto, -1, 0xffff888000000000, 8, 0, nullptr, 0);
    SHOW_SYS(SYS_recvfrom, -1, 0xffff888000000000, 8, 0, nullptr, nullptr);
    SHOW(recv(pair[0], buffer, 0, MSG_DONTWAIT));
    SHOW(read(pair[0], buffer, 0));
    SHOW(send(pair[1], "x", 1, 0));
    SHOW(recv(pair[0], buffer, 0, MSG_DONTWAIT));
    SHOW(recv(pair[0], buffer, 0, MSG_DONTWAIT | MSG_PEEK));
    SHOW(recv(pair[0], buffer, 8, MSG_DONTWAIT));
    timespec limit{1000, 5};
    SHOW_SYS(SYS_recvmmsg, pair[0], nullptr, 0, 0, &limit);
    say("%ld %ld\n", static_cast<long>(limit.tv_sec), limit.tv_nsec);
    SHOW_SYS(SYS_connect, file, 0xffff888000000000, 8);
    const int packets = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char control[20] = {20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2};  // credentials of 4 bytes
    msghdr message{nullptr, 0, nullptr, 0, control, sizeof control, 0};
    SHOW(sendmsg(packets, &message, 0));
    SHOW(sendmsg(pair[0], &message, 0));
    SHOW(fcntl(folder, F_ADD_SEALS, 0));
    SHOW(lseek(folder, 0, SEEK_END));
    SHOW(lseek(folder, 0, SEEK_DATA));
    SHOW(readahead(folder, 0, 4096));
    SHOW_SYS(SYS_readlinkat, events, "", buffer, 8);
    SHOW_SYS(SYS_sendfile, ends[1], -1, 1L, 8);
    SHOW_SYS(SYS_prlimit64, 0, 1000, 1L, nullptr);
    stack_t none{};
    none.ss_sp = buffer;
    SHOW(sigaltstack(&none, nullptr));
    timespec times[2] = {{0, 2000000000}, {0, 0}};
    SHOW_SYS(SYS_utimensat, -1, "nowhere", times, 0);
    SHOW_SYS(SYS_utimensat, AT_FDCWD, "nowhere", times, 0);
    SHOW_SYS(SYS_utimensat, AT_FDCWD, "f", times, 0);
    epoll_event list[2];
    SHOW_SYS(SYS_epoll_wait, set, 0xffff888000000000, 2, 0);
    SHOW(epoll_wait(set, list, 2, 0));
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_un name{AF_UNIX, "listener"};
    SHOW(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name));
    SHOW(listen(listener, 1));
    SHOW(shutdown(listener, SHUT_RDWR));
    SHOW(accept(listener, nullptr, nullptr));
}

// Without a free number nothing is opened, and nothing made.
void full_table() {
    const rlimit few{static_cast<rlim_t>(dup(0)), 1024};
    SHOW(setrlimit(RLIMIT_NOFILE, &few));
    while (dup(0) >= 0) {}
    SHOW(open("nowhere/x", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open("made", O_RDWR | O_CREAT, 0600));
    SHOW(access("made", F_OK));
}

}  // namespace

int main() {
    make();
    positions();
    signals();
    memory();
    names();
    descriptors();
    full_table();
    return 0;
}
