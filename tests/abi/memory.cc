// mmap, munmap, mprotect, mremap, madvise, brk, msync, mlock: private, shared, files, splitting, errors.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <csetjmp>
#include <csignal>

static constexpr long kPage = 4096;

static sigjmp_buf back;

static bool touches(volatile char* at, bool write) {
    struct sigaction action = {};
    action.sa_handler = [](int number) { siglongjmp(back, number); };
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
    if (sigsetjmp(back, 1)) return false;
    if (write) {
        *at = *at;
    } else {
        (void)*at;
    }
    return true;
}

static void show_pages(const char* what, char* base, int count) {
    say("%s:", what);
    for (int i = 0; i < count; ++i) {
        say(" %s", touches(base + i * kPage, true) ? "rw" : touches(base + i * kPage, false) ? "r-" : "--");
    }
    say("\n");
}

static char* map(long size, int protection, int flags, int fd = -1, long offset = 0, void* at = nullptr) {
    return static_cast<char*>(mmap(at, size, protection, flags, fd, offset));
}

static void anonymous() {
    char* base = map(8 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    say("zero %d\n", base[5 * kPage + 17]);
    SHOW(mprotect(base + 2 * kPage, kPage, PROT_READ));
    SHOW(munmap(base + 4 * kPage, 2 * kPage));
    show_pages("split", base, 8);
    SHOW(mprotect(base, 8 * kPage, PROT_READ));
    SHOW(mprotect(base, kPage, PROT_NONE));
    show_pages("after", base, 8);
    SHOW(mprotect(base + 1, kPage, PROT_READ));
    SHOW(mprotect(base, kPage, 0x100));
    SHOW(munmap(base + 1, kPage));
    SHOW(munmap(base, 0));
    SHOW(munmap(base, 8 * kPage));
    SHOW(munmap(base, 8 * kPage));
    show("mmap of nothing", reinterpret_cast<long>(map(0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS)));
    show("neither shared nor private", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_ANONYMOUS)));
    show("bad descriptor", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE, 99)));
    show("odd offset", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE, 0, 5)));
    show("too large", reinterpret_cast<long>(map(1L << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS)));
    show("fixed, odd", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0,
                                                  reinterpret_cast<void*>(0x10001))));
    char* hole = map(4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    hole[kPage] = 'k';
    SHOW(map(kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, hole + kPage) ==
         hole + kPage);
    say("replaced %d\n", hole[kPage]);
    show("no replace",
         reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0, hole)));
    SHOW(munmap(hole + kPage, kPage));
    SHOW(map(kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, hole + kPage) == hole + kPage);
    hole[2 * kPage] = 'd';
    SHOW(madvise(hole + 2 * kPage, kPage, MADV_DONTNEED));
    say("after DONTNEED %d\n", hole[2 * kPage]);
    SHOW(madvise(hole + 1, kPage, MADV_DONTNEED));
    SHOW(madvise(hole, kPage, 9999));
}

static void shared() {
    char* both = map(kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    char* mine = map(kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    both[0] = mine[0] = 1;
    in_child("writer", [&] {
        both[0] = mine[0] = 2;
        return mine[0];
    });
    say("shared %d private %d\n", both[0], mine[0]);
}

static void files() {
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    SHOW(ftruncate(fd, kPage + 100));
    SHOW(pwrite(fd, "first", 5, 0));
    char* shared = map(2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    char* copy = map(2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    say("%.5s %.5s\n", shared, copy);
    memcpy(shared, "FIRST", 5);
    say("private sees %.5s\n", copy);
    memcpy(copy, "other", 5);
    char buffer[16] = {};
    SHOW(pread(fd, buffer, 5, 0));
    say("file has %s\n", buffer);
    SHOW(pwrite(fd, "again", 5, 10));
    say("shared sees %.5s, private %.5s\n", shared + 10, copy + 10);
    say("after the end %d\n", shared[kPage + 200]);
    SHOW(msync(shared, 2 * kPage, MS_SYNC));
    SHOW(msync(shared + 1, kPage, MS_SYNC));
    SHOW(ftruncate(fd, 10));
    show_pages("truncated", shared, 2);
    SHOW(close(fd));
    say("%.5s\n", shared);
    int reader = open("file", O_RDONLY);
    show("shared and writable on a read-only file",
         reinterpret_cast<long>(map(kPage, PROT_READ | PROT_WRITE, MAP_SHARED, reader)));
    char* text = map(kPage, PROT_READ, MAP_SHARED, reader);
    SHOW(mprotect(text, kPage, PROT_READ | PROT_WRITE));
    SHOW(map(kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, reader) != MAP_FAILED);
    int writer = open("file", O_WRONLY);
    show("a file that cannot be read", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE, writer)));
    int folder = open(".", O_RDONLY);
    show("a folder", reinterpret_cast<long>(map(kPage, PROT_READ, MAP_PRIVATE, folder)));
    int zero = open("/dev/zero", O_RDWR);
    char* zeros = map(kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero);
    zeros[9] = 1;
    say("zero %d\n", zeros[10]);
}

static void moves() {
    char* base = map(4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    strcpy(base + kPage, "moved");
    SHOW(mremap(base + 2 * kPage, 2 * kPage, kPage, 0) == base + 2 * kPage);
    show_pages("shrunk", base, 4);
    char* larger = static_cast<char*>(mremap(base, 3 * kPage, 64 * kPage, MREMAP_MAYMOVE));
    SHOW(larger != MAP_FAILED);
    say("%s %d\n", larger + kPage, larger[60 * kPage]);
    SHOW(mremap(larger, kPage, 0, 0) == MAP_FAILED);
    char* target = map(2 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
    SHOW(mremap(larger + kPage, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    say("%s\n", target);
    SHOW(touches(larger + kPage, false));
}

static void heap() {
    auto now = [] { return syscall(SYS_brk, 0); };
    long start = now();
    SHOW(syscall(SYS_brk, start + 5 * kPage) == start + 5 * kPage);
    show_pages("heap", reinterpret_cast<char*>((start + kPage - 1) & -kPage), 4);
    SHOW(syscall(SYS_brk, start) == start);
    SHOW(syscall(SYS_brk, 8) == start);
}

// MAP_32BIT: a hint counts up to two gigabytes, also below where such mappings go by themselves.
static void low_half() {
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
    for (const long hint : {0x2000'0000L, 0x5000'0000L, 0x7fff'f000L, 0x8000'0000L, 0x1234'5678'9000L}) {
        void* const at = mmap(reinterpret_cast<void*>(hint), 4096, PROT_READ, anonymous, -1, 0);
        const long found = reinterpret_cast<long>(at);
        say("hint %lx: %s\n", hint,
            found == hint                                 ? "taken"
            : found >= 0x4000'0000 && found < 0x8000'0000 ? "low"
                                                          : "?");
        munmap(at, 4096);
    }
}

// mremap of nothing maps shared pages once more; without MREMAP_FIXED it takes no advice where.
static void second_mapping() {
    const int protection = PROT_READ | PROT_WRITE;
    char* const room = static_cast<char*>(mmap(nullptr, 8 * kPage, protection, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    munmap(room + 4 * kPage, 4 * kPage);
    room[kPage] = 'x';
    SHOW(mremap(room, 0, 2 * kPage, 0) == MAP_FAILED ? -1 : 0);
    char* const again = static_cast<char*>(mremap(room, 0, 2 * kPage, MREMAP_MAYMOVE, room + 5 * kPage));
    say("again %d, advice %d, %c\n", again != MAP_FAILED, again == room + 5 * kPage, again[kPage]);
    munmap(again, 2 * kPage);
    munmap(room, 4 * kPage);
}

static void low_addresses() {
    SHOW(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0);
    SHOW(munmap(nullptr, 4096));
    SHOW(setresuid(1000, 1000, 1000));
    SHOW(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0);
}

int main() {
    anonymous();
    shared();
    files();
    moves();
    heap();
    char* locked = map(kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    SHOW(mlock(locked, kPage));
    SHOW(munlock(locked, kPage));
    unsigned char present[2] = {};
    locked[0] = 1;
    SHOW(mincore(locked, kPage, present));
    say("present %d\n", present[0] & 1);
    // A stack grows by itself, far below where it began, but not past its limit.
    in_child("deep stack", [] {
        volatile char large[4 << 20];
        for (size_t at = 0; at < sizeof large; at += kPage) large[sizeof large - 1 - at] = 1;
        return large[100];
    });
    in_child("low addresses", [] {
        low_half();
        second_mapping();
        low_addresses();
        return 0;
    });
    return 0;
}
