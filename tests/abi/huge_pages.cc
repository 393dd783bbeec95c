// Huge pages out of the pool: what mmap promises, what faults, fork, unmapping and files do with it, and what /proc says.
// The pool is set for the test, so it needs a host that lets root do that; otherwise it is skipped.
#include "show.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <csetjmp>
#include <csignal>
#include <cstdint>

namespace {

constexpr size_t kPage = 4096, kHuge = 2 << 20;
constexpr int kRW = PROT_READ | PROT_WRITE;
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
constexpr int kShared = MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB;
constexpr int kPopulateRead = 22, kPopulateWrite = 23, kDontNeedLocked = 24, kCold = 20, kPageOut = 21;
const char* const kPool = "/proc/sys/vm/nr_hugepages";
const char* const kSurplus = "/proc/sys/vm/nr_overcommit_hugepages";

long meminfo(const char* field) {
    const std::string text = read_file("/proc/meminfo");
    const size_t at = text.find(std::string(field) + ":");
    return at == std::string::npos ? -1 : atol(text.c_str() + at + strlen(field) + 1);
}
// Total, free, reserved, surplus.
void pool(const char* what) {
    say("%s: %ld %ld %ld %ld\n", what, meminfo("HugePages_Total"), meminfo("HugePages_Free"), meminfo("HugePages_Rsvd"),
        meminfo("HugePages_Surp"));
}
// A descriptor's write alone: close would hide what it says.
void set(const char* path, const char* value) {
    const int fd = open(path, O_WRONLY);
    if (write(fd, value, strlen(value)) < 0) say("%s: %s\n", path, strerrorname_np(errno));
    close(fd);
}
char* map(size_t pages, int flags = kPrivate, int prot = kRW, void* at = nullptr) {
    return static_cast<char*>(mmap(at, pages * kHuge, prot, flags, -1, 0));
}

sigjmp_buf back;
void on_fault(int signal) { siglongjmp(back, signal); }
// What touching the byte comes to.
const char* touch(char* p, bool write = true) {
    if (const int signal = sigsetjmp(back, 1)) return sigabbrev_np(signal);
    volatile char* c = p;
    char seen = 1;
    if (write) {
        *c = seen;
    } else {
        seen = *c;
    }
    return "ok";
}

// The lines of smaps that concern huge pages, for the mapping at `p`.
void smaps(const char* what, const char* p) {
    FILE* f = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    say("%s:", what);
    while (f != nullptr && fgets(line, sizeof line, f) != nullptr) {
        unsigned long from, to;
        long kib;
        char name[32];
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            inside = from <= reinterpret_cast<uintptr_t>(p) && to > reinterpret_cast<uintptr_t>(p);
            const char* path = strchr(line, '/');
            if (inside) say(" %lu pages %.4s %s", (to - from) / kHuge, strchr(line, ' ') + 1, path ? path : "\n");
        }
        if (!inside || sscanf(line, "%31[A-Za-z_]: %ld", name, &kib) != 2) {
            if (inside && strstr(line, "VmFlags") == line) say(" ht %d", strstr(line, " ht") != nullptr);
            continue;
        }
        for (const char* wanted : {"Size", "KernelPageSize", "Rss", "Pss", "Anonymous", "AnonHugePages",
                                   "Shared_Hugetlb", "Private_Hugetlb", "Locked"})
            if (strcmp(name, wanted) == 0) say(" %s %ld", name, kib);
    }
    say("\n");
    if (f != nullptr) fclose(f);
}
long status(const char* field) {
    const std::string text = read_file("/proc/self/status");
    const size_t at = text.find(std::string("\n") + field + ":");
    return at == std::string::npos ? -1 : atol(text.c_str() + at + strlen(field) + 2);
}

void the_pool() {
    pool("pool of 4");
    say("%s%s%ld %ld\n", read_file(kPool).c_str(), read_file(kSurplus).c_str(), meminfo("Hugepagesize"),
        meminfo("Hugetlb"));
    for (const char* name :
         {"nr_hugepages", "free_hugepages", "resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages"})
        say("%s %s", name,
            read_file((std::string("/sys/kernel/mm/hugepages/hugepages-2048kB/") + name).c_str()).c_str());
    set(kPool, "x");
    set(kPool, "-1");
    pool("after nonsense");
}

void promises() {
    char* a = map(3);
    say("aligned: %d\n", reinterpret_cast<uintptr_t>(a) % kHuge == 0);
    pool("3 promised");
    say("too many: %d\n", map(2) == MAP_FAILED && errno == ENOMEM);
    say("too many shared: %d\n", map(2, kShared) == MAP_FAILED && errno == ENOMEM);
    char* b = map(8, kPrivate | MAP_NORESERVE);
    pool("8 not promised");
    say("%s %s\n", touch(b), touch(b + kHuge));  // one page is nobody's
    pool("one taken");
    say("%s %s %s\n", touch(a), touch(a + kHuge + kPage), touch(a + 3 * kHuge - 1));
    pool("all taken");
    SHOW(munmap(a + kHuge, kHuge));
    pool("one back");
    say("%s\n", touch(b + 2 * kHuge));
    SHOW(munmap(b, 8 * kHuge));
    SHOW(munmap(a, kHuge));
    SHOW(munmap(a + 2 * kHuge, kHuge));
    pool("all back");
    // A length that is no multiple is rounded up, also for munmap of a whole mapping.
    a = static_cast<char*>(mmap(nullptr, kPage, kRW, kPrivate | MAP_HUGE_2MB, -1, 0));
    say("%s %s\n", touch(a + kHuge - 1), touch(a));
    pool("one page of 4 KiB");
    SHOW(munmap(a, kHuge));
    pool("back");
    // A promise goes with its part of the mapping, and with a mapping that takes its place.
    a = map(4);
    touch(a + 2 * kHuge);
    SHOW(munmap(a + kHuge, 2 * kHuge));
    pool("middle gone");
    say("in its place: %d\n", map(4, kPrivate | MAP_FIXED, kRW, a) == a);
    pool("4 promised");
    say("small pages over it: %d\n",
        mmap(a, 4 * kHuge, kRW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a && touch(a)[0] == 'o');
    pool("none promised");
    munmap(a, 4 * kHuge);
}

void refused() {
    SHOW_SYS(SYS_mmap, 0, kHuge, kRW, kPrivate | 20 << MAP_HUGE_SHIFT, -1, 0);
    SHOW_SYS(SYS_mmap, 0, 0, kRW, kPrivate, -1, 0);
    SHOW_SYS(SYS_mmap, 0, kHuge, kRW, kPrivate | MAP_GROWSDOWN, -1, 0);
    SHOW_SYS(SYS_mmap, 0x10001000, kHuge, kRW, kPrivate | MAP_FIXED, -1, 0);
    SHOW_SYS(SYS_mmap, 0x10001000, kHuge, kRW, kPrivate | MAP_FIXED_NOREPLACE, -1, 0);
    SHOW_SYS(SYS_mmap, 0, 1l << 62, kRW, kPrivate, -1, 0);
    SHOW_SYS(SYS_mmap, 0, kHuge, kRW, MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    const int file = open("/proc/self/exe", O_RDONLY);
    SHOW_SYS(SYS_mmap, 0, kHuge, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, file, 0);
    close(file);
    char* a = map(3);
    SHOW_SYS(SYS_mmap, a, kHuge, kRW, kPrivate | MAP_FIXED_NOREPLACE, -1, 0);
    SHOW(munmap(a, kPage));
    SHOW(munmap(a + kPage, kHuge));
    SHOW(munmap(a + kHuge, kHuge + kPage));
    SHOW(mprotect(a, kPage, PROT_READ));
    SHOW(mprotect(a + kHuge + kPage, kHuge, PROT_READ));
    SHOW(mprotect(a, kPage, kRW));  // changes nothing, cuts nothing
    SHOW(madvise(a + kPage, kHuge, MADV_DONTNEED));
    SHOW(madvise(a, kHuge, MADV_FREE));
    SHOW(madvise(a, kHuge, kCold));
    SHOW(madvise(a, kHuge, kPageOut));
    SHOW(madvise(a, kHuge, MADV_WIPEONFORK));
    SHOW(madvise(a, kPage, MADV_DONTDUMP));
    SHOW(madvise(a, kHuge, MADV_DONTDUMP));
    SHOW(madvise(a, kHuge, MADV_DODUMP));
    SHOW(madvise(a, kHuge, MADV_MERGEABLE));
    SHOW(madvise(a, kHuge, MADV_REMOVE));
    SHOW(madvise(a, kHuge, 25 /* MADV_COLLAPSE */));
    SHOW_SYS(SYS_mremap, a, 3 * kHuge, 4 * kHuge, MREMAP_MAYMOVE, 0);
    SHOW_SYS(SYS_mremap, a + kPage, kHuge, kHuge, 0, 0);
    SHOW_SYS(SYS_mremap, a, kHuge, kHuge, MREMAP_MAYMOVE | MREMAP_FIXED, 0x10001000);
    SHOW_SYS(SYS_mremap, a, kHuge, kHuge, MREMAP_MAYMOVE | 4 /* DONTUNMAP */, 0);
    pool("3 still promised");
    SHOW(munmap(a, 3 * kHuge));
}

void changes() {
    char* a = map(4);
    for (int i = 0; i < 4; i++) memset(a + i * kHuge, 'a' + i, kHuge);
    SHOW(mprotect(a + kHuge, kHuge, PROT_READ));
    say("%s %s %c\n", touch(a + kHuge), touch(a + kHuge, false), a[2 * kHuge - 1]);
    SHOW(mprotect(a + kHuge, kHuge, PROT_NONE));
    say("%s\n", touch(a + kHuge, false));
    SHOW(mprotect(a, 4 * kHuge, kRW));
    say("%s %c\n", touch(a + kHuge), a[2 * kHuge - 1]);
    SHOW(madvise(a + 3 * kHuge, kHuge - 1, MADV_DONTNEED));  // rounded up to 4 KiB pages
    say("%d\n", a[3 * kHuge]);
    a[3 * kHuge] = 'd';
    SHOW(madvise(a + 3 * kHuge, kPage, MADV_DONTNEED));  // no whole page
    say("%c\n", a[3 * kHuge]);
    // To another place, and a part of it shorter. The parts that mprotect() made stay apart, so a new one.
    munmap(a, 4 * kHuge);
    a = map(4);
    for (int i = 0; i < 4; i++) memset(a + i * kHuge, 'a' + i, kHuge);
    char* there = static_cast<char*>(mmap(nullptr, 6 * kHuge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    there += kHuge - reinterpret_cast<uintptr_t>(there) % kHuge;
    for (int i = 0; i < 4; i++) {  // leaves page tables behind
        mmap(there + i * kHuge, kPage, kRW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        there[i * kHuge] = 1;
        munmap(there + i * kHuge, kPage);
    }
    say("moved: %d\n", mremap(a, 4 * kHuge, 4 * kHuge, MREMAP_MAYMOVE | MREMAP_FIXED, there) == there);
    say("%c%c%c%c %s\n", there[1], there[2 * kHuge - 1], there[2 * kHuge], there[3 * kHuge], touch(a, false));
    say("shorter: %d\n", mremap(there, 4 * kHuge, 2 * kHuge, 0) == there);
    pool("2 left");
    munmap(there, 4 * kHuge);
    // Moved before it was touched: the promise comes along.
    a = map(4);
    touch(a);
    say("moved: %d\n", mremap(a, 4 * kHuge, 4 * kHuge, MREMAP_MAYMOVE | MREMAP_FIXED, there) == there);
    say("%s %s\n", touch(there + kHuge), touch(there + 3 * kHuge));
    munmap(there, 4 * kHuge);
    pool("all back");
}

void forks() {
    char* a = map(2);
    memset(a, 'p', 2 * kHuge);
    in_child("child writes", [&] {
        pool("shared");
        a[0] = 'c';
        pool("copied");
        return a[1] == 'p' && a[0] == 'c' && a[kHuge] == 'p' ? 0 : 1;
    });
    say("%c\n", a[0]);
    pool("child gone");
    a[0] = 'q';
    pool("no copy");
    // The parent was promised two pages and has had them; a copy needs one more.
    int go[2], done[2];
    pipe(go);
    pipe(done);
    char c;
    char* b = map(2);
    pool("no page is nobody's");
    const pid_t child = fork();
    if (child == 0) {
        read(go[0], &c, 1);
        say("child sees %c\n", a[kHuge]);
        say("lost: %s\n", touch(a, false));
        say("child writes: %s\n", touch(a + kHuge));
        say("child's part of a promise: %s\n", touch(b));
        _exit(0);
    }
    say("parent writes: %s\n", touch(a));  // keeps its page, the child loses it
    pool("after");
    write(go[1], "x", 1);
    waitpid(child, nullptr, 0);
    say("parent: %c %c\n", a[1], a[kHuge]);
    say("%s\n", touch(a + kHuge));
    munmap(b, 2 * kHuge);
    munmap(a, 2 * kHuge);
    pool("all back");
    // What is left out, or left to exec.
    a = map(2);
    touch(a);
    madvise(a, kHuge, MADV_DONTFORK);
    in_child("not inherited", [&] {
        say("%s %s\n", touch(a, false), touch(a + kHuge));
        execl("/proc/self/exe", "huge_pages", "pool", nullptr);
        return 1;
    });
    pool("after exec");
    munmap(a, 2 * kHuge);
    // Read only until after fork.
    a = map(1);
    say("%s %d\n", touch(a, false), a[5]);
    in_child("reader", [&] { return a[5]; });
    say("%s\n", touch(a));
    munmap(a, kHuge);
    for (int fd : {go[0], go[1], done[0], done[1]}) close(fd);
    pool("all back");
}

void shared() {
    char* a = map(3, kShared);
    pool("3 promised");
    in_child("child", [&] {
        strcpy(a + kHuge, "from the child");
        return 0;
    });
    say("%s\n", a + kHuge);
    pool("one taken");
    SHOW(munmap(a + kHuge, kHuge));
    pool("still there");  // the memory is the object's, not the mapping's
    SHOW(madvise(a, kHuge, MADV_REMOVE));
    memset(a, 1, kHuge);
    SHOW(madvise(a, kHuge, MADV_REMOVE));
    say("%d\n", a[0]);
    smaps("shared", a);
    munmap(a, kHuge);
    munmap(a + 2 * kHuge, kHuge);
    pool("all back");
}

void told() {
    char* a = map(2);
    touch(a);
    smaps("private", a);
    say("HugetlbPages %ld, locked %ld\n", status("HugetlbPages"), status("VmLck"));
    unsigned char in[1024];
    SHOW(mincore(a, 2 * kHuge, in));
    say("%d %d %d\n", in[0] & 1, in[511] & 1, in[512] & 1);
    SHOW(mlock(a, 2 * kHuge));
    SHOW(mincore(a, 2 * kHuge, in));
    say("%d, locked %ld, HugetlbPages %ld\n", in[1023] & 1, status("VmLck"), status("HugetlbPages"));
    SHOW(madvise(a, kHuge, kDontNeedLocked));
    SHOW(munlock(a, 2 * kHuge));
    uint64_t entries[2] = {};
    const int map_file = open("/proc/self/pagemap", O_RDONLY);
    a[kHuge] = 1;
    pread(map_file, entries, 16, static_cast<off_t>(reinterpret_cast<uintptr_t>(a + kHuge + 8 * kPage) / kPage * 8));
    say("present %d, next to it %d, file %d\n", static_cast<int>(entries[0] >> 63),
        static_cast<int>((entries[1] & ~(~0ull << 55)) - (entries[0] & ~(~0ull << 55))),
        static_cast<int>(entries[0] >> 61 & 1));
    close(map_file);
    // In parts, each of which stays a mapping of its own.
    mprotect(a, kHuge, PROT_READ);
    mprotect(a, kHuge, kRW);
    smaps("in parts", a + kHuge);
    munmap(a, 2 * kHuge);
    a = map(2, kPrivate | MAP_POPULATE);
    pool("populated");
    munmap(a, 2 * kHuge);
    a = map(2, kPrivate | MAP_LOCKED);
    pool("locked");
    say("locked %ld\n", status("VmLck"));
    munmap(a, 2 * kHuge);
    a = map(6, kPrivate | MAP_NORESERVE | MAP_POPULATE);
    pool("populated as far as it went");
    munmap(a, 6 * kHuge);
    a = map(6, kPrivate | MAP_NORESERVE);
    SHOW(madvise(a, 2 * kHuge, kPopulateRead));
    SHOW(madvise(a, 6 * kHuge, kPopulateWrite));
    munmap(a, 6 * kHuge);
    pool("all back");
}

void reached() {
    char* a = map(2);
    strcpy(a + 5 * kPage, "here");
    char text[8] = {};
    iovec local{text, 5}, remote{a + 5 * kPage, 5};
    SHOW(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
    say("%s\n", text);
    const int memory = open("/proc/self/mem", O_RDWR);
    SHOW(pwrite(memory, "there", 6, static_cast<off_t>(reinterpret_cast<uintptr_t>(a + 6 * kPage))));
    say("%s\n", a + 6 * kPage);
    close(memory);
    // A pipe holds on to one small page of it.
    int ends[2];
    pipe(ends);
    iovec piece{a + 5 * kPage, kPage};
    SHOW(vmsplice(ends[1], &piece, 1, 0));
    munmap(a, 2 * kHuge);
    say("in a pipe: %ld free\n", meminfo("HugePages_Free"));
    SHOW(read(ends[0], text, 5));
    say("%s\n", text);
    close(ends[0]);
    close(ends[1]);
    pool("all back");
    // Words that processes wait on.
    a = map(1, kShared);
    int* word = reinterpret_cast<int*>(a + 7 * kPage);
    const pid_t child = fork();
    if (child == 0) {
        while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == 0)
            syscall(SYS_futex, word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        _exit(*word);
    }
    usleep(20000);
    __atomic_store_n(word, 7, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    int ended = 0;
    waitpid(child, &ended, 0);
    say("futex: %d\n", WEXITSTATUS(ended));
    munmap(a, kHuge);
    // A debugger.
    a = map(1);
    const pid_t traced = fork();
    if (traced == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        *reinterpret_cast<long*>(a + 3 * kPage) = 1234;
        raise(SIGSTOP);
        _exit(static_cast<int>(*reinterpret_cast<long*>(a + 3 * kPage)));
    }
    waitpid(traced, nullptr, 0);
    SHOW(ptrace(PTRACE_PEEKDATA, traced, a + 3 * kPage, nullptr));
    SHOW(ptrace(PTRACE_POKEDATA, traced, a + 3 * kPage, 77l));
    ptrace(PTRACE_CONT, traced, nullptr, nullptr);
    waitpid(traced, &ended, 0);
    say("%d\n", WEXITSTATUS(ended));
    munmap(a, kHuge);
    pool("all back");
}

void files() {
    SHOW(memfd_create("x", MFD_HUGETLB | 20u << MFD_HUGE_SHIFT));
    SHOW(memfd_create("x", MFD_CLOEXEC | MFD_HUGE_2MB));
    const int fd = memfd_create("pages", MFD_HUGETLB | MFD_HUGE_2MB | MFD_ALLOW_SEALING);
    struct stat st;
    struct statfs fs;
    fstat(fd, &st);
    fstatfs(fd, &fs);
    say("%o %ld %ld %ld, %lx %ld\n", st.st_mode, st.st_size, static_cast<long>(st.st_blksize), st.st_blocks,
        static_cast<long>(fs.f_type), static_cast<long>(fs.f_bsize));
    SHOW(write(fd, "x", 1));
    SHOW(ftruncate(fd, kHuge + kPage));
    SHOW(ftruncate(fd, 2 * kHuge));
    pool("no promise");
    char* a = static_cast<char*>(mmap(nullptr, 2 * kHuge, kRW, MAP_SHARED, fd, 0));
    pool("2 promised");
    SHOW_SYS(SYS_mmap, 0, kHuge, kRW, MAP_SHARED, fd, kPage);
    strcpy(a + kHuge, "second");
    char text[8] = {};
    SHOW(pread(fd, text, 7, kHuge));
    say("%s\n", text);
    SHOW(pread(fd, text, 7, 0));
    say("%d\n", text[0]);
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    fstat(fd, &st);
    say("%ld blocks\n", st.st_blocks);
    smaps("memfd", a);
    // A private view: reads see the file, writes are a copy.
    char* b = static_cast<char*>(mmap(nullptr, 2 * kHuge, kRW, MAP_PRIVATE, fd, 0));
    pool("2 more promised");
    say("%s\n", b + kHuge);
    b[kHuge] = 'S';
    say("%s %s\n", b + kHuge, a + kHuge);
    pool("copied");
    munmap(b, 2 * kHuge);
    pool("back");
    // A longer mapping makes the file longer, one that cannot write does not.
    b = static_cast<char*>(mmap(nullptr, 3 * kHuge, PROT_READ, MAP_SHARED, fd, 0));
    fstat(fd, &st);
    say("%ld %s\n", st.st_size, touch(b + 2 * kHuge, false));
    munmap(b, 3 * kHuge);
    pool("promised beyond the end");
    b = static_cast<char*>(mmap(nullptr, 3 * kHuge, kRW, MAP_SHARED, fd, 0));
    fstat(fd, &st);
    say("%ld %s\n", st.st_size, touch(b + 2 * kHuge));
    munmap(b, 3 * kHuge);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kHuge + 3, 2 * kHuge));
    say("%.3s %d\n", a + kHuge, a[kHuge + 3]);
    pool("third punched");
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kHuge, kHuge));
    say("%d\n", a[kHuge]);
    SHOW(ftruncate(fd, kHuge));
    say("%s %s\n", touch(a + kHuge), touch(a));
    pool("one page");
    SHOW(fallocate(fd, 0, kHuge, kHuge));
    pool("two pages");
    SHOW(fallocate(fd, 0, 0, 9 * kHuge));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    SHOW(ftruncate(fd, 0));
    SHOW(ftruncate(fd, 64 * kHuge));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(a, 2 * kHuge);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW_SYS(SYS_mmap, 0, kHuge, kRW, MAP_SHARED, fd, 0);
    close(fd);
    pool("all back");
}

void segments() {
    const int id = shmget(IPC_PRIVATE, kHuge + 5, SHM_HUGETLB | IPC_CREAT | 0600);
    pool("2 promised");
    shmid_ds ds;
    shmctl(id, IPC_STAT, &ds);
    say("%zu\n", ds.shm_segsz);
    char* a = static_cast<char*>(shmat(id, nullptr, 0));
    char* b = static_cast<char*>(shmat(id, nullptr, SHM_RDONLY));
    a[2 * kHuge - 1] = 'z';
    say("%c %s\n", b[2 * kHuge - 1], touch(b));
    pool("one taken");
    SHOW(shmdt(a));
    SHOW(shmctl(id, IPC_RMID, nullptr));
    say("%c\n", b[2 * kHuge - 1]);
    SHOW(shmdt(b));
    pool("all back");
    say("too many: %d\n", shmget(IPC_PRIVATE, 5 * kHuge, SHM_HUGETLB | IPC_CREAT | 0600) == -1 && errno == ENOMEM);
    SHOW(shmget(IPC_PRIVATE, kHuge, SHM_HUGETLB | 20 << 26 | IPC_CREAT | 0600));
    const int later = shmget(IPC_PRIVATE, 2 * kHuge, SHM_HUGETLB | SHM_NORESERVE | IPC_CREAT | 0600);
    pool("none promised");
    SHOW(shmctl(later, IPC_RMID, nullptr));
}

void folder() {
    mkdir("huge", 0755);
    if (SHOW(mount("none", "huge", "hugetlbfs", 0, "pagesize=2M,mode=0700")) != 0) return;
    struct stat st;
    stat("huge", &st);
    say("%o %ld\n", st.st_mode, static_cast<long>(st.st_blksize));
    const int fd = open("huge/a", O_CREAT | O_RDWR, 0600);
    char* a = static_cast<char*>(mmap(nullptr, 2 * kHuge, kRW, MAP_SHARED, fd, 0));
    strcpy(a, "kept");
    munmap(a, 2 * kHuge);
    close(fd);
    pool("in a file");
    SHOW(rename("huge/a", "huge/b"));
    const int again = open("huge/b", O_RDONLY);
    char text[5] = {};
    SHOW(read(again, text, 4));
    say("%s\n", text);
    SHOW(truncate("huge/b", 0));
    close(again);
    pool("empty");
    SHOW(unlink("huge/b"));
    SHOW(umount("huge"));
    SHOW(mount("none", "huge", "hugetlbfs", 0, "nonsense=1"));
    rmdir("huge");
}

void surplus() {
    set(kSurplus, "2");
    char* a = map(6);
    pool("2 more than the pool");
    say("too many: %d\n", map(1) == MAP_FAILED && errno == ENOMEM);
    for (int i = 0; i < 6; i++) touch(a + i * kHuge);
    pool("all taken");
    say("%s", read_file(kPool).c_str());
    munmap(a, 6 * kHuge);
    pool("back to 4");
    char* b = map(9, kPrivate | MAP_NORESERVE);
    for (int i = 0; i < 7; i++) say("%s ", touch(b + i * kHuge));
    pool("\nas they come");
    munmap(b, 9 * kHuge);
    set(kSurplus, "0");
    // Smaller than what is in use or promised.
    a = map(3);
    touch(a);
    set(kPool, "0");
    pool("3 are needed");
    say("%s", read_file(kPool).c_str());
    say("%s\n", touch(a + kHuge));
    set(kPool, "2");
    pool("2 of them stay");
    munmap(a, 3 * kHuge);
    pool("2");
    set(kPool, "4");
    pool("4");
}

}  // namespace

int main(int argc, char**) {
    if (argc > 1) {
        pool("in the new program");
        return 0;
    }
    struct sigaction action{};
    action.sa_handler = on_fault;
    for (int signal : {SIGBUS, SIGSEGV}) sigaction(signal, &action, nullptr);
    const std::string pages = read_file(kPool), more = read_file(kSurplus);
    set(kPool, "4");
    set(kSurplus, "0");
    if (meminfo("HugePages_Total") != 4 || meminfo("HugePages_Free") != 4) {
        say("the pool cannot be set here\n");
        return 77;
    }
    the_pool();
    promises();
    refused();
    changes();
    forks();
    shared();
    told();
    reached();
    files();
    segments();
    folder();
    surplus();
    set(kPool, pages.c_str());
    set(kSurplus, more.c_str());
    return 0;
}
