// Clock numbers: which there are, their resolution, clocks of processor time by library encodings, the vDSO.
#include "show.h"

#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ctime>

static long get(long clock, timespec* t) { return syscall(SYS_clock_gettime, clock, t); }
static long res(long clock, timespec* t) { return syscall(SYS_clock_getres, clock, t); }
static long long ns(const timespec& t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }
static clockid_t encoded(int id, int bits) { return static_cast<clockid_t>(~static_cast<unsigned>(id) << 3) | bits; }

static void show_clock(const char* name, long clock) {
    timespec t = {};
    say("%s\n", name);
    SHOW(get(clock, &t));
    SHOW(res(clock, &t));
    say("resolution %ld\n", t.tv_nsec);
}

static void* other_thread(void* arg) {
    pthread_barrier_wait(static_cast<pthread_barrier_t*>(arg));
    pthread_barrier_wait(static_cast<pthread_barrier_t*>(arg));
    return nullptr;
}

int main() {
    timespec t, u;
    show_clock("realtime", CLOCK_REALTIME);
    show_clock("monotonic", CLOCK_MONOTONIC);
    show_clock("raw", CLOCK_MONOTONIC_RAW);
    show_clock("boottime", CLOCK_BOOTTIME);
    show_clock("tai", CLOCK_TAI);
    show_clock("process", CLOCK_PROCESS_CPUTIME_ID);
    show_clock("thread", CLOCK_THREAD_CPUTIME_ID);
    for (long clock : {10L, 12L, 100L, -1L, 0x7fffffffL}) {
        SHOW(get(clock, &t));
        SHOW(res(clock, &t));
    }
    SHOW(get(CLOCK_MONOTONIC, nullptr));
    SHOW(res(CLOCK_MONOTONIC, nullptr));
    SHOW(res(CLOCK_MONOTONIC, reinterpret_cast<timespec*>(8)));
    SHOW(get(77, nullptr));

    // Processor time by pid and tid.
    clockid_t clock;
    SHOW(clock_getcpuclockid(0, &clock));
    SHOW(clock_gettime(clock, &t));
    SHOW(clock_getcpuclockid(getpid(), &clock));
    SHOW(clock_gettime(clock, &t));
    SHOW(pthread_getcpuclockid(pthread_self(), &clock));
    SHOW(clock_gettime(clock, &t));
    SHOW(clock_getcpuclockid(1, &clock));
    SHOW(clock_gettime(clock, &t));
    for (int bits : {0, 1, 2, 3, 4, 5, 6, 7}) {
        say("bits %d\n", bits);
        SHOW(get(encoded(0, bits), &t));
        SHOW(get(encoded(getpid(), bits), &t));
        SHOW(get(encoded(1, bits), &t));
        SHOW(get(encoded(4194000, bits), &t));
        SHOW(res(encoded(0, bits), &t));
        SHOW(res(encoded(1, bits), &t));
    }
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, 2);
    pthread_t thread;
    pthread_create(&thread, nullptr, other_thread, &barrier);
    pthread_barrier_wait(&barrier);
    SHOW(pthread_getcpuclockid(thread, &clock));
    SHOW(clock_gettime(clock, &t));
    SHOW(ns(t) < 1000000000);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, nullptr);  // its number may live a moment longer

    // A child's time is its own; its clock is gone with it.
    int ends[2];
    SHOW(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(ends[1]);
        _exit(static_cast<int>(read(ends[0], &c, 1)));
    }
    SHOW(clock_getcpuclockid(child, &clock));
    SHOW(clock_gettime(clock, &t));
    close(ends[1]);
    waitpid(child, nullptr, 0);
    SHOW(clock_gettime(clock, &t));

    // The clocks of one thread and of its process move together, user time is a part of all.
    for (int i = 0; i < 3000000; i++) asm volatile("");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &u);
    SHOW(ns(t) > 0 && ns(t) <= ns(u));
    get(encoded(0, 1), &t);
    get(encoded(0, 0), &u);
    SHOW(ns(t) <= ns(u));

    // The vDSO, and that it tells what the kernel tells.
    auto* header = reinterpret_cast<const Elf64_Ehdr*>(getauxval(AT_SYSINFO_EHDR));
    SHOW(header != nullptr && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_type == ET_DYN);
    std::string maps = read_file("/proc/self/maps");
    SHOW(maps.find("[vdso]") != std::string::npos);
    SHOW(maps.find("[vvar]") != std::string::npos);
    bool ordered = true;
    for (clockid_t c : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW}) {
        for (int i = 0; i < 2000; i++) {
            timespec a, b, d;
            clock_gettime(c, &a);
            get(c, &b);
            clock_gettime(c, &d);
            ordered = ordered && ns(a) <= ns(b) && ns(b) <= ns(d);
        }
    }
    SHOW(ordered);
    timeval day, raw;
    struct timezone zone = {1, 1};
    SHOW(gettimeofday(&day, nullptr));
    SHOW(syscall(SYS_gettimeofday, &raw, &zone));
    say("zone %d %d\n", zone.tz_minuteswest, zone.tz_dsttime);
    long long between = (raw.tv_sec - day.tv_sec) * 1000000LL + raw.tv_usec - day.tv_usec;
    SHOW(between >= 0 && between < 1000000);
    SHOW(syscall(SYS_gettimeofday, nullptr, nullptr));
    SHOW(syscall(SYS_gettimeofday, 8, nullptr));
    SHOW(syscall(SYS_time, 8));

    // Pinned to a CPU, the library (the vDSO), the kernel and the mask agree.
    cpu_set_t all, one;
    SHOW(sched_getaffinity(0, sizeof all, &all));
    bool agree = true;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all)) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        unsigned kernel = ~0u, node = ~0u;
        agree = agree && sched_setaffinity(0, sizeof one, &one) == 0 && sched_getcpu() == cpu &&
                syscall(SYS_getcpu, &kernel, &node, nullptr) == 0 && kernel == static_cast<unsigned>(cpu) && node == 0;
    }
    SHOW(agree);
    SHOW(syscall(SYS_getcpu, nullptr, nullptr, nullptr));
    return 0;
}
