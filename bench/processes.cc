// Rows: making processes, and switching between them.
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>

#include "bench.h"

extern char** environ;

namespace bench {
namespace {

char* const kArguments[] = {const_cast<char*>("bench"), const_cast<char*>("--nothing"), nullptr};
char* const kNoEnvironment[] = {nullptr};

void fork_exit(long n) {
    for (long i = 0; i < n; i++) reap(child([] {}));
}
void fork_exec(long n) {
    for (long i = 0; i < n; i++) {
        reap(child([] {
            execve(g_self, kArguments, kNoEnvironment);
            _exit(127);
        }));
    }
}
[[gnu::noinline]] pid_t vfork_once() {
    pid_t pid = vfork();
    if (pid == 0) {
        execve(g_self, kArguments, kNoEnvironment);
        _exit(127);
    }
    return pid;
}
void vfork_exec(long n) {
    for (long i = 0; i < n; i++) reap(vfork_once());
}
void spawn(long n) {
    for (long i = 0; i < n; i++) {
        pid_t pid;
        CHECK(posix_spawn(&pid, g_self, nullptr, nullptr, kArguments, kNoEnvironment) == 0);
        reap(pid);
    }
}
void fork_64m_with(long n, int advice) {
    constexpr size_t kSize = 64 << 20;
    char* p = static_cast<char*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(p != MAP_FAILED);
    madvise(p, kSize, advice);
    for (size_t at = 0; at < kSize; at += 4096) p[at] = 1;
    start();
    fork_exit(n);
    Uncounted ending;
    munmap(p, kSize);
}

void fork_64m(long n) { fork_64m_with(n, MADV_NOHUGEPAGE); }
void fork_64m_large(long n) { fork_64m_with(n, MADV_HUGEPAGE); }

// Processes that do nothing but yield to each other: each operation is one switch. All have done their part when the count
// ends: a scheduler may let one go through its own without a switch.
void yield_among(long n, int processes) {
    constexpr int kMost = 96;
    pid_t others[kMost];
    const long each = n / processes;
    int gate[2], done[2], end[2];
    CHECK(pipe(gate) == 0 && pipe(done) == 0 && pipe(end) == 0);
    for (int i = 1; i < processes; i++) {
        others[i] = child([&] {
            char c;
            close(gate[1]);
            close(end[1]);
            CHECK(read(gate[0], &c, 1) == 0);  // until the parent lets all go
            for (long k = 0; k < each; k++) sched_yield();
            close(done[1]);
            CHECK(read(end[0], &c, 1) == 0);  // it ends uncounted
        });
    }
    close(gate[1]);
    close(done[1]);
    start();
    for (long k = 0; k < each; k++) sched_yield();
    char c;
    CHECK(read(done[0], &c, 1) == 0);
    Uncounted ending;
    close(end[1]);
    for (int i = 1; i < processes; i++) reap(others[i]);
    for (int fd : {gate[0], done[0], end[0]}) close(fd);
}
void yield_2(long n) { yield_among(n, 2); }
void yield_16(long n) { yield_among(n, 16); }
void yield_96(long n) { yield_among(n, 96); }

constexpr Row kRows[] = {
    {"fork-exit", "fork, exit, wait", 300, fork_exit, By::kInstructions, true},
    {"fork-64m", "the same with 64 MiB mapped and touched", 20, fork_64m},
    {"fork-64m-large", "the same in pages of 2 MiB", 20, fork_64m_large},
    {"fork-exec", "fork, exec a static program, wait", 150, fork_exec, By::kInstructions, true},
    {"vfork-exec", "vfork, exec the same, wait", 150, vfork_exec},
    {"posix-spawn", "posix_spawn() of the same, wait", 150, spawn},
    {"yield-2", "sched_yield() between two processes", 10000, yield_2},
    {"yield-16", "between 16", 16000, yield_16},
    {"yield-96", "between 96", 19200, yield_96},
};

}  // namespace
constinit const std::span<const Row> kProcessRows = kRows;
}  // namespace bench
