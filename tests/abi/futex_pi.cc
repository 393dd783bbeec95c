// Futexes with priority inheritance: LOCK_PI, LOCK_PI2, TRYLOCK_PI, UNLOCK_PI, WAIT_REQUEUE_PI, CMP_REQUEUE_PI.
#include "asleep.h"
#include "show.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

using Word = std::atomic<uint32_t>;
static Word lock, other, condition;
static timespec in_ms(int ms, clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += ms * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}
static long futex(void* word, int op, uint32_t value = 0, const void* time = nullptr, void* second = nullptr,
                  uint32_t value3 = 0) {
    return syscall(SYS_futex, word, op, value, time, second, value3);
}
static long futex_count(void* word, int op, uint32_t value, uint32_t value2, void* second, uint32_t value3) {
    return syscall(SYS_futex, word, op, value, static_cast<unsigned long>(value2), second, value3);
}
static uint32_t self() { return static_cast<uint32_t>(gettid()); }
// A lock word without numbers: whose it is, and the marks.
static std::string state_of(const Word& word) {
    uint32_t v = word, tid = v & FUTEX_TID_MASK;
    return std::string(tid == 0        ? "free"
                       : tid == self() ? "mine"
                                       : "another's") +
           (v & FUTEX_WAITERS ? " waiters" : "") + (v & FUTEX_OWNER_DIED ? " died" : "");
}
static void tell(const char* what, const Word& word) { say("%s: %s\n", what, state_of(word).c_str()); }

struct Thread {
    pthread_t id;
    std::atomic<pid_t> tid{0};
    std::atomic<long> result{-99};
    std::atomic<int> error{0};
    std::string note;  // told by join(), so that the order of lines does not depend on who is quicker
    void (*body)(Thread&);
    explicit Thread(void (*b)(Thread&)) : body(b) {
        pthread_create(
            &id, nullptr,
            [](void* p) -> void* {
                Thread& t = *static_cast<Thread*>(p);
                t.tid = gettid();
                t.body(t);
                return nullptr;
            },
            this);
        while (tid == 0) usleep(1000);
    }
    void keep(long r) {
        error = errno;
        result = r;
    }
    // Until it sleeps in the kernel.
    void wait_asleep() { ::wait_asleep(tid); }
    void join(const char* what) {
        pthread_join(id, nullptr);
        if (result == -1) {
            say("%s: %s\n", what, strerrorname_np(error));
        } else {
            say("%s: %ld %s\n", what, result.load(), note.c_str());
        }
    }
};

static void errors() {
    say("-- errors\n");
    lock = 0;
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    tell("taken", lock);
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    tell("given", lock);
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE));
    tell("tried", lock);
    SHOW(futex(&lock, FUTEX_UNLOCK_PI));
    tell("given", lock);
    // Nobody has that number.
    lock = 0x3ffffff0;
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    say("%x\n", lock.load());
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    // Left by one that died, and marks without an owner.
    lock = FUTEX_OWNER_DIED;
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    tell("died", lock);
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    lock = FUTEX_WAITERS | FUTEX_OWNER_DIED;
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE));
    tell("died", lock);
    lock = 0;
    // Addresses.
    char* odd = reinterpret_cast<char*>(&lock) + 2;
    SHOW(futex(odd, FUTEX_LOCK_PI_PRIVATE));
    SHOW(futex(odd, FUTEX_TRYLOCK_PI));
    SHOW(futex(reinterpret_cast<void*>(16), FUTEX_LOCK_PI_PRIVATE));
    SHOW(futex(reinterpret_cast<void*>(16), FUTEX_UNLOCK_PI_PRIVATE));
    SHOW(futex(reinterpret_cast<void*>(16), FUTEX_LOCK_PI));
    void* read_only = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(futex(read_only, FUTEX_LOCK_PI_PRIVATE));
    SHOW(futex(read_only, FUTEX_UNLOCK_PI_PRIVATE));
    munmap(read_only, 4096);
    // Times.
    timespec bad{0, 1000000000}, past{1, 0};
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, &bad));
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, reinterpret_cast<void*>(8)));
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, &bad));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, &bad));
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &past));
    SHOW(futex(&lock, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, &past));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE | FUTEX_CLOCK_REALTIME));
}

static void contended() {
    say("-- contended\n");
    lock = 0;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread try_it([](Thread& t) { t.keep(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE)); });
    try_it.join("tried");
    tell("marked", lock);
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    tell("given", lock);

    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread late([](Thread& t) {
        timespec end = in_ms(20, CLOCK_REALTIME);
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, &end));
    });
    late.join("timed out");
    Thread later([](Thread& t) {
        timespec end = in_ms(20, CLOCK_MONOTONIC);
        t.keep(futex(&lock, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG, 0, &end));
    });
    later.join("timed out");
    Thread passed([](Thread& t) {
        timespec end{1, 0};
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, &end));
    });
    passed.join("long ago");
    tell("still", lock);

    Thread heir([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        t.note = state_of(lock);
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    });
    heir.wait_asleep();
    // Other operations do not go with those that inherit.
    SHOW(futex(&lock, FUTEX_WAKE_PRIVATE, 1));
    SHOW(futex_count(&lock, FUTEX_REQUEUE_PRIVATE, 1, 1, &other, 0));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    heir.join("heir");
    tell("free", lock);

    // A signal handler runs, and the wait goes on.
    struct sigaction action = {};
    action.sa_handler = [](int) { say("handled\n"); };
    sigaction(SIGUSR1, &action, nullptr);
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread interrupted([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    });
    interrupted.wait_asleep();
    pthread_kill(interrupted.id, SIGUSR1);
    usleep(20000);
    interrupted.wait_asleep();
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    interrupted.join("interrupted");

    // A plain waiter on the same word.
    lock = 77;
    Thread plain([](Thread& t) { t.keep(futex(&lock, FUTEX_WAIT_PRIVATE, 77)); });
    plain.wait_asleep();
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    lock = self();
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_WAKE_PRIVATE, 1));
    plain.join("plain");

    // User space that changes a lock's owner.
    lock = 0;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread waits([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    });
    waits.wait_asleep();
    uint32_t right = lock;
    lock = FUTEX_WAITERS | 1;
    Thread wrong([](Thread& t) { t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE)); });
    wrong.join("another owner");
    lock = right;
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    waits.join("waited");
}

static void circle() {
    say("-- circle\n");
    lock = other = 0;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread t([](Thread& me) {
        futex(&other, FUTEX_LOCK_PI_PRIVATE);
        me.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
        futex(&other, FUTEX_UNLOCK_PI_PRIVATE);
    });
    t.wait_asleep();
    SHOW(futex(&other, FUTEX_LOCK_PI_PRIVATE));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    t.join("the other");
}

static void death() {
    say("-- the owner dies\n");
    lock = 0;
    Thread owner([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        while (!(lock & FUTEX_WAITERS)) usleep(1000);
        usleep(30000);
    });
    usleep(10000);
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
    tell("inherited", lock);
    owner.join("owner");
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    tell("given", lock);
    // Nobody waited: the word keeps the number, and there is no such thread.
    Thread gone([](Thread& t) { t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE)); });
    gone.join("gone");
    usleep(20000);
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE));

    // A plain waiter of high priority on the word stands before the one that inherits.
    lock = 0;
    Thread dying([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        while (other == 0) usleep(1000);
    });
    usleep(10000);
    Thread heir([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        t.note = state_of(lock);
    });
    heir.wait_asleep();
    Thread plain([](Thread& t) {
        sched_param param{30};
        sched_setscheduler(0, SCHED_FIFO, &param);
        t.keep(futex(&lock, FUTEX_WAIT_PRIVATE, lock));
    });
    plain.wait_asleep();
    other = 1;
    dying.join("dying");
    heir.join("heir");
    SHOW(futex(&lock, FUTEX_WAKE_PRIVATE, 1));
    plain.join("plain");
    lock = other = 0;

    // glibc's robust mutexes, and one that a process shares with its child.
    struct Shared {
        pthread_mutex_t mutex;
        std::atomic<int> state;
    };
    auto* shared =
        static_cast<Shared*>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &attributes);
    for (bool wait : {false, true}) {
        pid_t child = fork();
        if (child == 0) {
            pthread_mutex_lock(&shared->mutex);
            shared->state = 1;
            if (wait) usleep(40000);
            _exit(0);
        }
        while (shared->state == 0) usleep(1000);
        if (!wait) waitpid(child, nullptr, 0);
        say("lock: %s\n", strerrorname_np(pthread_mutex_lock(&shared->mutex)));
        say("consistent: %d\n", pthread_mutex_consistent(&shared->mutex));
        say("unlock: %d\n", pthread_mutex_unlock(&shared->mutex));
        if (wait) waitpid(child, nullptr, 0);
        shared->state = 0;
    }
    munmap(shared, sizeof(Shared));
}

static void requeue() {
    say("-- requeue\n");
    lock = other = condition = 0;
    auto wait_then_unlock = [](Thread& t) {
        t.keep(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, nullptr, &lock));
        if (t.result != 0) return;
        t.note = state_of(lock);
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    };
    SHOW(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 1, nullptr, &lock));
    SHOW(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, nullptr, &condition));
    SHOW(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 1, nullptr, &condition));
    timespec past{1, 0};
    SHOW(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &past, &lock));
    SHOW(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &past, &lock));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 1));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &condition, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 2, 0, &lock, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 0, 0, &lock, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, static_cast<uint32_t>(-1), 0, &lock, 0));

    // The mutex is free: the first has it at once.
    Thread first(wait_then_unlock);
    first.wait_asleep();
    SHOW(futex(&condition, FUTEX_WAKE_PRIVATE, 1));
    SHOW(futex_count(&condition, FUTEX_REQUEUE_PRIVATE, 1, 1, &lock, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 5, &other, 0));
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 0));
    first.join("first");
    // Held by the one that signals: all wait for it.
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    {
        Thread a(wait_then_unlock), b(wait_then_unlock), c(wait_then_unlock);
        a.wait_asleep();
        b.wait_asleep();
        c.wait_asleep();
        SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 1, &lock, 0));
        SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 100, &lock, 0));
        tell("queued", lock);
        SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
        a.join("a");
        b.join("b");
        c.join("c");
    }
    tell("free", lock);
    // Free, and more than one.
    {
        Thread a(wait_then_unlock), b(wait_then_unlock);
        a.wait_asleep();
        b.wait_asleep();
        SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 100, &lock, 0));
        a.join("a");
        b.join("b");
    }
    // Plain waiters and those that are to be moved do not go together.
    Thread plain([](Thread& t) { t.keep(futex(&condition, FUTEX_WAIT_PRIVATE, 0)); });
    plain.wait_asleep();
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 1, &lock, 0));
    SHOW(futex(&condition, FUTEX_WAKE_PRIVATE, 1));
    plain.join("plain");
    // A signal after the move: the call ends. Before it: it begins anew.
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    Thread moved([](Thread& t) { t.keep(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, nullptr, &lock)); });
    moved.wait_asleep();
    pthread_kill(moved.id, SIGUSR1);
    usleep(20000);
    moved.wait_asleep();
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 0));
    pthread_kill(moved.id, SIGUSR1);
    moved.join("interrupted");
    Thread late([](Thread& t) {
        timespec end = in_ms(150, CLOCK_MONOTONIC);
        t.keep(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &end, &lock));
    });
    late.wait_asleep();
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 0));
    late.join("timed out");
    // The mutex's owner is the one that would be moved.
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    Thread owns([](Thread& t) {
        futex(&lock, FUTEX_LOCK_PI_PRIVATE);
        timespec end = in_ms(300, CLOCK_MONOTONIC);
        t.keep(futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &end, &lock));
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    });
    owns.wait_asleep();
    SHOW(futex_count(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &lock, 0));
    owns.join("its owner");
}

// What a waiter lends: the owner's priority as /proc tells it.
static void set_policy(pid_t tid, int policy, int priority) {
    sched_param param{priority};
    if (sched_setscheduler(tid, policy, &param) != 0) say("sched_setscheduler: %s\n", strerrorname_np(errno));
}
static void tell_priority(const char* what, pid_t tid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    std::string text = read_file(path);
    size_t at = text.rfind(')');
    long priority = -999;
    for (int field = 3; at != std::string::npos && field <= 18; field++) {
        at = text.find(' ', at + 1);
        if (field == 18 && at != std::string::npos) priority = strtol(text.c_str() + at, nullptr, 10);
    }
    sched_param param{};
    sched_getparam(tid, &param);
    say("%s: priority %ld, policy %d %d\n", what, priority, sched_getscheduler(tid), param.sched_priority);
}
static void inheritance() {
    say("-- inheritance\n");
    lock = other = 0;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    tell_priority("owner", gettid());
    // A chain: high waits for `other` of middle, which waits for `lock` of ours.
    Thread middle([](Thread& t) {
        futex(&other, FUTEX_LOCK_PI_PRIVATE);
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
        futex(&other, FUTEX_UNLOCK_PI_PRIVATE);
    });
    middle.wait_asleep();
    set_policy(middle.tid, SCHED_RR, 7);
    tell_priority("owner", gettid());
    Thread high([](Thread& t) {
        set_policy(0, SCHED_FIFO, 40);
        timespec end = in_ms(400, CLOCK_REALTIME);
        t.keep(futex(&other, FUTEX_LOCK_PI_PRIVATE, 0, &end));
    });
    high.wait_asleep();
    tell_priority("middle", middle.tid);
    tell_priority("owner", gettid());
    // A child does not have what its parent was lent.
    in_child("child", [] {
        sched_param param{};
        sched_getparam(0, &param);
        say("child: %d %d\n", sched_getscheduler(0), param.sched_priority);
        return 0;
    });
    set_policy(gettid(), SCHED_FIFO, 60);
    tell_priority("owner", gettid());
    set_policy(gettid(), SCHED_FIFO, 10);
    tell_priority("owner", gettid());
    set_policy(gettid(), SCHED_OTHER, 0);
    tell_priority("owner", gettid());
    set_policy(high.tid, SCHED_FIFO, 20);
    tell_priority("owner", gettid());
    high.join("high");  // it gives up
    tell_priority("middle", middle.tid);
    tell_priority("owner", gettid());
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE));
    tell_priority("owner", gettid());
    middle.join("middle");

    // The most urgent comes first, and among plain waiters too.
    futex(&lock, FUTEX_LOCK_PI_PRIVATE);
    static std::string order;
    order.clear();
    auto in_turn = [](Thread& t) {
        sched_param param{};
        sched_getparam(0, &param);
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        order += std::to_string(param.sched_priority) + " ";
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    };
    Thread low([](Thread& t) {
        t.keep(futex(&lock, FUTEX_LOCK_PI_PRIVATE));
        order += "low ";
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    });
    low.wait_asleep();
    set_policy(gettid(), SCHED_FIFO, 3);
    Thread three(in_turn);
    three.wait_asleep();
    set_policy(gettid(), SCHED_FIFO, 9);
    Thread nine(in_turn);
    nine.wait_asleep();
    set_policy(gettid(), SCHED_FIFO, 5);
    Thread five(in_turn);
    five.wait_asleep();
    set_policy(gettid(), SCHED_OTHER, 0);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE);
    for (Thread* t : {&low, &three, &nine, &five}) t->join("in turn");
    say("order: %s\n", order.c_str());
}

int main() {
    errors();
    contended();
    circle();
    death();
    requeue();
    inheritance();
    return 0;
}
