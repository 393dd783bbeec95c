// signalfd: reading signals, what they carry, changing the set, polling, fork, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <csignal>

static signalfd_siginfo info[4];

static void take(int fd, const char* what) {
    long n = read(fd, info, sizeof info);
    say("%s: %ld%s%s", what, n < 0 ? n : n / static_cast<long>(sizeof info[0]), n < 0 ? " " : "",
        n < 0 ? strerrorname_np(errno) : "");
    for (long i = 0; i < n / static_cast<long>(sizeof info[0]); i++) {
        const signalfd_siginfo& s = info[i];
        say(" [signo %u code %d from me %d uid %u status %d int %d ptr %lx]", s.ssi_signo, s.ssi_code,
            s.ssi_pid == static_cast<unsigned>(getpid()), s.ssi_uid, s.ssi_status, s.ssi_int,
            static_cast<unsigned long>(s.ssi_ptr));
    }
    say("\n");
}

int main() {
    sigset_t set;
    sigemptyset(&set);
    for (int s : {SIGUSR1, SIGUSR2, SIGCHLD, SIGRTMIN, SIGKILL}) sigaddset(&set, s);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD));
    take(fd, "nothing");
    SHOW(read(fd, info, 127));
    SHOW(write(fd, info, 128));
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    take(fd, "three sent");
    take(fd, "no more");
    sigval value;
    value.sival_ptr = reinterpret_cast<void*>(0x1234567890);
    sigqueue(getpid(), SIGRTMIN, value);
    value.sival_ptr = reinterpret_cast<void*>(0xffffffff00000002);
    sigqueue(getpid(), SIGRTMIN, value);
    pollfd p = {fd, POLLIN, 0};
    SHOW(poll(&p, 1, 0));
    say("%x\n", p.revents);
    take(fd, "queued");
    SHOW(poll(&p, 1, 0));

    int events = epoll_create1(0);
    epoll_event event = {};
    event.events = EPOLLIN;
    SHOW(epoll_ctl(events, EPOLL_CTL_ADD, fd, &event));
    SHOW(epoll_wait(events, &event, 1, 0));
    if (pid_t child = fork(); child == 0) _exit(7);
    SHOW(epoll_wait(events, &event, 1, 10000));
    take(fd, "child");
    int status;
    wait(&status);

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    SHOW(signalfd(fd, &set, 0) == fd);
    raise(SIGUSR1);
    take(fd, "not asked for");
    raise(SIGUSR2);
    take(fd, "asked for");
    sigset_t waiting;
    sigpending(&waiting);
    SHOW(sigismember(&waiting, SIGUSR1));
    SHOW(sigismember(&waiting, SIGUSR2));
    SHOW(signalfd(0, &set, 0));
    SHOW(signalfd(99, &set, 0));
    SHOW_SYS(SYS_signalfd4, -1, &set, 4, 0);
    SHOW_SYS(SYS_signalfd4, -1, &set, 8, 1);
    SHOW_SYS(SYS_signalfd4, -1, 8, 8, 0);
    return 0;
}
