// Rows: UNIX sockets, and many processes that talk over them.
#include <sys/socket.h>

#include "bench.h"

namespace bench {
namespace {

void latency(long n, int type) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
    char c = 'x';
    pid_t pid = child([&] {
        close(pair[0]);
        for (long i = 0; i < n; i++) {
            CHECK(read(pair[1], &c, 1) == 1);
            CHECK(write(pair[1], &c, 1) == 1);
        }
    });
    close(pair[1]);
    start();
    for (long i = 0; i < n; i++) {
        CHECK(write(pair[0], &c, 1) == 1);
        CHECK(read(pair[0], &c, 1) == 1);
    }
    Uncounted ending;
    close(pair[0]);
    reap(pid);
}
// As pipe_bandwidth.
void bandwidth(long n, int type) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
    pid_t pid = child([&] {
        close(pair[0]);
        for (long i = 0; i < n; i++) CHECK(write(pair[1], g_buffer, 65536) == 65536);
    });
    close(pair[1]);
    start();
    for (long left = n * 65536; left > 0;) {
        ssize_t got = read(pair[0], g_buffer, 65536);
        CHECK(got > 0);
        left -= got;
    }
    Uncounted ending;
    close(pair[0]);
    reap(pid);
}
void stream_latency(long n) { latency(n, SOCK_STREAM); }
void stream_bandwidth(long n) { bandwidth(n, SOCK_STREAM); }
void datagram_latency(long n) { latency(n, SOCK_DGRAM); }
void datagram_bandwidth(long n) { bandwidth(n, SOCK_DGRAM); }

// ---- Groups of senders and receivers, as hackbench has them: each sender writes to each receiver of its group ------

constexpr int kGroups = 2, kSenders = 5, kReceivers = 5, kMessage = 100;

struct Channel {
    int in, out;
};
void group(long messages_each, Channel (*open_channel)(), pid_t* pids) {
    Channel channels[kReceivers];
    for (Channel& c : channels) c = open_channel();
    for (Channel& c : channels) {
        *pids++ = child([&] {
            for (long i = 0; i < messages_each * kSenders; i++) read_all(c.out, g_buffer, kMessage);
        });
    }
    for (int s = 0; s < kSenders; s++) {
        *pids++ = child([&] {
            for (long i = 0; i < messages_each; i++)
                for (Channel& c : channels) write_all(c.in, g_buffer, kMessage);
        });
    }
    for (Channel& c : channels) {
        close(c.in);
        close(c.out);
    }
}
void groups(long n, Channel (*open_channel)()) {
    pid_t pids[kGroups][kSenders + kReceivers];
    start();
    for (auto& of_group : pids) group(n / (kGroups * kSenders * kReceivers), open_channel, of_group);
    for (auto& of_group : pids)
        for (pid_t pid : of_group) reap(pid);
}
void groups_over_pipes(long n) {
    groups(n, [] {
        int p[2];
        CHECK(pipe(p) == 0);
        return Channel{p[1], p[0]};
    });
}
void groups_over_sockets(long n) {
    groups(n, [] {
        int p[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
        return Channel{p[0], p[1]};
    });
}

constexpr Row kRows[] = {
    {"unix-latency", "a byte through a stream socket and back", 3000, stream_latency},
    {"unix-bandwidth", "64 KiB through a stream socket", 300, stream_bandwidth, By::kWallClock},
    {"dgram-latency", "a byte through a datagram socket and back", 3000, datagram_latency},
    {"dgram-bandwidth", "datagrams of 64 KiB", 300, datagram_bandwidth, By::kWallClock},
    {"groups-pipe", "100 bytes among 10 senders, 10 receivers: pipes", 10000, groups_over_pipes},
    {"groups-unix", "the same over stream sockets", 10000, groups_over_sockets},
};

}  // namespace
constinit const std::span<const Row> kSocketRows = kRows;
}  // namespace bench
