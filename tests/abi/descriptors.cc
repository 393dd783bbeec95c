// dup, dup2, dup3, close, close_range: numbers, sharing, close-on-exec, limits.
#include "show.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <climits>
#include <csignal>

static void open_ones() {
    for (int fd = 0; fd < 24; ++fd) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0) say(" %d%s", fd, flags & FD_CLOEXEC ? "c" : "");
    }
    say("\n");
}

int main() {
    for (int fd = 3; fd < 24; ++fd) close(fd);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    SHOW(fd);
    SHOW(dup(fd));
    SHOW(dup(99));
    SHOW(dup(-1));
    SHOW(dup2(fd, 8));
    SHOW(dup2(fd, fd));
    SHOW(dup2(99, 99));
    SHOW(dup2(fd, -1));
    SHOW(dup2(99, 8));
    open_ones();
    SHOW(dup3(fd, 9, O_CLOEXEC));
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 10, O_NONBLOCK));
    SHOW(dup3(99, 10, 0));
    SHOW(dup3(fd, INT_MAX, 0));
    SHOW(fcntl(fd, F_DUPFD, 12));
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 12));
    SHOW(fcntl(9, F_SETFD, 0));
    // The mark belongs to the descriptor, the offset to the open file.
    SHOW(fcntl(8, F_SETFD, FD_CLOEXEC));
    open_ones();
    SHOW(write(8, "abc", 3));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(dup2(8, 9));
    open_ones();
    // dup2 over an open file closes that.
    int ends[2];
    SHOW(pipe(ends));
    SHOW(dup2(fd, ends[1]));
    char byte;
    SHOW(read(ends[0], &byte, 1));
    SHOW(close(4));
    SHOW(close(4));
    SHOW(close(-1));
    SHOW(close(INT_MAX));
    SHOW(open("file", O_RDONLY));
    open_ones();

    in_child("limit", [fd] {
        rlimit limit = {16, 16};
        setrlimit(RLIMIT_NOFILE, &limit);
        SHOW(dup2(fd, 16));
        SHOW(dup2(fd, 15));
        SHOW(fcntl(fd, F_DUPFD, 16));
        SHOW(fcntl(fd, F_DUPFD, 15));
        int last = 0;
        for (int next; (next = dup(fd)) >= 0;) last = next;
        say("%d %s\n", last, strerrorname_np(errno));
        rlimit none = {0, 16};
        setrlimit(RLIMIT_NOFILE, &none);
        SHOW(dup(fd));
        SHOW(dup(-1));
        SHOW(fcntl(-1, F_DUPFD, 10));
        SHOW(fcntl(fd, F_DUPFD, 10));
        SHOW(accept(fd, nullptr, nullptr));
        SHOW(accept(100, nullptr, nullptr));
        SHOW(accept4(100, nullptr, nullptr, 1));
        SHOW(accept4(fd, nullptr, nullptr, 1));
        open_ones();
        return 0;
    });
    in_child("close_range", [] {
        SHOW(close_range(5, 4, 0));
        SHOW(close_range(5, 10, 8));
        SHOW(close_range(10, 9000, CLOSE_RANGE_CLOEXEC));
        open_ones();
        SHOW(close_range(8, 9, 0));
        open_ones();
        SHOW(close_range(500, 600, 0));
        SHOW(close_range(3, UINT_MAX, 0));
        open_ones();
        return 0;
    });
    in_child("close_range that stops sharing", [] {
        pid_t child = static_cast<pid_t>(syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, 0));
        if (child == 0) {
            close(3);
            syscall(SYS_close_range, 8, UINT_MAX, CLOSE_RANGE_UNSHARE);
            open_ones();
            _exit(0);
        }
        waitpid(child, nullptr, 0);
        open_ones();
        return 0;
    });
    return 0;
}
