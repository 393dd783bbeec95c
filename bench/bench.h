// What the benchmark's rows share: a row, its clock, and small helpers.
// Callers: bench/*.cc.
// Context: an ordinary program, static, the same on Linux and on Linnet.
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <span>

namespace bench {

enum class By : char {
    kInstructions,
    kWallClock,  // moves many bytes by `rep` instructions, each round of which counts as one: instructions mislead
    kPrograms,   // starts real programs: by instructions, but only in the boot that has them
};
struct Row {
    const char* name;
    const char* what;
    long operations;
    void (*run)(long n);
    By by = By::kInstructions;
    bool parallel = false;  // several processes may run it at once: part of the curve over CPUs
};
extern const std::span<const Row> kCallRows, kFileRows, kProcessRows, kThreadRows, kPipeRows, kSocketRows, kEventRows,
    kMemoryRows, kProgramRows;

[[noreturn]] void fail(const char* what);
#define CHECK(expr) ((expr) ? (void)0 : ::bench::fail(#expr))

inline uint64_t ticks() {
    unsigned aux;
    return __rdtscp(&aux);
}
// A row's counting begins here; what it prepares before is not counted.
extern uint64_t g_start;
inline void start() { g_start = ticks(); }
// Leaves out what is done between its making and its end: taking down what the row set up.
struct Uncounted {
    uint64_t since = ticks();
    ~Uncounted() { g_start += ticks() - since; }
};

extern char g_buffer[1 << 20];
extern const char* g_self;
extern const char* g_directory;
struct Path {
    char text[160];
    explicit Path(const char* name) { snprintf(text, sizeof(text), "%s/%s", g_directory, name); }
    operator const char*() const { return text; }
};

int open_checked(const char* path, int flags, int mode = 0644);
void reap(pid_t pid);  // which must have begun and ended well
// A child that runs body() and ends; the body ends it itself on an error.
template <typename Body>
pid_t child(Body body) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid != 0) return pid;
    body();
    _exit(0);
}
void write_all(int fd, const void* data, size_t size);
void read_all(int fd, void* data, size_t size);

}  // namespace bench
