// Rows: epoll and eventfd.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <vector>

#include "bench.h"

namespace bench {
namespace {

// One of the watched descriptors is ready, and stays so.
void epoll_among(long n, int count) {
    int set = epoll_create1(0);
    CHECK(set >= 0);
    std::vector<int> watched;
    for (int i = 0; i < count; i++) {
        int fd = eventfd(i == count / 2 ? 1 : 0, 0);
        CHECK(fd >= 0);
        epoll_event event = {EPOLLIN, {.fd = fd}};
        CHECK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
        watched.push_back(fd);
    }
    epoll_event ready[16];
    start();
    for (long i = 0; i < n; i++) CHECK(epoll_wait(set, ready, 16, -1) == 1);
    Uncounted ending;
    for (int fd : watched) close(fd);
    close(set);
}
void epoll_1(long n) { epoll_among(n, 1); }
void epoll_100(long n) { epoll_among(n, 100); }
void epoll_1000(long n) { epoll_among(n, 1000); }

void eventfd_ping_pong(long n) {
    int there = eventfd(0, 0), back = eventfd(0, 0);
    CHECK(there >= 0 && back >= 0);
    uint64_t one = 1, got;
    pid_t pid = child([&] {
        for (long i = 0; i < n; i++) {
            read_all(there, &got, sizeof(got));
            write_all(back, &one, sizeof(one));
        }
    });
    start();
    for (long i = 0; i < n; i++) {
        write_all(there, &one, sizeof(one));
        read_all(back, &got, sizeof(got));
    }
    Uncounted ending;
    reap(pid);
    close(there);
    close(back);
}

constexpr Row kRows[] = {
    {"epoll-1", "epoll_wait(), one descriptor, ready", 5000, epoll_1},
    {"epoll-100", "one of 100 ready", 5000, epoll_100},
    {"epoll-1000", "one of 1000 ready", 5000, epoll_1000},
    {"eventfd", "an event to another process and back", 3000, eventfd_ping_pong},
};

}  // namespace
constinit const std::span<const Row> kEventRows = kRows;
}  // namespace bench
