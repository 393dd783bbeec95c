// epoll: level, edge, one-shot, exclusive, nesting, closed files, masks, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <csignal>
#include <ctime>
#include <thread>

static void wait_and_show(const char* what, int set, int timeout = 0) {
    epoll_event events[8];
    int count = epoll_wait(set, events, 8, timeout);
    say("%s: %d%s%s", what, count, count < 0 ? " " : "", count < 0 ? strerrorname_np(errno) : "");
    for (int i = 0; i < count; i++) say(" [%x %lu]", events[i].events, static_cast<unsigned long>(events[i].data.u64));
    say("\n");
}

static int control(int set, int op, int fd, unsigned events, unsigned long data) {
    epoll_event event = {};
    event.events = events;
    event.data.u64 = data;
    return epoll_ctl(set, op, fd, &event);
}

static void levels_and_edges() {
    int ends[2], set = epoll_create1(EPOLL_CLOEXEC);
    char buffer[100];
    SHOW(fcntl(set, F_GETFD));
    SHOW(pipe(ends));
    SHOW(control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1));
    SHOW(control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1));
    SHOW(control(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET, 2));
    wait_and_show("writable once", set);
    wait_and_show("then not", set);
    SHOW(write(ends[1], "abc", 3));
    wait_and_show("level", set);
    wait_and_show("level again", set);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 3));
    wait_and_show("edge after mod", set);
    wait_and_show("edge gone", set);
    SHOW(write(ends[1], "d", 1));
    wait_and_show("new edge", set);
    SHOW(read(ends[0], buffer, sizeof buffer));
    wait_and_show("empty", set);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 4));
    SHOW(write(ends[1], "e", 1));
    wait_and_show("one shot", set);
    SHOW(write(ends[1], "f", 1));
    wait_and_show("disarmed", set);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 5));
    wait_and_show("armed", set);
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], nullptr));
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], nullptr));
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN, 5));
    SHOW(close(ends[0]));
    wait_and_show("reader gone", set);
    SHOW(close(ends[1]));
    wait_and_show("closed", set);
    close(set);
}

static void hang_up_and_duplicates() {
    int ends[2], set = epoll_create(1);
    SHOW(fcntl(set, F_GETFD));
    SHOW(pipe(ends));
    SHOW(control(set, EPOLL_CTL_ADD, ends[0], 0, 1));
    wait_and_show("nothing asked", set);
    int copy = dup(ends[0]);
    SHOW(control(set, EPOLL_CTL_ADD, copy, EPOLLIN, 2));
    SHOW(close(ends[1]));
    wait_and_show("hang-up is always told", set);
    // The description lives on in the copy: the first item stays although its number is closed.
    SHOW(close(ends[0]));
    wait_and_show("number closed", set);
    SHOW(close(copy));
    wait_and_show("description closed", set);
    close(set);
}

static void errors() {
    epoll_event event = {};
    int set = epoll_create1(0), other = epoll_create1(0), file = open("file", O_RDWR | O_CREAT, 0600);
    int counter = eventfd(0, 0);
    SHOW(epoll_create(0));
    SHOW(epoll_create(-1));
    SHOW(epoll_create1(1));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, file, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, set, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, 99, &event));
    SHOW(epoll_ctl(99, EPOLL_CTL_ADD, set, &event));
    SHOW(epoll_ctl(counter, EPOLL_CTL_ADD, set, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, counter, nullptr));
    SHOW(epoll_ctl(set, 9, counter, &event));
    SHOW(epoll_wait(set, &event, 0, 0));
    SHOW(epoll_wait(set, &event, -1, 0));
    SHOW(epoll_wait(counter, &event, 1, 0));
    SHOW(epoll_wait(99, &event, 1, 0));
    SHOW(control(set, EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0));
    SHOW(control(set, EPOLL_CTL_MOD, counter, EPOLLIN | EPOLLEXCLUSIVE, 0));
    SHOW(control(set, EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLEXCLUSIVE, 0));
    SHOW(control(set, EPOLL_CTL_MOD, counter, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_ADD, other, EPOLLIN, 0));
    SHOW(control(other, EPOLL_CTL_ADD, set, EPOLLIN, 0));
    SHOW(eventfd_write(counter, 1));
    SHOW(epoll_wait(set, reinterpret_cast<epoll_event*>(8), 1, 0));
    SHOW(epoll_pwait(set, &event, 1, 0, nullptr));
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 0, &event, 7));
    close(set), close(other), close(file), close(counter);
}

static void nested() {
    int inner = epoll_create1(0), outer = epoll_create1(0), counter = eventfd(0, EFD_NONBLOCK);
    SHOW(control(inner, EPOLL_CTL_ADD, counter, EPOLLIN, 7));
    SHOW(control(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 8));
    wait_and_show("outer, nothing", outer);
    SHOW(eventfd_write(counter, 3));
    wait_and_show("outer", outer);
    wait_and_show("inner", inner);
    pollfd p = {inner, POLLIN, 0};
    SHOW(poll(&p, 1, 0));
    say("%x\n", p.revents);
    eventfd_t value;
    SHOW(eventfd_read(counter, &value));
    SHOW(poll(&p, 1, 0));
    // A chain may not be longer than five.
    int chain[8];
    for (int& e : chain) e = epoll_create1(0);
    for (int i = 0; i + 1 < 8; i++)
        say("%d ", control(chain[i + 1], EPOLL_CTL_ADD, chain[i], EPOLLIN, 0) == 0 ? 0 : errno);
    say("\n");
    for (int e : chain) close(e);
    close(inner), close(outer), close(counter);
}

static void waiting() {
    int set = epoll_create1(0), counter = eventfd(0, 0);
    SHOW(control(set, EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLET, 1));
    timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    wait_and_show("time-out", set, 30);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    say("waited long enough: %d\n", ms >= 30);
    std::thread writer([&] {
        usleep(20000);
        eventfd_write(counter, 1);
    });
    wait_and_show("woken", set, 10000);
    writer.join();
    static volatile int caught;
    struct sigaction action = {};
    action.sa_handler = [](int) { caught = caught + 1; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    raise(SIGALRM);
    epoll_event event;
    SHOW(epoll_pwait(set, &event, 1, 0, &none));
    SHOW(caught);
    SHOW(epoll_pwait(set, &event, 1, 10000, &none));
    SHOW(caught);
    sigset_t now;
    sigprocmask(SIG_SETMASK, nullptr, &now);
    SHOW(sigismember(&now, SIGALRM));
    timespec little = {0, 1000000}, wrong = {0, 1000000000};
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &little, nullptr, 0));
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &wrong, nullptr, 0));
    close(set), close(counter);
}

int main() {
    levels_and_edges();
    hang_up_and_duplicates();
    errors();
    nested();
    waiting();
    return 0;
}
