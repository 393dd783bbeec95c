// Transparent large pages: 2 MiB that are taken apart by all that concerns a part of them keep what was written.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <csignal>
#include <cstdint>
#include <vector>

namespace {

constexpr size_t kPage = 4096, kLarge = 2 << 20, kPages = kLarge / kPage;
constexpr int kCollapse = 25, kPopulateWrite = 23;

char* map_at(void* at, size_t size, int flags = 0) {
    void* p = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED) say("mmap: %s\n", strerrorname_np(errno));
    return static_cast<char*>(p);
}
// `n` large pages' worth of memory that begins at one, with nothing mapped beside it.
char* area(size_t n, int advice = MADV_HUGEPAGE) {
    const size_t size = (n + 2) * kLarge;
    char* p = static_cast<char*>(mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    char* at = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(p) + 2 * kLarge - 1) & ~(kLarge - 1));
    munmap(p, size);
    map_at(at, n * kLarge, MAP_FIXED);
    if (advice != 0) madvise(at, n * kLarge, advice);
    return at;
}
uint64_t& word(char* p, size_t page) { return *reinterpret_cast<uint64_t*>(p + page * kPage + 104); }
void fill(char* p, size_t pages, uint64_t seed) {
    for (size_t i = 0; i < pages; i++) word(p, i) = seed + i;
}
// How many of the pages hold what fill() wrote.
size_t count(char* p, size_t pages, uint64_t seed) {
    size_t n = 0;
    for (size_t i = 0; i < pages; i++) n += word(p, i) == seed + i;
    return n;
}
// KiB of [p, p + size) in large pages, by smaps.
long large_kib(const char* p, size_t size) {
    FILE* f = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    long sum = 0;
    while (f != nullptr && fgets(line, sizeof line, f) != nullptr) {
        unsigned long from, to;
        long kib;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = from < reinterpret_cast<uintptr_t>(p) + size && to > reinterpret_cast<uintptr_t>(p);
        if (inside && sscanf(line, "AnonHugePages: %ld", &kib) == 1) sum += kib;
    }
    if (f != nullptr) fclose(f);
    return sum;
}
void state(const char* what, char* p, size_t pages, uint64_t seed) {
    say("%s: %zu pages right, %ld KiB large\n", what, count(p, pages, seed), large_kib(p, pages * kPage));
}

void made_by_a_fault() {
    char* p = area(2);
    p[kLarge + 5 * kPage] = 1;
    say("one byte: %ld KiB\n", large_kib(p, 2 * kLarge));
    fill(p, 2 * kPages, 7);
    state("all", p, 2 * kPages, 7);
    unsigned char in[2 * kPages];
    SHOW(mincore(p, 2 * kLarge, in));
    size_t n = 0;
    for (unsigned char c : in) n += c & 1;
    say("in memory: %zu\n", n);
    SHOW(munmap(p, 2 * kLarge));
    // Not where a mapping does not cover it, where it is not wanted, or only read.
    p = area(1);
    munmap(p + kLarge - kPage, kPage);
    p[0] = 1;
    say("511 pages: %ld KiB\n", large_kib(p, kLarge));
    p = area(1, MADV_NOHUGEPAGE);
    p[0] = 1;
    say("unwanted: %ld KiB\n", large_kib(p, kLarge));
    p = area(2);
    SHOW(madvise(p, 2 * kLarge, kPopulateWrite));
    say("populated: %ld KiB\n", large_kib(p, 2 * kLarge));
}

void unmapped_in_parts() {
    char* p = area(3);
    fill(p, 3 * kPages, 100);
    SHOW(munmap(p + kLarge + 100 * kPage, 3 * kPage));
    state("below", p, kPages + 100, 100);
    state("above", p + kLarge + 103 * kPage, 2 * kPages - 103, 100 + kPages + 103);
    // A range that begins in one and ends in another.
    SHOW(munmap(p + 511 * kPage, kLarge + 2 * kPage));
    state("first", p, 511, 100);
    map_at(p + 511 * kPage, kLarge + 2 * kPage, MAP_FIXED);
    say("holes are zero: %d\n", word(p, 511) == 0 && word(p, kPages) == 0 && word(p, kPages + 300) == 0);
    say("last is kept: %d\n", word(p, 2 * kPages + 1) == 100 + 2 * kPages + 1);
}

void thrown_away() {
    char* p = area(2);
    fill(p, 2 * kPages, 1);
    SHOW(madvise(p + kPage, kPage, MADV_DONTNEED));
    say("page 1: %d, page 2: %d\n", static_cast<int>(word(p, 1)), static_cast<int>(word(p, 2)));
    SHOW(madvise(p + kLarge, kLarge, MADV_DONTNEED));
    p[kLarge] = 1;
    state("whole", p, 2 * kPages, 1);
    say("again: %ld KiB\n", large_kib(p, 2 * kLarge));
    SHOW(madvise(p + kLarge + kPage, 2 * kPage, MADV_FREE));
    p[kLarge + kPage] = 5;
    say("kept: %d %d\n", p[kLarge], p[kLarge + kPage]);
    for (int advice : {MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_SEQUENTIAL, MADV_DONTDUMP, MADV_MERGEABLE}) {
        fill(p, kPages, 9);
        madvise(p + 7 * kPage, 9 * kPage, advice);
        say("advice: %zu\n", count(p, kPages, 9));
    }
}

void protected_in_parts() {
    char* p = area(2);
    fill(p, 2 * kPages, 50);
    SHOW(mprotect(p + 30 * kPage, 2 * kPage, PROT_READ));
    state("page read-only", p, 2 * kPages, 50);
    in_child("writes beside", [&] {
        word(p, 29) = word(p, 32) = 1;
        return word(p, 31) == 81 ? 0 : 1;
    });
    in_child("writes there", [&] {
        word(p, 31) = 1;
        return 0;
    });
    SHOW(mprotect(p, 2 * kLarge, PROT_NONE));
    in_child("reads", [&] { return static_cast<int>(word(p, kPages)); });
    SHOW(mprotect(p, 2 * kLarge, PROT_READ));
    state("all read-only", p, 2 * kPages, 50);
    SHOW(mprotect(p, 2 * kLarge, PROT_READ | PROT_WRITE));
    fill(p, 2 * kPages, 51);
    state("all writable", p, 2 * kPages, 51);
    // A whole one keeps its size.
    SHOW(mprotect(p + kLarge, kLarge, PROT_READ));
    SHOW(mprotect(p + kLarge, kLarge, PROT_READ | PROT_WRITE));
    say("second: %ld KiB\n", large_kib(p, 2 * kLarge));
}

void moved() {
    char* p = area(2);
    char* to = area(4);
    fill(p, 2 * kPages, 3);
    SHOW(mremap(p, 2 * kLarge, 2 * kLarge, MREMAP_MAYMOVE | MREMAP_FIXED, to + kLarge) == to + kLarge);
    state("aligned", to + kLarge, 2 * kPages, 3);
    p = area(4);
    SHOW(mremap(to + kLarge, 2 * kLarge, 2 * kLarge, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * kPage) == p + 3 * kPage);
    state("not aligned", p + 3 * kPage, 2 * kPages, 3);
    p = area(2);
    to = area(4);
    fill(p, 2 * kPages, 4);
    SHOW(mremap(p + 10 * kPage, kLarge, kLarge, MREMAP_MAYMOVE | MREMAP_FIXED, to + 10 * kPage) == to + 10 * kPage);
    say("middle: %zu\n", count(to + 10 * kPage, kPages, 4 + 10));
    say("%d %d %d\n", word(p, 9) == 13, word(to, 500) == 504, word(p, kPages + 10) == 4 + kPages + 10);
    p = area(2);
    fill(p, 2 * kPages, 5);
    SHOW(mremap(p, 2 * kLarge, kLarge + kPage, 0) == p);
    state("shrunk", p, kPages + 1, 5);
    SHOW(mremap(p, kLarge + kPage, 2 * kLarge, 0) == p);
    say("grown: %d %d\n", word(p, kPages) == 5 + kPages, static_cast<int>(word(p, kPages + 1)));
}

void forked() {
    char* p = area(4);
    fill(p, 4 * kPages, 1000);
    in_child("child", [&] {
        if (count(p, 4 * kPages, 1000) != 4 * kPages) return 1;
        word(p, 3) = 1;
        fill(p + kLarge, kPages, 77);
        if (count(p + kLarge, kPages, 77) != kPages || word(p, 4) != 1004) return 2;
        if (munmap(p + 2 * kLarge + 9 * kPage, 5 * kPage) != 0) return 3;
        const pid_t grandchild = fork();
        if (grandchild == 0) {
            const bool right = word(p, 3) == 1 && count(p + kLarge, kPages, 77) == kPages && word(p, 5) == 1005;
            fill(p, kPages, 5);
            fill(p + 3 * kLarge, kPages, 6);
            _exit(right && count(p + 3 * kLarge, kPages, 6) == kPages ? 0 : 1);
        }
        int status = 0;
        waitpid(grandchild, &status, 0);
        if (status != 0) return 4;
        return count(p + 3 * kLarge, kPages, 1000 + 3 * kPages) == kPages && word(p, 3) == 1 ? 0 : 5;
    });
    state("parent", p, 4 * kPages, 1000);
    // Both write at the same time.
    int pipes[2];
    if (pipe(pipes) != 0) return;
    const pid_t child = fork();
    if (child == 0) {
        char c;
        (void)!read(pipes[0], &c, 1);
        const size_t right = count(p, 4 * kPages, 1000);
        fill(p, 4 * kPages, 3);
        _exit(right == 4 * kPages && count(p, 4 * kPages, 3) == 4 * kPages ? 0 : 1);
    }
    fill(p, 4 * kPages, 2000);
    (void)!write(pipes[1], "x", 1);
    int status = 0;
    waitpid(child, &status, 0);
    say("child %d, parent %zu\n", status, count(p, 4 * kPages, 2000));
    // The kernel writes into what a child shares.
    const pid_t sleeper = fork();
    if (sleeper == 0) {
        pause();
        _exit(0);
    }
    const int zero = open("/dev/zero", O_RDONLY);
    SHOW(read(zero, p + kLarge - 2 * kPage, 4 * kPage));
    say("%d %d\n", word(p, kPages - 3) == 2000 + kPages - 3, word(p, kPages + 2) == 2000 + kPages + 2);
    uint64_t seen = 0;
    const auto peek = [&](size_t page) {
        iovec mine{&seen, sizeof seen}, other{&word(p, page), sizeof seen};
        SHOW(process_vm_readv(sleeper, &mine, 1, &other, 1, 0));
        say("%d\n", static_cast<int>(seen));
    };
    peek(kPages - 1);
    peek(3 * kPages + 1);
    seen = 4711;
    iovec mine{&seen, sizeof seen}, other{&word(p, 3 * kPages + 2), sizeof seen};
    SHOW(process_vm_writev(sleeper, &mine, 1, &other, 1, 0));
    peek(3 * kPages + 2);
    say("mine is kept: %d\n", word(p, 3 * kPages + 2) == 2000 + 3 * kPages + 2);
    kill(sleeper, SIGKILL);
    waitpid(sleeper, nullptr, 0);
    SHOW(madvise(p, 4 * kLarge, MADV_WIPEONFORK));
    in_child("wiped", [&] { return static_cast<int>(word(p, 5)); });
    SHOW(madvise(p + kPage, kPage, MADV_DONTFORK));
    in_child("not there", [&] { return static_cast<int>(word(p, 1)); });
}

void locked() {
    char* p = area(2);
    fill(p, kPages, 20);
    SHOW(mlock(p + 3 * kPage, kPage));
    SHOW(madvise(p + 3 * kPage, kPage, MADV_DONTNEED));
    SHOW(mlock(p + kLarge, kLarge));
    SHOW(munlock(p, 2 * kLarge));
    state("locked", p, kPages, 20);
}

void collapsed() {
    char* p = area(3, 0);
    fill(p, 3 * kPages, 8);
    SHOW(madvise(p, 3 * kLarge, MADV_NOHUGEPAGE));
    SHOW(madvise(p, kLarge, kCollapse));
    SHOW(madvise(p, 3 * kLarge, MADV_HUGEPAGE));
    munmap(p + 2 * kLarge + kPage, kPage);
    SHOW(madvise(p, 2 * kLarge, kCollapse));
    state("collapsed", p, 2 * kPages, 8);
    SHOW(madvise(p, 2 * kLarge, kCollapse));
    SHOW(madvise(p + 2 * kLarge, kPage, kCollapse));
    SHOW(madvise(p + 2 * kLarge, 3 * kPage, kCollapse));
    SHOW(madvise(p + kPage, kLarge, kCollapse));  // no whole one in it
    SHOW(madvise(p + 1, kLarge, kCollapse));
    // Holes become zeroes, rights stay.
    p = area(1, MADV_NOHUGEPAGE);
    word(p, 3) = 33;
    word(p, 4) = 44;
    const volatile uint64_t untouched = word(p, 9);
    (void)untouched;
    madvise(p, kLarge, MADV_HUGEPAGE);
    SHOW(madvise(p, kLarge, kCollapse));
    say("%d %d %d %ld\n", static_cast<int>(word(p, 3)), static_cast<int>(word(p, 4)), static_cast<int>(word(p, 5)),
        large_kib(p, kLarge));
    p = area(1);
    SHOW(madvise(p, kLarge, kCollapse));  // never touched
}

void switched_off() {
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 1));
    SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    char* p = area(1);
    fill(p, kPages, 1);
    state("off", p, kPages, 1);
    in_child("inherited", [] { return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0); });
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "large_pages", "after-exec", nullptr);
        _exit(9);
    }
    int status = 0;
    waitpid(child, &status, 0);
    SHOW(WEXITSTATUS(status));
    SHOW(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "after-exec") == 0) return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
    made_by_a_fault();
    unmapped_in_parts();
    thrown_away();
    protected_in_parts();
    moved();
    forked();
    locked();
    collapsed();
    switched_off();
}
