// The benchmark program: one static binary that runs on Linux and on Linnet and prints ticks per operation.
//
// Usage: bench [--list] [--scale N] [ROW...]
// Each row prints `row NAME OPS TICKS`: the time-stamp counter's ticks for OPS operations. Under QEMU's `-icount
// shift=0` a tick is one executed instruction, so the figures repeat exactly and do not depend on the machine.
// Also prints `boot TICKS` (counter at the start of main: from power-on to user space) and `memory BYTES_FREE`.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <initializer_list>

namespace {

const char* g_self = "/proc/self/exe";
const char* g_directory = "/tmp";

[[noreturn]] void fail(const char* what) {
    perror(what);
    _exit(1);
}
#define CHECK(expr) ((expr) ? (void)0 : fail(#expr))

uint64_t ticks() {
    unsigned aux;
    return __rdtscp(&aux);
}

// ---- rows: each runs `n` operations; what it prepares is not counted when it calls start() itself -------------
uint64_t g_start;
void start() { g_start = ticks(); }

void null_call(long n) {
    for (long i = 0; i < n; i++) syscall(SYS_getppid);
}

int open_checked(const char* path, int flags, int mode = 0644) {
    int fd = open(path, flags, mode);
    CHECK(fd >= 0);
    return fd;
}

char g_buffer[1 << 20];

void transfer(const char* path, int flags, size_t size, long n, bool writing) {
    int fd = open_checked(path, flags);
    start();
    for (long i = 0; i < n; i++) {
        ssize_t done = writing ? write(fd, g_buffer, size) : read(fd, g_buffer, size);
        CHECK(done == static_cast<ssize_t>(size));
    }
    uint64_t end = ticks();
    close(fd);
    g_start += ticks() - end;
}
void read_zero_1(long n) { transfer("/dev/zero", O_RDONLY, 1, n, false); }
void read_zero_4k(long n) { transfer("/dev/zero", O_RDONLY, 4096, n, false); }
void write_null_1(long n) { transfer("/dev/null", O_WRONLY, 1, n, true); }
void write_null_4k(long n) { transfer("/dev/null", O_WRONLY, 4096, n, true); }

void path_in(char (&to)[128], const char* name) { snprintf(to, sizeof(to), "%s/%s", g_directory, name); }

void stat_file(long n) {
    char path[128];
    path_in(path, "bench-stat");
    close(open_checked(path, O_CREAT | O_RDWR));
    struct stat st;
    start();
    for (long i = 0; i < n; i++) CHECK(stat(path, &st) == 0);
}
void fstat_file(long n) {
    char path[128];
    path_in(path, "bench-stat");
    int fd = open_checked(path, O_CREAT | O_RDWR);
    struct stat st;
    start();
    for (long i = 0; i < n; i++) CHECK(fstat(fd, &st) == 0);
    close(fd);
}
void open_close(long n) {
    char path[128];
    path_in(path, "bench-open");
    close(open_checked(path, O_CREAT | O_RDWR));
    start();
    for (long i = 0; i < n; i++) close(open_checked(path, O_RDONLY));
}
void create_unlink(long n) {
    char path[128];
    path_in(path, "bench-create");
    start();
    for (long i = 0; i < n; i++) {
        close(open_checked(path, O_CREAT | O_EXCL | O_RDWR));
        CHECK(unlink(path) == 0);
    }
}
void file_read(long n, size_t size) {
    char path[128];
    path_in(path, "bench-read");
    int fd = open_checked(path, O_CREAT | O_TRUNC | O_RDWR);
    CHECK(write(fd, g_buffer, sizeof(g_buffer)) == static_cast<ssize_t>(sizeof(g_buffer)));
    start();
    off_t at = 0;
    for (long i = 0; i < n; i++) {
        CHECK(pread(fd, g_buffer, size, at) == static_cast<ssize_t>(size));
        at = (at + static_cast<off_t>(size)) % static_cast<off_t>(sizeof(g_buffer));
    }
    uint64_t end = ticks();
    close(fd);
    unlink(path);
    g_start += ticks() - end;
}
void file_read_4k(long n) { file_read(n, 4096); }
void file_read_64k(long n) { file_read(n, 65536); }

void reap(pid_t pid) {
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
void fork_exit(long n) {
    for (long i = 0; i < n; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) _exit(0);
        reap(pid);
    }
}
void fork_exec(long n) {
    char* const argv[] = {const_cast<char*>("bench"), const_cast<char*>("--nothing"), nullptr};
    char* const env[] = {nullptr};
    for (long i = 0; i < n; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            execve(g_self, argv, env);
            _exit(127);
        }
        reap(pid);
    }
}
void thread_create(long n) {
    for (long i = 0; i < n; i++) {
        pthread_t t;
        CHECK(pthread_create(&t, nullptr, [](void* p) { return p; }, nullptr) == 0);
        pthread_join(t, nullptr);
    }
}
void context_switch(long n) {
    // Two processes that do nothing but yield to each other: each operation is one switch.
    int done[2];
    CHECK(pipe(done) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        for (long i = 0; i < n / 2; i++) CHECK(sched_yield() == 0);
        _exit(0);
    }
    start();
    for (long i = 0; i < n / 2; i++) CHECK(sched_yield() == 0);
    uint64_t end = ticks();
    reap(pid);
    close(done[0]);
    close(done[1]);
    g_start += ticks() - end;
}
void pipe_latency(long n) {
    int there[2], back[2];
    CHECK(pipe(there) == 0 && pipe(back) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    char c = 'x';
    if (pid == 0) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1) CHECK(write(back[1], &c, 1) == 1);
        _exit(0);
    }
    start();
    for (long i = 0; i < n; i++) {
        CHECK(write(there[1], &c, 1) == 1);
        CHECK(read(back[0], &c, 1) == 1);
    }
    uint64_t end = ticks();
    for (int fd : {there[0], there[1], back[0], back[1]}) close(fd);
    reap(pid);
    g_start += ticks() - end;
}
void pipe_bandwidth(long n) {
    // An operation moves 64 KiB from one process to another.
    int p[2];
    CHECK(pipe(p) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(p[0]);
        for (long i = 0; i < n; i++) {
            size_t done = 0;
            while (done < 65536) {
                ssize_t w = write(p[1], g_buffer, 65536 - done);
                CHECK(w > 0);
                done += static_cast<size_t>(w);
            }
        }
        _exit(0);
    }
    close(p[1]);
    start();
    while (read(p[0], g_buffer, 65536) > 0) {}
    uint64_t end = ticks();
    close(p[0]);
    reap(pid);
    g_start += ticks() - end;
}
void unix_latency(long n) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    char c = 'x';
    if (pid == 0) {
        close(pair[0]);
        while (read(pair[1], &c, 1) == 1) CHECK(write(pair[1], &c, 1) == 1);
        _exit(0);
    }
    close(pair[1]);
    start();
    for (long i = 0; i < n; i++) {
        CHECK(write(pair[0], &c, 1) == 1);
        CHECK(read(pair[0], &c, 1) == 1);
    }
    uint64_t end = ticks();
    close(pair[0]);
    reap(pid);
    g_start += ticks() - end;
}
void unix_bandwidth(long n) {
    // As pipe_bandwidth.
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(pair[0]);
        for (long i = 0; i < n; i++) CHECK(write(pair[1], g_buffer, 65536) == 65536);
        _exit(0);
    }
    close(pair[1]);
    start();
    while (read(pair[0], g_buffer, 65536) > 0) {}
    uint64_t end = ticks();
    close(pair[0]);
    reap(pid);
    g_start += ticks() - end;
}
void on_signal(int) {}
void signal_install(long n) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    for (long i = 0; i < n; i++) CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
}
void signal_delivery(long n) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
    pid_t self = getpid();
    start();
    for (long i = 0; i < n; i++) CHECK(kill(self, SIGUSR1) == 0);
}
void page_fault(long n) {
    size_t size = static_cast<size_t>(n) * 4096;
    char* p = static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(p != MAP_FAILED);
    madvise(p, size, MADV_NOHUGEPAGE);
    start();
    for (long i = 0; i < n; i++) p[i * 4096] = 1;
    uint64_t end = ticks();
    munmap(p, size);
    g_start += ticks() - end;
}
void mmap_munmap(long n) {
    for (long i = 0; i < n; i++) {
        void* p = mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(p != MAP_FAILED);
        CHECK(munmap(p, 65536) == 0);
    }
}
void mmap_touch_munmap(long n) {
    for (long i = 0; i < n; i++) {
        char* p = static_cast<char*>(mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        CHECK(p != MAP_FAILED);
        for (int k = 0; k < 16; k++) p[k * 4096] = 1;
        CHECK(munmap(p, 65536) == 0);
    }
}
void mprotect_page(long n) {
    char* p = static_cast<char*>(mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(p != MAP_FAILED);
    p[8192] = 1;
    start();
    for (long i = 0; i < n; i++) CHECK(mprotect(p + 8192, 4096, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ) == 0);
    uint64_t end = ticks();
    munmap(p, 65536);
    g_start += ticks() - end;
}
long futex(uint32_t* word, int op, uint32_t value) { return syscall(SYS_futex, word, op, value, nullptr, nullptr, 0); }
void futex_wake(long n) {
    uint32_t word = 0;
    for (long i = 0; i < n; i++) CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1) == 0);
}
struct PingPong {
    uint32_t turn;
    long n;
};
void* futex_partner(void* p) {
    auto* g = static_cast<PingPong*>(p);
    for (long i = 0; i < g->n; i++) {
        while (__atomic_load_n(&g->turn, __ATOMIC_ACQUIRE) != 1) futex(&g->turn, FUTEX_WAIT_PRIVATE, 0);
        __atomic_store_n(&g->turn, 0, __ATOMIC_RELEASE);
        futex(&g->turn, FUTEX_WAKE_PRIVATE, 1);
    }
    return nullptr;
}
void futex_ping_pong(long n) {
    PingPong g{0, n};
    pthread_t t;
    CHECK(pthread_create(&t, nullptr, futex_partner, &g) == 0);
    start();
    for (long i = 0; i < n; i++) {
        __atomic_store_n(&g.turn, 1, __ATOMIC_RELEASE);
        futex(&g.turn, FUTEX_WAKE_PRIVATE, 1);
        while (__atomic_load_n(&g.turn, __ATOMIC_ACQUIRE) != 0) futex(&g.turn, FUTEX_WAIT_PRIVATE, 1);
    }
    uint64_t end = ticks();
    pthread_join(t, nullptr);
    g_start += ticks() - end;
}

struct Row {
    const char* name;
    const char* what;
    long operations;
    void (*run)(long);
    bool bandwidth = false;  // moves bytes by `rep` instructions: compared by wall clock only
};
constexpr Row kRows[] = {
    {"null-call", "getppid()", 20000, null_call},
    {"read-zero-1", "read 1 byte of /dev/zero", 10000, read_zero_1},
    {"read-zero-4k", "read 4 KiB of /dev/zero", 5000, read_zero_4k, true},
    {"write-null-1", "write 1 byte to /dev/null", 10000, write_null_1},
    {"write-null-4k", "write 4 KiB to /dev/null", 10000, write_null_4k},
    {"stat", "stat() of a file in tmpfs", 10000, stat_file},
    {"fstat", "fstat() of the same", 10000, fstat_file},
    {"open-close", "open() and close() of the same", 5000, open_close},
    {"create-unlink", "create and remove a file in tmpfs", 2000, create_unlink},
    {"read-tmpfs-4k", "read 4 KiB of a file in tmpfs", 5000, file_read_4k},
    {"read-tmpfs-64k", "read 64 KiB of a file in tmpfs", 1000, file_read_64k, true},
    {"fork-exit", "fork, exit, wait", 300, fork_exit},
    {"fork-exec", "fork, exec a static program, wait", 150, fork_exec},
    {"thread-create", "create and join a thread", 500, thread_create},
    {"context-switch", "sched_yield() between two processes", 10000, context_switch},
    {"pipe-latency", "a byte to another process and back", 3000, pipe_latency},
    {"pipe-bandwidth", "64 KiB through a pipe", 300, pipe_bandwidth, true},
    {"unix-latency", "the same through a stream socket", 3000, unix_latency},
    {"unix-bandwidth", "64 KiB through a stream socket", 300, unix_bandwidth, true},
    {"signal-install", "sigaction()", 10000, signal_install},
    {"signal-delivery", "kill() to oneself, handled", 5000, signal_delivery},
    {"page-fault", "first write to an anonymous page", 4000, page_fault},
    {"mmap-munmap", "map and unmap 64 KiB", 5000, mmap_munmap},
    {"mmap-touch", "map, touch and unmap 64 KiB", 500, mmap_touch_munmap},
    {"mprotect", "change the protection of a page", 5000, mprotect_page},
    {"futex-wake", "FUTEX_WAKE with nobody waiting", 10000, futex_wake},
    {"futex-ping-pong", "a turn to another thread and back", 3000, futex_ping_pong},
};

void measure(const Row& row, long scale) {
    long n = row.operations * scale;
    row.run(n / 20 + 2);  // warm-up: caches, lazily made tables
    start();
    row.run(n);
    uint64_t end = ticks();
    printf("row %s %ld %llu\n", row.name, n, static_cast<unsigned long long>(end - g_start));
    fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    uint64_t boot = ticks();
    long scale = 1;
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "--nothing") == 0) return 0;
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (const Row& row : kRows) printf("%s\t%s\t%d\n", row.name, row.what, row.bandwidth);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--scale") == 0) {
        scale = atol(argv[2]);
        first = 3;
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0) {
        printf("boot %llu\n", static_cast<unsigned long long>(boot));
        printf("memory %llu\n", static_cast<unsigned long long>(info.freeram) * info.mem_unit);
    }
    fflush(stdout);
    memset(g_buffer, 'b', sizeof(g_buffer));
    for (const Row& row : kRows) {
        bool wanted = first >= argc;
        for (int i = first; i < argc; i++) wanted |= strcmp(argv[i], row.name) == 0;
        if (wanted) measure(row, scale);
    }
    return 0;
}
