// Uses up one thing until there is no more of it, and says how that ended: for tests/system/exhaustion.py.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* what, long count) {
    printf("%s: %s after %s\n", what, strerrorname_np(errno), count > 0 ? "some" : "none");
}

// Private memory, touched page by page: only the OOM killer ends this.
static int memory(void) {
    for (;;) {
        char* p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return say("memory", 1), 0;
        memset(p, 1, 1 << 20);
    }
}

// Page tables: one page touched in each 2 MiB.
static int tables(void) {
    for (;;) {
        char* p = mmap(NULL, 1ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) return say("tables", 1), 0;
        for (size_t at = 0; at < 1ul << 30; at += 2 << 20) p[at] = 1;
    }
}

// The kernel's memory on behalf of a process: full pipes and sockets, until there are no descriptors or no memory.
static int buffers(void) {
    static char bytes[65536];
    struct rlimit most = {1 << 16, 1 << 16};
    setrlimit(RLIMIT_NOFILE, &most);
    for (long n = 0;; n++) {
        int fds[2];
        if ((n % 2 == 0 ? pipe2(fds, O_NONBLOCK) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds)) != 0)
            return say("buffers", n), 0;
        while (write(fds[1], bytes, sizeof(bytes)) > 0) {}
    }
}

static int descriptors(void) {
    for (long n = 0;; n++)
        if (dup(0) < 0) return say("descriptors", n), 0;
}

// Open files of many processes: the system's limit comes before a process's own.
static int files(void) {
    struct rlimit most = {1 << 16, 1 << 16};
    setrlimit(RLIMIT_NOFILE, &most);
    for (long n = 0;; n++)
        if (epoll_create1(0) < 0) return say("files", n), 0;
}

static void* wait_for_ever(void* unused) {
    pause();
    return unused;
}
static int threads(long most) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    for (long n = 0; n < most; n++) {
        pthread_t thread;
        errno = pthread_create(&thread, &attributes, wait_for_ever, NULL);
        if (errno != 0) return say("threads", n), 0;
    }
    printf("threads: as many as wanted\n");
    return 0;
}

// Every child makes children, under RLIMIT_NPROC of a user who has nothing else.
static int forks(void) {
    struct rlimit most = {100, 100};
    setrlimit(RLIMIT_NPROC, &most);
    if (setuid(12345) != 0) return 1;
    const pid_t group = getpid();
    setpgid(0, 0);
    alarm(4);
    for (;;) {
        const pid_t child = fork();
        if (child < 0 && errno == EAGAIN) {
            if (getpid() == group) {
                say("forks", 1);
                fflush(stdout);
                signal(SIGTERM, SIG_IGN);
                kill(-group, SIGKILL);
            }
            pause();
        }
    }
}

static volatile int depth;
static void nest(int signo) {
    depth++;
    raise(signo);
}
// A handler that is interrupted by its own signal until the stack ends.
static int signals(void) {
    struct sigaction action = {.sa_handler = nest, .sa_flags = SA_NODEFER};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return 1;
}

static int fill(const char* path) {
    static char bytes[65536];
    const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (fd < 0) return say("fill", 0), 1;
    long n = 0;
    while (write(fd, bytes, sizeof(bytes)) > 0) n++;
    return say("fill", n), 0;
}

// Writes into a mapping beyond what the file system has room for: SIGBUS.
static int map_file(const char* path) {
    const int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, 1 << 28) != 0) return 1;
    char* p = mmap(NULL, 1 << 28, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) return 1;
    for (size_t at = 0; at < 1 << 28; at += 4096) p[at] = 1;
    return 1;
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "memory")) return memory();
    if (!strcmp(what, "tables")) return tables();
    if (!strcmp(what, "buffers")) return buffers();
    if (!strcmp(what, "descriptors")) return descriptors();
    if (!strcmp(what, "files")) return files();
    if (!strcmp(what, "threads")) return threads(argc > 2 ? atol(argv[2]) : 100000);
    if (!strcmp(what, "forks")) return forks();
    if (!strcmp(what, "signals")) return signals();
    if (!strcmp(what, "fill")) return fill(argv[2]);
    if (!strcmp(what, "map")) return map_file(argv[2]);
    fprintf(stderr,
            "exhaust: memory | tables | buffers | descriptors | files | threads [N] | forks | signals |"
            " fill FILE | map FILE\n");
    return 2;
}
