#include "world.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "program.h"

namespace fuzz {
namespace {

constexpr WorldDescriptor kDescriptors[] = {
    {3, "fd", "file f"},
    {4, "fd", "file g, to read"},
    {5, "fd", "file h, to append"},
    {6, "fd", "folder ."},
    {7, "fd", "folder d"},
    {8, "fd:pipe", "pipe, to read"},
    {9, "fd:pipe", "pipe, to write"},
    {10, "fd:pipe", "pipe with data, to read"},
    {11, "fd:pipe", "pipe with data, to write"},
    {12, "fd:sock", "stream socket"},
    {13, "fd:sock", "stream socket"},
    {14, "fd:sock", "datagram socket"},
    {15, "fd:sock", "datagram socket"},
    {16, "fd:sock", "packet socket"},
    {17, "fd:sock", "packet socket"},
    {18, "fd:epoll", "epoll"},
    {19, "fd:eventfd", "eventfd"},
    {20, "fd:timerfd", "timerfd"},
    {21, "fd:signalfd", "signalfd"},
    {22, "fd:inotify", "inotify"},
    {23, "fd:memfd", "memfd"},
    {24, "fd:pidfd", "pidfd of the child"},
    {25, "fd:tty", "pseudo-terminal, master"},
    {26, "fd:tty", "pseudo-terminal"},
    {27, "fd", "O_PATH of f"},
    {28, "fd:sock", "datagram socket with a name"},
    {29, "fd:sock", "packet listener"},
    {30, "fd:sock", "listener"},
    {31, "fd", "fifo"},
    {32, "fd", "zero"},
    {33, "fd", "null"},
    {34, "fd:sock", "connected socket"},
    {35, "fd:sock", "connected socket"},
};
constexpr const char* kPaths[] = {"f",    "f",     "g",       "h",    "d",    "d",      "d/e",
                                  "d/s",  "l",     "dl",      "fifo", "sock", "null",   "new",
                                  "new2", "d/new", "d/s/new", "dl/e", "./f",  "d/../f", "empty"};

[[noreturn]] void fail(const char* what) {
    dprintf(2, "fuzz: %s: %s\n", what, strerrorname_np(errno));
    _exit(98);
}

int good(const char* what, int result) {
    if (result < 0) fail(what);
    return result;
}

void at(int number, int descriptor) {
    if (descriptor == number) return;
    if (descriptor < 0) {
        dprintf(2, "fuzz: descriptor %d of the world: ", number);
        fail("cannot be opened");
    }
    good("dup2", dup2(descriptor, number));
    close(descriptor);
}

void make_file(const char* name, unsigned size) {
    const int file = good(name, open(name, O_RDWR | O_CREAT | O_TRUNC, 0644));
    char piece[1000];
    for (unsigned i = 0; i < sizeof piece; ++i) piece[i] = static_cast<char>('a' + i % 26);
    for (unsigned done = 0; done < size; done += sizeof piece)
        good("write", static_cast<int>(write(file, piece, sizeof piece)));
    close(file);
}

void make_files() {
    make_file("f", 10000);
    make_file("g", 5000);
    make_file("h", 1000);
    make_file("empty", 0);
    good("d", mkdir("d", 0755));
    good("d/s", mkdir("d/s", 0700));
    make_file("d/e", 3000);
    good("l", symlink("f", "l"));
    good("dl", symlink("d", "dl"));
    good("loop", symlink("loop", "loop"));
    good("dangling", symlink("nowhere", "dangling"));
    good("fifo", mkfifo("fifo", 0644));
}

void open_files() {
    at(3, open("f", O_RDWR));
    at(4, open("g", O_RDONLY));
    at(5, open("h", O_WRONLY | O_APPEND));
    at(6, open(".", O_RDONLY | O_DIRECTORY));
    at(7, open("d", O_RDONLY | O_DIRECTORY));
    at(27, open("f", O_PATH));
    at(31, open("fifo", O_RDWR | O_NONBLOCK));
}

void make_pipes() {
    int ends[2];
    good("pipe", pipe(ends));
    at(8, ends[0]);
    at(9, ends[1]);
    good("pipe2", pipe2(ends, O_NONBLOCK));
    at(10, ends[0]);
    at(11, ends[1]);
    good("write", static_cast<int>(write(11, "some data in a pipe", 19)));
}

void make_sockets() {
    static constexpr int kTypes[] = {SOCK_STREAM, SOCK_DGRAM | SOCK_NONBLOCK, SOCK_SEQPACKET | SOCK_NONBLOCK};
    for (int i = 0; i < 3; ++i) {
        int pair[2];
        good("socketpair", socketpair(AF_UNIX, kTypes[i], 0, pair));
        at(12 + 2 * i, pair[0]);
        at(13 + 2 * i, pair[1]);
    }
    sockaddr_un name{AF_UNIX, "sock"};
    at(30, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    good("bind", bind(30, reinterpret_cast<sockaddr*>(&name), sizeof name));
    good("listen", listen(30, 2));
    name = {AF_UNIX, "dsock"};
    at(28, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    good("bind", bind(28, reinterpret_cast<sockaddr*>(&name), sizeof name));
    name = {AF_UNIX, "qsock"};
    at(29, socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
    good("bind", bind(29, reinterpret_cast<sockaddr*>(&name), sizeof name));
    good("listen", listen(29, 4));
    name = {AF_UNIX, "sock"};
    at(34, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    good("connect", connect(34, reinterpret_cast<sockaddr*>(&name), sizeof name));
    at(35, good("accept", accept4(30, nullptr, nullptr, SOCK_NONBLOCK)));
}

void make_events(int child) {
    at(18, epoll_create1(0));
    at(19, eventfd(0, EFD_NONBLOCK));
    at(20, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    sigset_t usr2;
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    at(21, signalfd(-1, &usr2, SFD_NONBLOCK));
    at(22, inotify_init1(IN_NONBLOCK));
    at(23, memfd_create("m", MFD_ALLOW_SEALING));
    good("ftruncate", ftruncate(23, 8192));
    at(24, static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    good("pidfd_open", 24);
}

void map(u64 address, u64 pages, int protection, int flags, int file = -1) {
    void* wanted = reinterpret_cast<void*>(address);
    if (mmap(wanted, pages * kPage, protection, flags | MAP_FIXED, file, 0) != wanted) fail("mmap");
}

void make_memory() {
    constexpr int kBoth = PROT_READ | PROT_WRITE;
    map(kData, kDataSize / kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS);
    map(kReadOnly, 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
    map(kInaccessible, 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
    map(kMapArea, 4, kBoth, MAP_PRIVATE | MAP_ANONYMOUS);
    map(kMapArea + 4 * kPage, 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
    map(kMapArea + 8 * kPage, 2, kBoth, MAP_SHARED | MAP_ANONYMOUS);
    map(kMapArea + 10 * kPage, 4, PROT_READ, MAP_PRIVATE, 3);
    map(kMapArea + 14 * kPage, 4, kBoth, MAP_SHARED, 3);
}

// Nodes and a devpts of our own: what the program does to them stays in its world.
void make_devices() {
    good("null", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    good("zero", mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
    good("dev", mkdir("dev", 0755));
    good("ptmx", mknod("dev/ptmx", S_IFCHR | 0666, makedev(5, 2)));
    good("pts", mkdir("dev/pts", 0755));
    good("devpts", mount("devpts", "dev/pts", "devpts", 0, "newinstance,gid=5,mode=620"));
}

void open_devices() {
    at(32, open("zero", O_RDWR));
    at(33, open("null", O_RDWR));
    at(25, open("dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
    int unlocked = 0;
    good("TIOCSPTLCK", ioctl(25, TIOCSPTLCK, &unlocked));
    at(26, good("TIOCGPTPEER", ioctl(25, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK)));
}

void limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    good("setrlimit", setrlimit(static_cast<__rlimit_resource>(resource), &both));
}

// The parent stays to pass on how the child ended.
void go_on_in_child() {
    const int child = good("fork", fork());
    if (child == 0) return;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
}

// Those that the host may not have: containers lack some.
void drop_capabilities() {
    // Up to CAP_SYS_NICE and CAP_MKNOD, without modules, raw I/O and boot.
    constexpr u64 kKept = (0x00ff'ffff | 1ull << 27) & ~(1ull << 16) & ~(1ull << 17) & ~(1ull << 22);
    for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
        if ((kKept >> capability & 1) == 0) prctl(PR_CAPBSET_DROP, capability);
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    constexpr u32 kLow = static_cast<u32>(kKept);
    __user_cap_data_struct data[2] = {{kLow, kLow, 0}, {0, 0, 0}};
    good("capset", static_cast<int>(syscall(SYS_capset, &header, data)));
}

}  // namespace

std::span<const WorldDescriptor> world_descriptors() { return kDescriptors; }
std::span<const char* const> world_paths() { return kPaths; }

void leave_host() {
    // Linnet has no name spaces of processes and says EINVAL: there the guest is what is thrown away.
    const bool own = unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET) == 0;
    go_on_in_child();
    if (own) {
        mount("", "/", "", MS_REC | MS_PRIVATE, nullptr);
        good("proc", mount("proc", "/proc", "proc", 0, nullptr));
    }
    for (int id = 0; id <= kLeastProcess;) {
        id = good("fork", fork());
        if (id == 0) _exit(0);
        waitpid(id, nullptr, 0);
    }
    go_on_in_child();
}

void mount_folder(const char* folder) {
    mkdir(folder, 0755);
    good("tmpfs", mount("fuzz", folder, "tmpfs", 0, "size=4m"));
}

void unmount_folder(const char* folder) { umount2(folder, MNT_DETACH); }

int make_world(const char* folder) {
    setsid();
    umask(022);
    good("unshare", unshare(CLONE_NEWNS | CLONE_NEWUTS));  // what the program mounts and names goes with it
    good("sethostname", sethostname("fuzz", 4));
    good("setdomainname", setdomainname("fuzz", 4));
    syscall(SYS_set_robust_list, nullptr, 24);  // the C library's lies elsewhere each time
    for (int fd = 3; fd < 64; ++fd) close(fd);
    good("chdir", chdir(folder));
    good("chroot", chroot("."));
    make_devices();
    const int null = good("null", open("null", O_RDWR));
    for (int fd = 0; fd < 2; ++fd) dup2(null, fd);
    close(null);
    // The numbers from 40 on serve while the world is made.
    for (int fd = 3; fd < 40; ++fd) dup2(0, fd);
    drop_capabilities();
    limit(RLIMIT_SIGPENDING, 1000);  // a machine with little memory allows few
    limit(RLIMIT_MEMLOCK, 8 << 20);
    limit(RLIMIT_MSGQUEUE, 819200);
    limit(RLIMIT_NICE, 0);
    limit(RLIMIT_RTPRIO, 0);
    limit(RLIMIT_LOCKS, RLIM_INFINITY);
    limit(RLIMIT_NPROC, 1000);
    limit(RLIMIT_FSIZE, 16 << 20);
    limit(RLIMIT_AS, 1 << 30);
    limit(RLIMIT_NOFILE, 1024);
    limit(RLIMIT_CORE, 0);
    const int child = good("fork", fork());
    if (child == 0) {
        syscall(SYS_set_robust_list, nullptr, 24);
        for (;;) pause();
    }
    make_files();
    open_files();
    open_devices();
    make_pipes();
    make_sockets();
    make_events(child);
    make_memory();
    for (int fd = 36; fd < 128; ++fd) close(fd);
    dup2(0, 2);
    return child;
}

}  // namespace fuzz
