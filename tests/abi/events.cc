// eventfd and epoll: counters, level and edge triggering, one-shot, nested sets, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <csignal>

static void counters() {
    uint64_t value = 0;
    int fd = eventfd(3, EFD_NONBLOCK);
    SHOW(read(fd, &value, 8));
    say("value %lu\n", value);
    SHOW(read(fd, &value, 8));
    value = 5;
    SHOW(write(fd, &value, 8));
    SHOW(write(fd, &value, 8));
    SHOW(read(fd, &value, 7));
    SHOW(read(fd, &value, 8));
    say("value %lu\n", value);
    value = -1;
    SHOW(write(fd, &value, 8));
    value = -2;
    SHOW(write(fd, &value, 8));
    value = 1;
    SHOW(write(fd, &value, 8));
    pollfd one = {fd, POLLIN | POLLOUT, 0};
    SHOW(poll(&one, 1, 0));
    say("%x\n", one.revents);
    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
    SHOW(fcntl(semaphore, F_GETFD));
    for (int i = 0; i < 3; ++i) {
        SHOW(read(semaphore, &value, 8));
        say("value %lu\n", value);
    }
    SHOW(eventfd(0, 12345));
    SHOW(lseek(fd, 0, SEEK_SET));
}

static void wait(int set, int timeout = 0) {
    epoll_event events[8];
    int count = SHOW(epoll_wait(set, events, 8, timeout));
    for (int i = 0; i < count; ++i) say("  data %u events %x\n", events[i].data.u32, events[i].events);
}

int main() {
    counters();
    int ends[2];
    SHOW(pipe2(ends, O_NONBLOCK));
    int set = epoll_create1(EPOLL_CLOEXEC);
    SHOW(fcntl(set, F_GETFD));
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u32 = 1;
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ends[1], &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ends[1], nullptr));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, 99, &event));
    SHOW(epoll_ctl(99, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, set, &event));
    SHOW(epoll_ctl(set, 77, ends[0], &event));
    int file = open("file", O_RDWR | O_CREAT, 0600);
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, file, &event));
    SHOW(epoll_create(0));
    SHOW(epoll_create1(7));
    wait(set);
    wait(set, 10);
    event.events = EPOLLOUT;
    event.data.u32 = 2;
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &event));
    wait(set);
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ends[1], nullptr));
    SHOW(write(ends[1], "abc", 3));
    wait(set);
    wait(set);
    char buffer[8];
    SHOW(read(ends[0], buffer, 8));
    wait(set);
    event.events = EPOLLIN | EPOLLET;
    event.data.u32 = 3;
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
    SHOW(write(ends[1], "abc", 3));
    wait(set);
    wait(set);
    SHOW(write(ends[1], "d", 1));
    wait(set);
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u32 = 4;
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
    wait(set);
    wait(set);
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
    wait(set);
    // A set in a set, and in poll.
    int outer = epoll_create1(0);
    event.events = EPOLLIN;
    event.data.u32 = 5;
    SHOW(epoll_ctl(outer, EPOLL_CTL_ADD, set, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, outer, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
    wait(outer);
    pollfd one = {set, POLLIN, 0};
    SHOW(poll(&one, 1, 0));
    SHOW(close(ends[1]));
    wait(set);
    SHOW(close(ends[0]));
    wait(set);
    epoll_event events[2];
    SHOW(epoll_wait(set, events, 0, 0));
    SHOW(epoll_wait(set, events, -1, 0));
    SHOW(epoll_wait(file, events, 2, 0));
    SHOW(syscall(SYS_epoll_wait, set, 8, 2, 0));
    // A waiter wakes when another process writes.
    SHOW(pipe(ends));
    event.data.u32 = 6;
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    wait(set, 10000);
    waitpid(child, nullptr, 0);
    sigset_t mask;
    sigemptyset(&mask);
    SHOW(read(ends[0], buffer, 1));
    SHOW(epoll_pwait(set, events, 2, 5, &mask));
    return 0;
}
