// timerfd_create, timerfd_settime, timerfd_gettime, and reading and polling the descriptor.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <csignal>
#include <ctime>

static long create(long clock, long flags) { return syscall(SYS_timerfd_create, clock, flags); }
static long set(int fd, int flags, const itimerspec* t, itimerspec* old) {
    return syscall(SYS_timerfd_settime, fd, flags, t, old);
}
static long get(int fd, itimerspec* t) { return syscall(SYS_timerfd_gettime, fd, t); }
static long long now(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static timespec at(long long ns) { return {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)}; }
static int ready(int fd, int ms) {
    pollfd p = {fd, POLLIN | POLLOUT, 0};
    int n = poll(&p, 1, ms);
    say("poll %d %x\n", n, p.revents);
    return p.revents;
}

int main() {
    itimerspec t = {}, old = {};
    unsigned long long count = 77;
    for (long clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID,
                       CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, 77, -1}) {
        say("clock %ld\n", clock);
        long fd = SHOW(create(clock, 0));
        if (fd >= 0) close(static_cast<int>(fd));
    }
    SHOW(create(CLOCK_MONOTONIC, 1));
    SHOW(create(CLOCK_MONOTONIC, ~0));
    int fd = static_cast<int>(SHOW(create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
    char link[64] = {};
    std::string path = "/proc/self/fd/" + std::to_string(fd);
    SHOW(readlink(path.c_str(), link, sizeof link - 1));
    say("%s\n", link);
    SHOW(read(fd, &count, 8));
    SHOW(read(fd, &count, 4));
    SHOW(write(fd, &count, 8));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(pread(fd, &count, 8, 0));
    ready(fd, 0);

    SHOW(set(fd, 0, nullptr, nullptr));
    SHOW(set(fd, 4, &t, nullptr));
    SHOW(set(99, 0, &t, nullptr));
    SHOW(set(1, 0, &t, nullptr));
    SHOW(set(fd, 0, reinterpret_cast<itimerspec*>(8), nullptr));
    SHOW(get(fd, nullptr));
    SHOW(get(99, &t));
    SHOW(get(1, &t));
    for (timespec bad : {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1000000000}}) {
        t = {{0, 0}, bad};
        SHOW(set(fd, 0, &t, nullptr));
        t = {bad, {1, 0}};
        SHOW(set(fd, 0, &t, nullptr));
        SHOW(set(99, 0, &t, nullptr));
    }

    t = {{7, 8}, {100, 0}};
    SHOW(set(fd, 0, &t, &old));
    say("%ld %ld %ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);
    SHOW(get(fd, &old));
    say("%d %ld %ld\n", old.it_value.tv_sec == 99, old.it_interval.tv_sec, old.it_interval.tv_nsec);
    ready(fd, 0);
    t = {};
    SHOW(set(fd, 0, &t, &old));
    say("%d %ld %ld\n", old.it_value.tv_sec == 99, old.it_interval.tv_sec, old.it_interval.tv_nsec);
    SHOW(get(fd, &old));
    say("%ld %ld %ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);
    t = {{3, 0}, {0, 0}};
    SHOW(set(fd, 0, &t, nullptr));
    SHOW(get(fd, &old));
    say("%ld %ld %ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);

    // Once.
    t = {{0, 0}, at(10000000)};
    SHOW(set(fd, 0, &t, nullptr));
    SHOW(ready(fd, 5000) == POLLIN);
    SHOW(read(fd, &count, 8));
    say("count %llu\n", count);
    SHOW(read(fd, &count, 8));
    SHOW(get(fd, &old));
    say("%ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec);
    // A setting forgets what was not read.
    t = {{0, 0}, at(1)};
    SHOW(set(fd, 0, &t, nullptr));
    SHOW(ready(fd, 5000) == POLLIN);
    t = {};
    SHOW(set(fd, 0, &t, nullptr));
    ready(fd, 0);
    SHOW(read(fd, &count, 8));

    // Periods count up until they are read, an absolute time that has passed too.
    t = {at(5000000), at(5000000)};
    long long start = now(CLOCK_MONOTONIC);
    SHOW(set(fd, 0, &t, nullptr));
    usleep(52000);
    SHOW(read(fd, &count, 8));
    long long passed = (now(CLOCK_MONOTONIC) - start) / 5000000;
    SHOW(count >= 10 && static_cast<long long>(count) <= passed);
    SHOW(ready(fd, 5000) == POLLIN);
    SHOW(get(fd, &old));
    say("%d %ld\n", old.it_value.tv_sec == 0 && old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 5000000,
        old.it_interval.tv_nsec);
    int past = static_cast<int>(create(CLOCK_REALTIME, 0));
    t = {at(1000000000), at(now(CLOCK_REALTIME) - 3500000000)};
    SHOW(set(past, TFD_TIMER_ABSTIME, &t, nullptr));
    SHOW(ready(past, 5000) == POLLIN);
    SHOW(read(past, &count, 8));
    say("count %llu\n", count);
    close(past);
    t = {};
    set(fd, 0, &t, nullptr);

    // epoll tells of it, by edge too.
    int epoll = epoll_create1(0);
    epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 5}};
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    SHOW(epoll_wait(epoll, &event, 1, 0));
    t = {{0, 0}, at(5000000)};
    set(fd, 0, &t, nullptr);
    SHOW(epoll_wait(epoll, &event, 1, 5000));
    SHOW(epoll_wait(epoll, &event, 1, 0));
    set(fd, 0, &t, nullptr);
    SHOW(epoll_wait(epoll, &event, 1, 5000));
    close(epoll);

    // Waiting in read; broken off by a signal; inherited by a child.
    int blocking = static_cast<int>(create(CLOCK_REALTIME, 0));
    t = {{0, 0}, at(now(CLOCK_REALTIME) + 20000000)};
    SHOW(set(blocking, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, nullptr));
    SHOW(read(blocking, &count, 8));
    say("count %llu\n", count);
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    t = {{0, 0}, {100, 0}};
    set(blocking, 0, &t, nullptr);
    ualarm(20000, 0);
    SHOW(read(blocking, &count, 8));
    in_child("child", [&] {
        t = {{0, 0}, at(1000000)};
        SHOW(set(blocking, 0, &t, nullptr));
        return 0;
    });
    SHOW(read(blocking, &count, 8));
    say("count %llu\n", count);
    return 0;
}
