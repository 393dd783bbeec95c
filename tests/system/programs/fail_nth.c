// Does each of a list of things again and again, the first, second, third ... allocation in it failing, until it is
// done without: every call must work or give an error. For tests/system/exhaustion.py; needs /proc/self/fail-nth.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static int control;  // /proc/thread-self/fail-nth

static void arm(unsigned nth) {
    char text[16];
    const int n = snprintf(text, sizeof(text), "%u", nth);
    if (pwrite(control, text, n, 0) != n) abort();
}
// How many allocations are still to come; the fault is armed no longer.
static unsigned disarm(void) {
    char text[16] = "";
    if (pread(control, text, sizeof(text) - 1, 0) <= 0) abort();
    arm(0);
    return atoi(text);
}

// Each gives 0 or what went wrong. What it made it takes away again.
static int check(long result) { return result < 0 ? errno : 0; }

static int do_pipe(void) {
    int fds[2];
    if (pipe(fds) != 0) return errno;
    const int error = check(write(fds[1], "hello", 5));
    close(fds[0]);
    close(fds[1]);
    return error;
}
static int do_socket(void) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return errno;
    char bytes[8];
    int error = check(write(fds[0], "hello", 5));
    if (error == 0) error = check(read(fds[1], bytes, sizeof(bytes)));
    close(fds[0]);
    close(fds[1]);
    return error;
}
static int do_bound_socket(void) {
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int error = check(bind(fd, (struct sockaddr*)&name, sizeof(name)));
    if (error == 0) error = check(sendto(fd, "hello", 5, 0, (struct sockaddr*)&name, sizeof(name)));
    close(fd);
    unlink("socket");
    return error;
}
static int do_file(void) {
    const int fd = open("file", O_CREAT | O_RDWR, 0600);
    if (fd < 0) return errno;
    int error = check(write(fd, "hello", 5));
    if (error == 0) error = check(ftruncate(fd, 100000));
    if (error == 0) error = check(fsetxattr(fd, "user.name", "value", 5, 0));
    close(fd);
    unlink("file");
    return error;
}
static int do_folder(void) {
    if (mkdir("folder", 0700) != 0) return errno;
    int error = check(symlink("target-of-some-length-that-needs-memory", "folder/link"));
    if (error == 0) error = check(rename("folder/link", "folder/other"));
    if (error == 0) error = check(access("folder/other/x", F_OK)) == ENOMEM ? ENOMEM : 0;
    unlink("folder/link");
    unlink("folder/other");
    rmdir("folder");
    return error;
}
static int do_map(void) {
    char* p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return errno;
    p[5000] = 1;  // a fault that fails is repeated
    int error = check(mprotect(p + 8192, 4096, PROT_READ));
    if (error == 0) error = check(madvise(p, 4096, MADV_DONTFORK));
    if (error == 0) {
        char* q = mremap(p + (1 << 19), 1 << 18, 1 << 21, MREMAP_MAYMOVE);
        if (q == MAP_FAILED) error = errno;
        if (q != MAP_FAILED) munmap(q, 1 << 21);
    }
    while (munmap(p, 1 << 20) != 0) {  // cutting a mapping may need memory
        if (errno != ENOMEM) return errno;
        error = ENOMEM;
    }
    return error;
}
static int do_shared_map(void) {
    char* p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return errno;
    p[5000] = p[900000] = 1;
    return check(munmap(p, 1 << 20));
}
static int do_memfd(void) {
    const int fd = memfd_create("name", 0);
    if (fd < 0) return errno;
    int error = check(ftruncate(fd, 8192));
    if (error == 0) error = check(pwrite(fd, "x", 1, 5000));
    close(fd);
    return error;
}
static int do_epoll(void) {
    const int set = epoll_create1(0), event = eventfd(0, 0);
    int error = set < 0 || event < 0 ? errno : 0;
    struct epoll_event e = {.events = EPOLLIN};
    if (error == 0) error = check(epoll_ctl(set, EPOLL_CTL_ADD, event, &e));
    if (error == 0) error = check(epoll_wait(set, &e, 1, 0));
    struct pollfd fds[64];
    for (int i = 0; i < 64; i++) fds[i] = (struct pollfd){event, POLLIN, 0};
    if (error == 0) error = check(poll(fds, 64, 0));
    close(event);
    close(set);
    return error;
}
static int do_events(void) {
    sigset_t none;
    sigemptyset(&none);
    const int fds[] = {timerfd_create(CLOCK_MONOTONIC, 0), signalfd(-1, &none, 0), inotify_init()};
    int error = fds[0] < 0 || fds[1] < 0 || fds[2] < 0 ? ENOMEM : 0;
    if (error == 0) error = check(inotify_add_watch(fds[2], ".", IN_CREATE));
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
    if (error == 0) error = check(timerfd_settime(fds[0], 0, &soon, NULL));
    for (int i = 0; i < 3; i++) close(fds[i]);
    return error;
}
static void ignore(int signo) { (void)signo; }
static int do_signal(void) {
    struct sigaction action = {.sa_handler = ignore};
    int error = check(sigaction(SIGUSR1, &action, NULL));
    if (error == 0) error = check(sigqueue(getpid(), SIGUSR1, (union sigval){0}));
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    if (error == 0) {
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return errno;
        timer_delete(timer);
    }
    return error;
}
static int do_shm(void) {
    const int id = shmget(IPC_PRIVATE, 8192, 0600);
    if (id < 0) return errno;
    char* p = shmat(id, NULL, 0);
    int error = p == (void*)-1 ? errno : 0;
    shmctl(id, IPC_RMID, NULL);
    if (error == 0) p[0] = 1, shmdt(p);
    return error;
}
static int do_fork(void) {
    const pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) _exit(0);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ECHILD;
}
static void* run_thread(void* unused) { return unused; }
static int do_thread(void) {
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, run_thread, NULL);
    if (error == 0) pthread_join(thread, NULL);
    return error;
}
static int do_proc(void) {
    char bytes[4096];
    const int fd = open("/proc/self/maps", O_RDONLY);
    if (fd < 0) return errno;
    const int error = check(read(fd, bytes, sizeof(bytes)));
    close(fd);
    return error;
}

static unsigned exec_nth;
// The child arms itself: the fault strikes in exec, or in what comes after. Exit status 3: it was not reached.
static int do_exec(void) {
    const pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        const int fd = open("/proc/thread-self/fail-nth", O_RDWR);
        char text[16];
        if (pwrite(fd, text, snprintf(text, sizeof(text), "%u", exec_nth), 0) <= 0) _exit(9);
        execl("/proc/self/exe", "fail_nth", "exit", NULL);
        _exit(4);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno;
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGKILL ? ENOMEM : EFAULT;
    switch (WEXITSTATUS(status)) {
        case 3: return 0;
        case 4:    // exec failed
        case 5:    // or something before the new program could look
        case 127:  // the new program's relocation did
            return ENOMEM;
        default: return EFAULT;
    }
}

static const struct {
    const char* name;
    int (*run)(void);
} kWork[] = {{"pipe", do_pipe},
             {"socket", do_socket},
             {"bound-socket", do_bound_socket},
             {"file", do_file},
             {"folder", do_folder},
             {"map", do_map},
             {"shared-map", do_shared_map},
             {"memfd", do_memfd},
             {"epoll", do_epoll},
             {"events", do_events},
             {"signal", do_signal},
             {"shm", do_shm},
             {"fork", do_fork},
             {"thread", do_thread},
             {"proc", do_proc}};

// What an allocation that fails may lead to.
static int is_expected(int error) {
    return error == 0 || error == ENOMEM || error == EAGAIN || error == ENOSPC || error == EFAULT || error == ENOBUFS;
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "exit") == 0) {
        char text[16] = "";
        const int fd = open("/proc/thread-self/fail-nth", O_RDWR);
        if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0) return 5;
        return atoi(text) == 0 ? 5 : 3;
    }
    control = open("/proc/thread-self/fail-nth", O_RDWR);
    if (control < 0) return perror("fail-nth"), 1;
    int bad = 0;
    for (size_t i = 0; i < sizeof(kWork) / sizeof(kWork[0]); i++) {
        if (argc > 1 && strcmp(argv[1], kWork[i].name) != 0) continue;
        unsigned nth = 0, left = 0;
        int error = 0;
        do {
            arm(++nth);
            error = kWork[i].run();
            left = disarm();
            if (!is_expected(error) || (left > 0 && error != 0)) {
                printf("%s: allocation %u: %s\n", kWork[i].name, nth, strerror(error));
                bad++;
            }
        } while (left == 0 && nth < 2000);
        printf("%s: %u allocations\n", kWork[i].name, nth - 1);
    }
    int error;
    if (argc > 1 && strcmp(argv[1], "exec") != 0) return bad != 0;
    do {
        exec_nth++;
        error = do_exec();
        if (!is_expected(error) || error == EFAULT)
            printf("exec: allocation %u: %s\n", exec_nth, strerror(error)), bad++;
    } while (error != 0 && exec_nth < 2000);
    printf("exec: %u allocations\n", exec_nth - 1);
    printf("%d unexpected\n", bad);
    return bad != 0;
}
