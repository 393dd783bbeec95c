// Rows: pipes and pseudo-terminals.
#include <pty.h>

#include "bench.h"

#include <initializer_list>

namespace bench {
namespace {

void pipe_latency(long n) {
    int there[2], back[2];
    CHECK(pipe(there) == 0 && pipe(back) == 0);
    char c = 'x';
    pid_t pid = child([&] {
        close(there[1]);
        while (read(there[0], &c, 1) == 1) CHECK(write(back[1], &c, 1) == 1);
    });
    start();
    for (long i = 0; i < n; i++) {
        CHECK(write(there[1], &c, 1) == 1);
        CHECK(read(back[0], &c, 1) == 1);
    }
    Uncounted ending;
    for (int fd : {there[0], there[1], back[0], back[1]}) close(fd);
    reap(pid);
}
void pipe_bandwidth(long n) {
    // An operation moves 64 KiB from one process to another.
    int p[2];
    CHECK(pipe(p) == 0);
    pid_t pid = child([&] {
        close(p[0]);
        for (long i = 0; i < n; i++) write_all(p[1], g_buffer, 65536);
    });
    close(p[1]);
    start();
    while (read(p[0], g_buffer, 65536) > 0) {}
    Uncounted ending;
    close(p[0]);
    reap(pid);
}
// A line is typed at the master; it comes back as the echo, and to the reader of the terminal.
void pty_echo(long n) {
    int master, terminal;
    CHECK(openpty(&master, &terminal, nullptr, nullptr, nullptr) == 0);
    char line[8];
    start();
    for (long i = 0; i < n; i++) {
        write_all(master, "ls\n", 3);
        read_all(master, line, 4);
        CHECK(read(terminal, line, sizeof(line)) == 3);
    }
    Uncounted ending;
    close(terminal);
    close(master);
}

constexpr Row kRows[] = {
    {"pipe-latency", "a byte to another process and back", 3000, pipe_latency, By::kInstructions, true},
    {"pipe-bandwidth", "64 KiB through a pipe", 300, pipe_bandwidth, By::kWallClock},
    {"pty-echo", "a line typed at a terminal, echoed and read", 2000, pty_echo},
};

}  // namespace
constinit const std::span<const Row> kPipeRows = kRows;
}  // namespace bench
