// Rows: threads and futexes.
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "bench.h"

namespace bench {
namespace {

void thread_create(long n) {
    for (long i = 0; i < n; i++) {
        pthread_t t;
        CHECK(pthread_create(&t, nullptr, [](void* p) { return p; }, nullptr) == 0);
        pthread_join(t, nullptr);
    }
}

long futex(uint32_t* word, int op, uint32_t value) { return syscall(SYS_futex, word, op, value, nullptr, nullptr, 0); }
void futex_wake(long n) {
    uint32_t word = 0;
    for (long i = 0; i < n; i++) CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1) == 0);
}

struct PingPong {
    uint32_t turn;
    long n;
};
void* futex_partner(void* p) {
    auto* g = static_cast<PingPong*>(p);
    for (long i = 0; i < g->n; i++) {
        while (__atomic_load_n(&g->turn, __ATOMIC_ACQUIRE) != 1) futex(&g->turn, FUTEX_WAIT_PRIVATE, 0);
        __atomic_store_n(&g->turn, 0, __ATOMIC_RELEASE);
        futex(&g->turn, FUTEX_WAKE_PRIVATE, 1);
    }
    return nullptr;
}
void futex_ping_pong(long n) {
    PingPong g{0, n};
    pthread_t t;
    CHECK(pthread_create(&t, nullptr, futex_partner, &g) == 0);
    start();
    for (long i = 0; i < n; i++) {
        __atomic_store_n(&g.turn, 1, __ATOMIC_RELEASE);
        futex(&g.turn, FUTEX_WAKE_PRIVATE, 1);
        while (__atomic_load_n(&g.turn, __ATOMIC_ACQUIRE) != 0) futex(&g.turn, FUTEX_WAIT_PRIVATE, 1);
    }
    Uncounted ending;
    pthread_join(t, nullptr);
}

// Four threads take a mutex in turn; who holds it yields, so that the others come and sleep.
void contended(long n, int protocol) {
    constexpr int kThreads = 4;
    struct Shared {
        pthread_mutex_t mutex;
        long each;
    } shared;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    CHECK(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
    CHECK(pthread_mutex_init(&shared.mutex, &attributes) == 0);
    shared.each = n / kThreads;
    pthread_t threads[kThreads];
    for (pthread_t& t : threads) {
        CHECK(pthread_create(
                  &t, nullptr,
                  [](void* p) -> void* {
                      auto& s = *static_cast<Shared*>(p);
                      for (long i = 0; i < s.each; i++) {
                          CHECK(pthread_mutex_lock(&s.mutex) == 0);
                          sched_yield();
                          CHECK(pthread_mutex_unlock(&s.mutex) == 0);
                      }
                      return nullptr;
                  },
                  &shared) == 0);
    }
    for (pthread_t& t : threads) pthread_join(t, nullptr);
    pthread_mutex_destroy(&shared.mutex);
}
void futex_contended(long n) { contended(n, PTHREAD_PRIO_NONE); }
void futex_pi(long n) { contended(n, PTHREAD_PRIO_INHERIT); }

constexpr Row kRows[] = {
    {"thread-create", "create and join a thread", 500, thread_create},
    {"futex-wake", "FUTEX_WAKE with nobody waiting", 10000, futex_wake, By::kInstructions, true},
    {"futex-ping-pong", "a turn to another thread and back", 3000, futex_ping_pong},
    {"futex-contended", "a mutex that four threads want", 4000, futex_contended},
    {"futex-pi", "the same with priority inheritance", 4000, futex_pi},
};

}  // namespace
constinit const std::span<const Row> kThreadRows = kRows;
}  // namespace bench
