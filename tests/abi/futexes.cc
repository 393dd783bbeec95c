// futex, futex_waitv, robust lists: error paths, counts, masks, operations, shared and private keys.
#include "asleep.h"
#include "show.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>

using Word = std::atomic<uint32_t>;
static Word word, second;
static long futex(void* w, unsigned op, uint32_t value = 0, const void* time = nullptr, void* other = nullptr,
                  uint32_t value3 = 0) {
    return syscall(SYS_futex, w, op, value, time, other, value3);
}
static long futex_count(void* w, unsigned op, uint32_t value, uint32_t value2, void* other, uint32_t value3) {
    return syscall(SYS_futex, w, op, value, static_cast<unsigned long>(value2), other, value3);
}
static const timespec kShort{0, 5000000}, kBad{0, 1000000000}, kNegative{-1, 0};

// A thread that waits; told after its end.
struct Waiter {
    pthread_t id;
    std::atomic<pid_t> tid{0};
    long result = 0;
    int error = 0;
    void* w;
    unsigned op;
    uint32_t bits;
    Waiter(void* w0, unsigned op0, uint32_t bits0 = 0) : w(w0), op(op0), bits(bits0) {
        pthread_create(
            &id, nullptr,
            [](void* p) -> void* {
                Waiter& me = *static_cast<Waiter*>(p);
                me.tid = gettid();
                me.result = futex(me.w, me.op, static_cast<Word*>(me.w)->load(), nullptr, nullptr, me.bits);
                me.error = errno;
                return nullptr;
            },
            this);
        while (tid == 0) usleep(1000);
        wait_asleep(tid);
    }
    void join(const char* what) {
        pthread_join(id, nullptr);
        say("%s: %s\n", what, result == 0 ? "woken" : strerrorname_np(error));
    }
};

static void errors() {
    say("-- errors\n");
    char* odd = reinterpret_cast<char*>(&word) + 1;
    auto* nowhere = reinterpret_cast<void*>(4096);
    auto* kernel = reinterpret_cast<void*>(0xffffffff80000000);
    for (unsigned flag : {0u, static_cast<unsigned>(FUTEX_PRIVATE_FLAG)}) {
        SHOW(futex(odd, FUTEX_WAIT | flag));
        SHOW(futex(odd, FUTEX_WAKE | flag, 1));
        SHOW(futex(nowhere, FUTEX_WAIT | flag));
        SHOW(futex(nowhere, FUTEX_WAKE | flag, 1));
        SHOW(futex(kernel, FUTEX_WAIT | flag));
        SHOW(futex(kernel, FUTEX_WAKE | flag, 1));
        SHOW(futex(&word, FUTEX_WAIT | flag, 1));
        SHOW(futex(&word, FUTEX_WAIT | flag, 0, &kShort));
        SHOW(futex(&word, FUTEX_WAIT | flag, 0, &kBad));
        SHOW(futex(&word, FUTEX_WAIT | flag, 1, &kBad));
        SHOW(futex(&word, FUTEX_WAIT | flag, 1, &kNegative));
        SHOW(futex(&word, FUTEX_WAIT | flag, 0, nowhere));
        SHOW(futex(&word, FUTEX_WAIT_BITSET | flag, 0, &kShort, nullptr, 0));
        SHOW(futex(&word, FUTEX_WAIT_BITSET | flag, 1, nullptr, nullptr, 1));
        SHOW(futex(&word, FUTEX_WAIT_BITSET | flag, 0, &kShort, nullptr, 1));
        SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | flag, 0, &kShort, nullptr, 1));
        SHOW(futex(&word, FUTEX_WAKE_BITSET | flag, 1, nullptr, nullptr, 0));
        SHOW(futex(&word, FUTEX_WAKE_BITSET | flag, 1, nullptr, nullptr, 8));
        SHOW(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME | flag, 1));
        SHOW(futex(&word, FUTEX_WAKE | flag, static_cast<uint32_t>(-1)));
        SHOW(futex_count(&word, FUTEX_REQUEUE | flag, static_cast<uint32_t>(-1), 1, &second, 0));
        SHOW(futex_count(&word, FUTEX_REQUEUE | flag, 1, static_cast<uint32_t>(-1), &second, 0));
        SHOW(futex_count(&word, FUTEX_REQUEUE | flag, 1, 1, odd, 0));
        SHOW(futex_count(&word, FUTEX_CMP_REQUEUE | flag, 1, 1, &second, 5));
        SHOW(futex_count(&word, FUTEX_CMP_REQUEUE | flag, 1, 1, &second, 0));
        SHOW(futex_count(&word, FUTEX_CMP_REQUEUE | flag, 1, 1, &word, 0));
        SHOW(futex_count(nowhere, FUTEX_CMP_REQUEUE | flag, 1, 1, &second, 0));
    }
    SHOW(futex(&word, 14, 1));
    SHOW(futex(&word, 2, 1));
    SHOW(futex(&word, 99, 1));
}

static void counts() {
    say("-- counts\n");
    {
        Waiter a(&word, FUTEX_WAIT_PRIVATE), b(&word, FUTEX_WAIT_PRIVATE), c(&word, FUTEX_WAIT_PRIVATE);
        SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 0));
        SHOW(futex(&word, FUTEX_WAKE_PRIVATE, static_cast<uint32_t>(-5)));
        SHOW(futex(&word, FUTEX_WAKE, 1));
        SHOW(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX));
        a.join("a");
        b.join("b");
        c.join("c");
    }
    {
        Waiter a(&word, FUTEX_WAIT_BITSET_PRIVATE, 1), b(&word, FUTEX_WAIT_BITSET_PRIVATE, 2),
            c(&word, FUTEX_WAIT_BITSET_PRIVATE, 6);
        SHOW(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, nullptr, nullptr, 8));
        SHOW(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, nullptr, nullptr, 4));
        SHOW(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, nullptr, nullptr, 3));
        a.join("a");
        b.join("b");
        c.join("c");
    }
    {
        Waiter a(&word, FUTEX_WAIT_PRIVATE), b(&word, FUTEX_WAIT_PRIVATE), c(&word, FUTEX_WAIT_PRIVATE),
            d(&word, FUTEX_WAIT_PRIVATE);
        SHOW(futex_count(&word, FUTEX_REQUEUE_PRIVATE, 0, 0, &second, 0));
        SHOW(futex_count(&word, FUTEX_REQUEUE_PRIVATE, 1, 1, &second, 0));
        SHOW(futex_count(&word, FUTEX_REQUEUE_PRIVATE, 0, 9, &word, 0));
        SHOW(futex_count(&word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 1, &second, 0));
        SHOW(futex(&second, FUTEX_WAKE_PRIVATE, 9));
        SHOW(futex_count(&word, FUTEX_CMP_REQUEUE_PRIVATE, 9, 9, &second, 0));
        a.join("a");
        b.join("b");
        c.join("c");
        d.join("d");
    }
}

static void operations() {
    say("-- wake_op\n");
    const int ops[] = {FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR, 5, 6, 7};
    for (int op : ops) {
        for (int argument : {3, -1 & 0xfff}) {
            second = 10;
            long r = futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &second,
                                 static_cast<uint32_t>(FUTEX_OP(op, argument, FUTEX_OP_CMP_EQ, 10)));
            say("%d %d: %ld %s, %x\n", op, argument, r, r < 0 ? strerrorname_np(errno) : "", second.load());
        }
    }
    second = 10;
    SHOW(futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &second,
                     static_cast<uint32_t>(FUTEX_OP(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 5, FUTEX_OP_CMP_EQ, 10))));
    say("%u\n", second.load());
    // Each comparison: wakes the waiter of the second word if it holds.
    for (int compare = 0; compare < 8; compare++) {
        for (int value : {9, 10, 11}) {
            second = 10;
            Waiter first(&word, FUTEX_WAIT_PRIVATE), other(&second, FUTEX_WAIT_PRIVATE);
            long r = futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &second,
                                 static_cast<uint32_t>(FUTEX_OP(FUTEX_OP_ADD, 1, compare, value)));
            say("compare %d with %d: %ld %s, %u\n", compare, value, r, r < 0 ? strerrorname_np(errno) : "",
                second.load());
            futex(&word, FUTEX_WAKE_PRIVATE, 1);
            futex(&second, FUTEX_WAKE_PRIVATE, 1);
            first.join("first");
            other.join("second");
        }
    }
    SHOW(futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, reinterpret_cast<void*>(4096), 0));
    SHOW(futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, reinterpret_cast<char*>(&second) + 2, 0));
    void* read_only = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, read_only, 0));
    munmap(read_only, 4096);
    second = 0;
    {
        Waiter a(&word, FUTEX_WAIT_PRIVATE), b(&word, FUTEX_WAIT_PRIVATE);
        SHOW(futex_count(&word, FUTEX_WAKE_OP_PRIVATE, 0, 0, &second, 0));
        SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 9));
        a.join("a");
        b.join("b");
    }
}

// One page of a file mapped twice: shared keys meet, private ones do not.
static void keys() {
    say("-- keys\n");
    int fd = open("words", O_CREAT | O_RDWR | O_TRUNC, 0644);
    SHOW(ftruncate(fd, 8192));
    auto* a = static_cast<Word*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    auto* b = static_cast<Word*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    auto* copy = static_cast<Word*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    {
        Waiter w(a + 1024, FUTEX_WAIT);
        SHOW(futex(b + 1024, FUTEX_WAKE_PRIVATE, 1));
        SHOW(futex(a + 1024, FUTEX_WAKE_PRIVATE, 1));
        SHOW(futex(copy + 1024, FUTEX_WAKE, 1));
        SHOW(futex(b, FUTEX_WAKE, 1));
        SHOW(futex(b + 1024, FUTEX_WAKE, 1));
        w.join("shared");
    }
    {
        Waiter w(a, FUTEX_WAIT_PRIVATE);
        SHOW(futex(a, FUTEX_WAKE, 1));
        SHOW(futex(b, FUTEX_WAKE_PRIVATE, 1));
        SHOW(futex(a, FUTEX_WAKE_PRIVATE, 1));
        w.join("private");
    }
    // Across processes.
    pid_t child = fork();
    if (child == 0) {
        while (futex(b, FUTEX_WAKE, 1) == 0) usleep(1000);
        _exit(0);
    }
    SHOW(futex(a, FUTEX_WAIT, 0));
    waitpid(child, nullptr, 0);
    munmap(a, 8192);
    munmap(b, 8192);
    munmap(copy, 8192);
    close(fd);
}

static long waitv(const void* entries, unsigned count, unsigned flags, const timespec* time, clockid_t clock) {
    return syscall(SYS_futex_waitv, entries, count, flags, time, clock);
}
static void many() {
    say("-- waitv\n");
    word = second = 0;
    auto entry = [](Word& w, uint64_t value, uint32_t flags) {
        return futex_waitv{value, reinterpret_cast<uint64_t>(&w), flags, 0};
    };
    constexpr uint32_t kPrivate = FUTEX_32 | FUTEX_PRIVATE_FLAG;
    futex_waitv two[2] = {entry(word, 0, kPrivate), entry(second, 0, kPrivate)};
    timespec past{1, 0};
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    SHOW(waitv(two, 2, 0, &past, CLOCK_REALTIME));
    SHOW(waitv(two, 2, 0, &past, CLOCK_BOOTTIME));
    SHOW(waitv(two, 2, 1, &past, CLOCK_MONOTONIC));
    SHOW(waitv(two, 0, 0, &past, CLOCK_MONOTONIC));
    SHOW(waitv(two, 129, 0, &past, CLOCK_MONOTONIC));
    SHOW(waitv(nullptr, 2, 0, &past, CLOCK_MONOTONIC));
    SHOW(waitv(reinterpret_cast<void*>(4096), 2, 0, &past, CLOCK_MONOTONIC));
    SHOW(waitv(two, 2, 0, &kBad, CLOCK_MONOTONIC));
    SHOW(waitv(two, 2, 0, reinterpret_cast<timespec*>(4096), CLOCK_MONOTONIC));
    second = 1;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    second = 0;
    two[1].flags = FUTEX_PRIVATE_FLAG;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    two[1].flags = kPrivate | 0x40;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    two[1].flags = kPrivate;
    two[1].__reserved = 1;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    two[1].__reserved = 0;
    two[1].uaddr += 2;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    two[1].uaddr = 4096;
    SHOW(waitv(two, 2, 0, &past, CLOCK_MONOTONIC));
    two[1] = entry(second, 0, kPrivate);
    pthread_t waker;
    pthread_create(
        &waker, nullptr,
        [](void*) -> void* {
            while (futex(&second, FUTEX_WAKE_PRIVATE, 1) == 0) usleep(1000);
            return nullptr;
        },
        nullptr);
    SHOW(waitv(two, 2, 0, nullptr, CLOCK_MONOTONIC));
    pthread_join(waker, nullptr);
}

// What a dying thread leaves: entries of a list, another's number, the pending one, and marks.
struct Robust {
    robust_list list;
    Word lock;
};
static void robust() {
    say("-- robust lists\n");
    SHOW(syscall(SYS_set_robust_list, nullptr, 23));
    SHOW(syscall(SYS_set_robust_list, nullptr, sizeof(robust_list_head) + 8));
    constexpr int kCount = 40;
    struct Shared {
        robust_list_head head;
        Robust entries[kCount], pending, foreign, waiting;
    };
    auto* s =
        static_cast<Shared*>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    auto run = [&](auto prepare) {
        pid_t child = fork();
        if (child == 0) {
            uint32_t me = static_cast<uint32_t>(gettid());
            s->head.futex_offset = offsetof(Robust, lock) - offsetof(Robust, list);
            robust_list* last = &s->head.list;
            for (Robust& r : s->entries) {
                r.lock = me;
                last->next = &r.list;
                last = &r.list;
            }
            last->next = &s->head.list;
            s->pending.lock = me;
            s->foreign.lock = me + 1;
            s->head.list_op_pending = nullptr;
            prepare(me);
            if (syscall(SYS_set_robust_list, &s->head, sizeof(s->head)) != 0) _exit(1);
            _exit(0);
        }
        waitpid(child, nullptr, 0);
    };
    auto tell = [&](const char* what) {
        int died = 0;
        for (Robust& r : s->entries) died += r.lock == FUTEX_OWNER_DIED;
        say("%s: %d of %d; pending %d, foreign %d\n", what, died, kCount, s->pending.lock == FUTEX_OWNER_DIED,
            s->foreign.lock == FUTEX_OWNER_DIED);
    };
    run([&](uint32_t) {});
    tell("many");
    run([&](uint32_t) { s->head.list_op_pending = &s->pending.list; });
    tell("pending");
    run([&](uint32_t) { s->head.list_op_pending = &s->entries[3].list; });
    tell("pending and in the list");
    run([&](uint32_t me) { s->entries[5].lock = me + 7; });
    tell("another's in the list");
    run([&](uint32_t me) { s->entries[5].lock = me | FUTEX_WAITERS; });
    tell("with waiters");
    say("%d\n", s->entries[5].lock == (FUTEX_WAITERS | FUTEX_OWNER_DIED));
    run([&](uint32_t) { s->entries[9].list.next = reinterpret_cast<robust_list*>(8); });
    tell("a broken link");
    run([&](uint32_t) { s->entries[9].list.next = &s->entries[2].list; });
    tell("a circle");
    run([&](uint32_t) { s->head.futex_offset += 1; });
    tell("misaligned");
    run([&](uint32_t) {
        s->entries[0].list.next = reinterpret_cast<robust_list*>(reinterpret_cast<uint64_t>(&s->entries[1].list) | 1);
    });
    tell("one that inherits");
    // Waiters are woken: one a lock.
    s->waiting.lock = 1;
    pid_t sleeper = fork();
    if (sleeper == 0) _exit(futex(&s->waiting.lock, FUTEX_WAIT, 1) == 0 ? 3 : 4);
    wait_asleep(sleeper);
    run([&](uint32_t me) {
        s->waiting.lock = me | FUTEX_WAITERS;
        s->entries[0].list.next = &s->waiting.list;
        s->waiting.list.next = &s->head.list;
    });
    int status;
    waitpid(sleeper, &status, 0);
    say("woken: %d\n", WEXITSTATUS(status));
    munmap(s, sizeof(Shared));
}

// Words of memory that cannot be written.
static void read_only_words() {
    char* own = static_cast<char*>(mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(own + 4096, 4096, PROT_NONE);
    const int file = memfd_create("x", 0);
    if (ftruncate(file, 4096) != 0) return;
    void* shared = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
    void* copy = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    for (void* at : {static_cast<void*>(own), static_cast<void*>(own + 4096), shared, copy}) {
        SHOW(futex(at, FUTEX_WAKE, 1));
        SHOW(futex(at, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1));
        SHOW(futex(at, FUTEX_WAIT, 0, &kShort));
        SHOW(futex(at, FUTEX_WAIT, 1, &kShort));
    }
}

// Another's list is told to who may trace it.
static void lists() {
    void* head;
    size_t size;
    SHOW_SYS(SYS_get_robust_list, 0, &head, &size);
    SHOW_SYS(SYS_get_robust_list, 1 << 30, &head, &size);
    const pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    SHOW(syscall(SYS_get_robust_list, child, &head, &size));
    in_child("of another user", [&] {
        SHOW(setresuid(1000, 1000, 1000));
        SHOW(syscall(SYS_get_robust_list, child, &head, &size));
        return 0;
    });
    kill(child, SIGKILL);
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    SHOW(syscall(SYS_get_robust_list, child, &head, &size) == 0 ? 0 : -1);
    waitpid(child, nullptr, 0);
}

int main() {
    read_only_words();
    lists();
    errors();
    counts();
    operations();
    keys();
    many();
    robust();
    return 0;
}
