// pipe, pipe2, dup, dup2, dup3, fcntl on pipes, SIGPIPE, O_NONBLOCK, capacity, end of file, FIFOs.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <csignal>
#include <vector>

// A FIFO's writer may be done and gone before the reader that it waited for is back from open.
void writers_that_leave() {
    int through = 0;
    for (int i = 0; i < 1000; i++) {
        pid_t child = fork();
        if (child == 0) {
            int writer = open("fifo", O_WRONLY);
            _exit(write(writer, "x", 1) == 1 ? 0 : 1);
        }
        for (volatile int turns = 0; turns < i % 97 * 200; turns = turns + 1) {}
        int reader = open("fifo", O_RDONLY);
        char c;
        through += read(reader, &c, 1) == 1 ? 1 : 0;
        close(reader);
        waitpid(child, nullptr, 0);
    }
    say("%d went through\n", through);
}

int main() {
    int ends[2];
    char buffer[70000];
    SHOW(pipe(ends));
    say("%d %d\n", ends[0], ends[1]);
    SHOW(write(ends[1], "abcdef", 6));
    int pending = 0;
    SHOW(ioctl(ends[0], FIONREAD, &pending));
    say("pending %d\n", pending);
    SHOW(read(ends[0], buffer, 4));
    SHOW(read(ends[0], buffer, 4));
    SHOW(lseek(ends[0], 0, SEEK_SET));
    SHOW(read(ends[1], buffer, 1));
    SHOW(write(ends[0], buffer, 1));
    SHOW(pread(ends[0], buffer, 1, 0));
    SHOW(pipe2(ends, 0x12345));
    SHOW(pipe(reinterpret_cast<int*>(8)));

    int fast[2];
    SHOW(pipe2(fast, O_NONBLOCK | O_CLOEXEC));
    SHOW(fcntl(fast[0], F_GETFL));
    SHOW(fcntl(fast[0], F_GETFD));
    SHOW(read(fast[0], buffer, 1));
    SHOW(fcntl(fast[0], F_GETPIPE_SZ));
    SHOW(fcntl(fast[0], F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fast[1], F_ADD_SEALS, F_SEAL_SEAL));
    long total = 0;
    for (long done; (done = write(fast[1], buffer, 4096)) > 0;) total += done;
    say("filled with %ld: %s\n", total, strerrorname_np(errno));
    pollfd poll_fd = {fast[1], POLLOUT, 0};
    SHOW(poll(&poll_fd, 1, 0));
    SHOW(read(fast[0], buffer, 4096));
    SHOW(poll(&poll_fd, 1, 0));
    say("revents %x\n", poll_fd.revents);
    SHOW(write(fast[1], buffer, 5000));
    SHOW(close(fast[1]));
    total = 0;
    for (long got; (got = read(fast[0], buffer, sizeof buffer)) > 0;) total += got;
    say("drained %ld\n", total);
    SHOW(read(fast[0], buffer, 1));

    SHOW(pipe(ends));
    signal(SIGPIPE, SIG_IGN);
    SHOW(close(ends[0]));
    SHOW(write(ends[1], "x", 1));
    signal(SIGPIPE, SIG_DFL);
    in_child("SIGPIPE", [&] { return write(ends[1], "x", 1) < 0 ? 1 : 0; });

    SHOW(dup(ends[1]));
    SHOW(dup(99));
    SHOW(dup2(ends[1], 30));
    SHOW(dup2(ends[1], ends[1]));
    SHOW(dup2(99, 31));
    SHOW(dup2(ends[1], -1));
    SHOW(dup3(ends[1], 30, O_CLOEXEC));
    SHOW(fcntl(30, F_GETFD));
    SHOW(dup3(30, 30, 0));
    SHOW(dup3(30, 31, 1));
    SHOW(fcntl(30, F_DUPFD, 40));
    SHOW(fcntl(30, F_DUPFD_CLOEXEC, 40));
    SHOW(fcntl(41, F_GETFD));
    SHOW(fcntl(40, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(40, F_GETFD));

    // A blocked reader wakes when data comes, then sees the end when the last writer is gone.
    SHOW(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        usleep(20000);
        ssize_t done = write(ends[1], "late", 4);
        _exit(done == 4 ? 0 : 1);
    }
    close(ends[1]);
    SHOW(read(ends[0], buffer, 10));
    SHOW(read(ends[0], buffer, 10));
    waitpid(child, nullptr, 0);

    // More than a pipe holds: the writer sleeps until the reader takes some.
    SHOW(pipe(ends));
    child = fork();
    if (child == 0) {
        close(ends[0]);
        std::vector<char> big(300000, 'b');
        ssize_t done = write(ends[1], big.data(), big.size());
        _exit(done == 300000 ? 0 : 1);
    }
    close(ends[1]);
    total = 0;
    for (long got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) total += got;
    int status;
    waitpid(child, &status, 0);
    say("big: %ld, exit %d\n", total, WEXITSTATUS(status));

    SHOW(mkfifo("fifo", 0600));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    int writer = open("fifo", O_WRONLY);
    SHOW(write(writer, "through", 7));
    SHOW(read(reader, buffer, 20));
    SHOW(close(writer));
    SHOW(read(reader, buffer, 20));
    poll_fd = {reader, POLLIN, 0};
    SHOW(poll(&poll_fd, 1, 0));
    say("revents %x\n", poll_fd.revents);
    close(reader);
    writers_that_leave();
    return 0;
}
