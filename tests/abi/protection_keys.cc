// pkey_alloc, pkey_free, pkey_mprotect; what keys forbid, in programs and in system calls; signals, threads, fork, exec.
// Expectations stand here, so that a host whose processor has no keys still agrees: there none is looked at.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <csetjmp>
#include <csignal>
#include <thread>

static constexpr long kPage = 4096;
static bool have_keys;

static unsigned rights() {
    if (!have_keys) return 0;  // RDPKRU would be an invalid instruction
    unsigned value, high;
    asm volatile("rdpkru" : "=a"(value), "=d"(high) : "c"(0));
    return value;
}
static void set_rights(unsigned value) {
    if (have_keys) asm volatile("wrpkru" : : "a"(value), "c"(0), "d"(0) : "memory");
}
static unsigned of_key(unsigned all, int key) { return all >> (2 * key) & 3; }
static void set_key(int key, unsigned denied) { set_rights((rights() & ~(3u << (2 * key))) | (denied << (2 * key))); }

static long allocate(unsigned long flags, unsigned long denied) { return syscall(SYS_pkey_alloc, flags, denied); }
static long release(long key) { return syscall(SYS_pkey_free, key); }
static long protect(void* at, long size, int protection, long key) {
    return syscall(SYS_pkey_mprotect, at, size, protection, key);
}

#define EXPECT(condition) say("%s: %s\n", #condition, !have_keys || (condition) ? "ok" : "WRONG")
#define EXPECT_ERROR(call, error) \
    say("%s, %s: %s\n", #call, #error, !have_keys || (errno = 0, (call) == -1 && errno == (error)) ? "ok" : "WRONG")

static sigjmp_buf back;
static siginfo_t last;
static unsigned rights_in_handler;

// 0: it can be done; else the si_code of the SIGSEGV.
static int try_access(volatile char* at, bool write) {
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
        rights_in_handler = rights();
        last = *info;
        siglongjmp(back, 1);
    };
    sigaction(SIGSEGV, &action, nullptr);
    const unsigned before = rights();
    if (sigsetjmp(back, 1) != 0) {
        set_rights(before);  // the handler had its own, and did not return
        return last.si_code;
    }
    if (write) {
        *at = 'w';
    } else {
        (void)*at;
    }
    return 0;
}

static char* fresh(long pages = 1, int protection = PROT_READ | PROT_WRITE) {
    return static_cast<char*>(mmap(nullptr, pages * kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void arguments() {
    EXPECT_ERROR(allocate(1, 0), EINVAL);
    EXPECT_ERROR(allocate(0, 4), EINVAL);
    EXPECT_ERROR(release(-1), EINVAL);
    EXPECT_ERROR(release(16), EINVAL);
    EXPECT_ERROR(release(9), EINVAL);
    char* page = fresh();
    EXPECT_ERROR(protect(page, kPage, PROT_READ, 9), EINVAL);
    EXPECT_ERROR(protect(page, kPage, PROT_READ, 16), EINVAL);
    EXPECT_ERROR(protect(page, kPage, PROT_READ, -2), EINVAL);
    EXPECT_ERROR(protect(page + 1, kPage, PROT_READ, 0), EINVAL);
    EXPECT(protect(page, 0, PROT_READ, 9) == 0);
    EXPECT(protect(page, kPage, PROT_READ, 0) == 0);
    EXPECT(protect(page, kPage, PROT_READ | PROT_WRITE, -1) == 0);
    munmap(page, kPage);
    EXPECT_ERROR(protect(page, kPage, PROT_READ, 0), ENOMEM);
    long keys[16];
    int count = 0;
    while (count < 16 && (keys[count] = allocate(0, 0)) > 0) count++;
    EXPECT(count == 15 && errno == ENOSPC);
    for (int i = 0; i < count; i++) release(keys[i]);
    EXPECT(allocate(0, PKEY_DISABLE_WRITE) == 1 && of_key(rights(), 1) == PKEY_DISABLE_WRITE);
    EXPECT(release(1) == 0);
    EXPECT_ERROR(release(1), EINVAL);
}

static void accesses() {
    const long key = allocate(0, PKEY_DISABLE_ACCESS);
    char* page = fresh(2);
    page[0] = 'a';
    EXPECT(protect(page, 2 * kPage, PROT_READ | PROT_WRITE, key) == 0);
    EXPECT(try_access(page, false) == SEGV_PKUERR && last.si_pkey == static_cast<unsigned>(key) &&
           last.si_addr == page);
    EXPECT(rights_in_handler == 0x55555554);
    EXPECT(try_access(page + kPage, false) == SEGV_PKUERR);  // a page that was never there
    EXPECT(try_access(page, true) == SEGV_PKUERR);
    set_key(static_cast<int>(key), PKEY_DISABLE_WRITE);
    EXPECT(try_access(page, false) == 0 && page[0] == 'a');
    EXPECT(try_access(page + kPage, false) == 0);
    EXPECT(try_access(page, true) == SEGV_PKUERR);
    set_key(static_cast<int>(key), 0);
    EXPECT(try_access(page, true) == 0 && try_access(page + kPage, true) == 0);

    // The kernel obeys too, and other rights count as well.
    int ends[2];
    EXPECT(pipe(ends) == 0 && write(ends[1], "0123", 4) == 4);
    set_key(static_cast<int>(key), PKEY_DISABLE_WRITE);
    EXPECT_ERROR(read(ends[0], page, 1), EFAULT);
    EXPECT(write(ends[1], page, 1) == 1);
    set_key(static_cast<int>(key), PKEY_DISABLE_ACCESS);
    EXPECT_ERROR(write(ends[1], page, 1), EFAULT);
    set_key(static_cast<int>(key), 0);
    EXPECT(read(ends[0], page, 1) == 1 && page[0] == '0');
    EXPECT(mprotect(page, kPage, PROT_READ) == 0 && try_access(page, true) == SEGV_ACCERR);
    EXPECT(mprotect(page, kPage, PROT_READ | PROT_WRITE) == 0);  // keeps its key
    set_key(static_cast<int>(key), PKEY_DISABLE_ACCESS);
    EXPECT(try_access(page, false) == SEGV_PKUERR);

    // Free: memory keeps the key, which can be given out again.
    EXPECT(release(key) == 0 && try_access(page, false) == SEGV_PKUERR);
    EXPECT(allocate(0, 0) == key && try_access(page, false) == 0);
    EXPECT(protect(page, kPage, PROT_READ | PROT_WRITE, 0) == 0);
    set_key(static_cast<int>(key), PKEY_DISABLE_ACCESS);
    EXPECT(try_access(page, false) == 0 && try_access(page + kPage, false) == SEGV_PKUERR);
    char* moved = static_cast<char*>(mremap(page + kPage, kPage, 4 * kPage, MREMAP_MAYMOVE));
    EXPECT(try_access(moved, false) == SEGV_PKUERR && try_access(moved + 3 * kPage, false) == SEGV_PKUERR);
    release(key);
}

static volatile unsigned seen;

static void threads_and_processes() {
    const int key = static_cast<int>(allocate(0, 0));
    char* page = fresh();
    page[0] = 'p';
    protect(page, kPage, PROT_READ | PROT_WRITE, key);
    set_key(key, PKEY_DISABLE_WRITE);
    std::thread([&] {
        seen = of_key(rights(), key);
        set_key(key, 0);
        page[0] = 'q';
        for (int i = 0; i < 50; i++) sched_yield();
        seen |= of_key(rights(), key) << 4;
    }).join();
    EXPECT(seen == PKEY_DISABLE_WRITE);  // inherited, then its own
    EXPECT(of_key(rights(), key) == PKEY_DISABLE_WRITE);
    EXPECT(page[0] == 'q' && try_access(page, true) == SEGV_PKUERR);
    const pid_t child = fork();
    if (child == 0) {
        const bool same = of_key(rights(), key) == PKEY_DISABLE_WRITE && try_access(page, true) == SEGV_PKUERR;
        set_key(key, 0);
        page[0] = 'c';  // a copy, which has the key too
        set_key(key, PKEY_DISABLE_ACCESS);
        _exit(same && try_access(page, false) == SEGV_PKUERR && release(key) == 0 ? 7 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    EXPECT(page[0] == 'q' && release(key) == 0);
}

// A handler has the rights of a fresh program, and those of before come back with it.
static void signals() {
    const int key = static_cast<int>(allocate(0, 0));
    char* page = fresh();
    protect(page, kPage, PROT_READ | PROT_WRITE, key);
    struct sigaction action = {};
    action.sa_handler = [](int) {
        rights_in_handler = rights();
        set_rights(0);
    };
    sigaction(SIGUSR1, &action, nullptr);
    set_key(key, 0);
    raise(SIGUSR1);
    EXPECT(of_key(rights_in_handler, key) == PKEY_DISABLE_ACCESS && of_key(rights(), key) == 0);
    set_key(key, PKEY_DISABLE_WRITE);
    raise(SIGUSR1);
    EXPECT(of_key(rights(), key) == PKEY_DISABLE_WRITE && try_access(page, true) == SEGV_PKUERR);
    release(key);
}

// Memory that can be executed only: the kernel takes a key for it.
static void execute_only() {
    char* page = fresh();
    memcpy(page, "\xb8\x2a\0\0\0\xc3", 6);  // mov $42, %eax; ret
    EXPECT(mprotect(page, kPage, PROT_EXEC) == 0 && reinterpret_cast<int (*)()>(page)() == 42);
    EXPECT(try_access(page, false) == SEGV_PKUERR && try_access(page, true) == SEGV_PKUERR);
    EXPECT_ERROR(release(static_cast<long>(last.si_pkey)), EINVAL);
    EXPECT(mprotect(page, kPage, PROT_READ | PROT_EXEC) == 0 && try_access(page, false) == 0);
    char* other = fresh(1, PROT_EXEC);
    EXPECT(try_access(other, false) == SEGV_PKUERR);
}

int main(int count, char** words) {
    have_keys = count > 1 || allocate(0, 0) > 0;
    if (count > 1) return rights() == 0x55555554 ? 8 : 9;
    release(1);
    arguments();
    accesses();
    threads_and_processes();
    signals();
    execute_only();
    set_rights(0);
    const pid_t child = fork();
    if (child == 0) {
        if (have_keys) execl("/proc/self/exe", words[0], "rights", nullptr);
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT(WEXITSTATUS(status) == 8);
}
