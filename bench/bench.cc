// The benchmark program: one static binary that runs on Linux and on Linnet and prints ticks per operation.
//
// Usage: bench [--list] [--times N] [--together N] [ROW...]
// Each row prints `row NAME OPS TICKS`: the time-stamp counter's ticks for OPS operations. Under QEMU's `-icount` they
// count executed instructions, so the figures repeat exactly and do not depend on the machine.
// `--together N`: N processes do each row at once; OPS is the sum, TICKS from the first start to the last end.
// Also prints `boot TICKS` (counter at the start of main: from power-on to user space) and `memory BYTES_FREE`, and `complete` when all went
// well.
#include "bench.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include <initializer_list>

namespace bench {

uint64_t g_start;
char g_buffer[1 << 20];
const char* g_self = "/proc/self/exe";
const char* g_directory = "/tmp";

void fail(const char* what) {
    perror(what);
    _exit(1);
}
int open_checked(const char* path, int flags, int mode) {
    int fd = open(path, flags, mode);
    CHECK(fd >= 0);
    return fd;
}
void reap(pid_t pid) {
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
void write_all(int fd, const void* data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t w = write(fd, static_cast<const char*>(data) + done, size - done);
        CHECK(w > 0);
        done += static_cast<size_t>(w);
    }
}
void read_all(int fd, void* data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t r = read(fd, static_cast<char*>(data) + done, size - done);
        CHECK(r > 0);
        done += static_cast<size_t>(r);
    }
}

namespace {

void say(const Row& row, long operations, uint64_t took) {
    printf("row %s %ld %llu\n", row.name, operations, static_cast<unsigned long long>(took));
    fflush(stdout);
}

void measure(const Row& row, long n) {
    row.run(n / 20 + 2);  // warm-up: caches, lazily made tables
    start();
    row.run(n);
    say(row, n, ticks() - g_start);
}

// Each worker has a folder of its own, and begins when all are warm.
void measure_together(const Row& row, long n, int workers) {
    struct Shared {
        int ready, go, done;
        uint64_t end;
    };
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    Shared& shared = *static_cast<Shared*>(memory);
    pid_t pids[64];
    CHECK(workers <= 64);
    for (int i = 0; i < workers; i++) {
        pids[i] = child([&] {
            static char folder[64];
            snprintf(folder, sizeof(folder), "/tmp/bench-worker-%d", i);
            mkdir(folder, 0755);
            g_directory = folder;
            row.run(n / 20 + 2);
            __atomic_fetch_add(&shared.ready, 1, __ATOMIC_SEQ_CST);
            while (__atomic_load_n(&shared.go, __ATOMIC_ACQUIRE) == 0) usleep(500);
            row.run(n);
            if (__atomic_add_fetch(&shared.done, 1, __ATOMIC_SEQ_CST) == workers) shared.end = ticks();
        });
    }
    while (__atomic_load_n(&shared.ready, __ATOMIC_ACQUIRE) < workers) usleep(1000);
    uint64_t begin = ticks();
    __atomic_store_n(&shared.go, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < workers; i++) reap(pids[i]);
    say(row, n * workers, shared.end - begin);
    munmap(memory, sizeof(Shared));
}

// Whether `list`, names with commas between them, has `name`: Linux takes at most 32 words for process 1.
static bool names(const char* list, const char* name) {
    const size_t length = strlen(name);
    for (const char* at = list; at != nullptr; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, name, length) == 0 && (at[length] == 0 || at[length] == ',')) return true;
    }
    return false;
}

int main(int argc, char** argv) {
    const std::span<const Row> all[] = {kCallRows,   kFileRows,  kProcessRows, kThreadRows, kPipeRows,
                                        kSocketRows, kEventRows, kMemoryRows,  kProgramRows};
    uint64_t boot = ticks();
    long times = 1;
    int together = 0, first = 1;
    if (argc > 1 && strcmp(argv[1], "--nothing") == 0) return 0;
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (const auto& rows : all)
            for (const Row& row : rows)
                printf("%s\t%s\t%d\t%d\n", row.name, row.what, static_cast<int>(row.by), row.parallel);
        return 0;
    }
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--times") == 0) times = atol(argv[first + 1]);
        if (strcmp(argv[first], "--together") == 0) together = atoi(argv[first + 1]);
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0) {
        printf("boot %llu\n", static_cast<unsigned long long>(boot));
        printf("memory %llu\n", static_cast<unsigned long long>(info.freeram) * info.mem_unit);
    }
    for (const auto& rows : all) {
        for (const Row& row : rows) {
            bool wanted = first >= argc && row.by != By::kPrograms;
            for (int i = first; i < argc; i++) wanted |= names(argv[i], row.name);
            if (!wanted) continue;
            if (together > 0) {
                measure_together(row, row.operations * times, together);
            } else {
                measure(row, row.operations * times);
            }
        }
    }
    printf("complete\n");
    return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::main(argc, argv); }
