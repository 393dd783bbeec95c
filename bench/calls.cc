// Rows: system calls that do next to nothing, signals among them.
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "bench.h"

namespace bench {
namespace {

void null_call(long n) {
    for (long i = 0; i < n; i++) syscall(SYS_getppid);
}

void transfer(const char* path, int flags, size_t size, long n, bool writing) {
    int fd = open_checked(path, flags);
    start();
    for (long i = 0; i < n; i++) {
        ssize_t done = writing ? write(fd, g_buffer, size) : read(fd, g_buffer, size);
        CHECK(done == static_cast<ssize_t>(size));
    }
    Uncounted ending;
    close(fd);
}
void read_zero_1(long n) { transfer("/dev/zero", O_RDONLY, 1, n, false); }
void read_zero_4k(long n) { transfer("/dev/zero", O_RDONLY, 4096, n, false); }
void write_null_1(long n) { transfer("/dev/null", O_WRONLY, 1, n, true); }
void write_null_4k(long n) { transfer("/dev/null", O_WRONLY, 4096, n, true); }

volatile long g_signals;
void on_signal(int) { g_signals = g_signals + 1; }
void install(int signo) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    CHECK(sigaction(signo, &action, nullptr) == 0);
}
void signal_install(long n) {
    for (long i = 0; i < n; i++) install(SIGUSR1);
}
void signal_delivery(long n) {
    install(SIGUSR1);
    pid_t self = getpid();
    start();
    for (long i = 0; i < n; i++) CHECK(kill(self, SIGUSR1) == 0);
}
// Another process queues real-time signals, sixteen at a time, and waits until they were handled.
void signal_storm(long n) {
    constexpr long kBatch = 16;
    const long batches = n / kBatch;
    install(SIGRTMIN);
    int handled = eventfd(0, 0);
    CHECK(handled >= 0);
    pid_t victim = getpid();
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigdelset(&before, SIGRTMIN);
    pid_t sender = child([&] {
        for (long b = 0; b < batches; b++) {
            uint64_t go;
            CHECK(read(handled, &go, sizeof(go)) == sizeof(go));
            for (long i = 0; i < kBatch; i++) CHECK(sigqueue(victim, SIGRTMIN, {}) == 0);
        }
    });
    start();
    for (long b = 0; b < batches; b++) {
        uint64_t go = 1;
        CHECK(write(handled, &go, sizeof(go)) == sizeof(go));
        for (const long last = g_signals + kBatch; g_signals < last;) sigsuspend(&before);
    }
    Uncounted ending;
    reap(sender);
    close(handled);
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

constexpr Row kRows[] = {
    {"null-call", "getppid()", 20000, null_call, By::kInstructions, true},
    {"read-zero-1", "read 1 byte of /dev/zero", 10000, read_zero_1},
    {"read-zero-4k", "read 4 KiB of /dev/zero", 5000, read_zero_4k, By::kWallClock},
    {"write-null-1", "write 1 byte to /dev/null", 10000, write_null_1},
    {"write-null-4k", "write 4 KiB to /dev/null", 10000, write_null_4k},
    {"signal-install", "sigaction()", 10000, signal_install},
    {"signal-delivery", "kill() to oneself, handled", 5000, signal_delivery},
    {"signal-storm", "a queued signal of another process, handled", 4800, signal_storm},
};

}  // namespace
constinit const std::span<const Row> kCallRows = kRows;
}  // namespace bench
