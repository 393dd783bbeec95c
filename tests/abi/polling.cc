// poll, ppoll, select, pselect6: readiness, timeouts, masks, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <csignal>

int main() {
    int ends[2];
    SHOW(pipe(ends));
    pollfd set[4] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {-1, POLLIN, 7}, {99, POLLIN, 0}};
    SHOW(poll(set, 4, 0));
    for (const pollfd& one : set) say("%x ", one.revents);
    say("\n");
    SHOW(poll(set, 1, 10));
    SHOW(poll(nullptr, 0, 5));
    SHOW(poll(reinterpret_cast<pollfd*>(8), 1, 0));
    SHOW(write(ends[1], "x", 1));
    SHOW(poll(set, 1, -1));
    say("%x\n", set[0].revents);
    int file = open("file", O_RDWR | O_CREAT, 0600);
    pollfd regular = {file, POLLIN | POLLOUT | POLLPRI, 0};
    SHOW(poll(&regular, 1, 0));
    say("%x\n", regular.revents);

    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(ends[0], &reads);
    FD_SET(ends[1], &writes);
    timeval none = {0, 0}, little = {0, 10000};
    SHOW(select(ends[1] + 1, &reads, &writes, nullptr, &none));
    SHOW(FD_ISSET(ends[0], &reads) != 0);
    char byte;
    SHOW(read(ends[0], &byte, 1));
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    SHOW(select(ends[1] + 1, &reads, nullptr, nullptr, &little));
    SHOW(FD_ISSET(ends[0], &reads) != 0);
    FD_SET(50, &reads);
    SHOW(select(51, &reads, nullptr, nullptr, &none));
    SHOW(select(-1, nullptr, nullptr, nullptr, &none));
    timeval bad = {-1, 0};
    SHOW(select(0, nullptr, nullptr, nullptr, &bad));

    // ppoll lets a signal in that is blocked outside.
    static volatile int caught;
    signal(SIGALRM, [](int) { caught = 1; });
    sigset_t blocked, open_mask;
    sigemptyset(&open_mask);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    raise(SIGALRM);
    SHOW(caught);
    timespec second = {10, 0}, wrong = {0, -1};
    SHOW(ppoll(set, 1, &second, &open_mask));
    SHOW(caught);
    SHOW(ppoll(set, 1, &wrong, nullptr));
    raise(SIGALRM);
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    SHOW(pselect(ends[0] + 1, &reads, nullptr, nullptr, &second, &open_mask));

    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(write(ends[1], "y", 1) == 1 ? 0 : 1);
    }
    SHOW(poll(set, 1, 10000));
    waitpid(child, nullptr, 0);
    SHOW(close(ends[1]));
    SHOW(read(ends[0], &byte, 1));
    SHOW(poll(set, 1, 0));
    say("%x\n", set[0].revents);
    return 0;
}
