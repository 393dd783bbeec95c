// clone through pthreads, futex, thread ids, exit of one thread, robust and cleared ids, exec and exit of
// groups.
#include "show.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <climits>
#include <csignal>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static thread_local int own = 5;

static long futex(int* word, int operation, int value, const timespec* time = nullptr, int* second = nullptr,
                  int third = 0) {
    return syscall(SYS_futex, word, operation, value, time, second, third);
}

static void* count(void*) {
    for (int i = 0; i < 20000; ++i) {
        pthread_mutex_lock(&mutex);
        ++counter;
        pthread_mutex_unlock(&mutex);
    }
    own = 6;
    return reinterpret_cast<void*>(7L);
}

static void* ping(void* argument) {
    long side = reinterpret_cast<long>(argument);
    for (int i = 0; i < 500; ++i) {
        pthread_mutex_lock(&mutex);
        while (turn != side) pthread_cond_wait(&condition, &mutex);
        turn = 1 - static_cast<int>(side);
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return nullptr;
}

int main() {
    pthread_t threads[8];
    for (auto& thread : threads) pthread_create(&thread, nullptr, count, nullptr);
    long sum = 0;
    for (auto& thread : threads) {
        void* result;
        pthread_join(thread, &result);
        sum += reinterpret_cast<long>(result);
    }
    say("counter %ld results %ld own %d\n", counter, sum, own);
    for (long i = 0; i < 2; ++i) pthread_create(&threads[i], nullptr, ping, reinterpret_cast<void*>(i));
    for (int i = 0; i < 2; ++i) pthread_join(threads[i], nullptr);
    say("turn %d\n", turn);

    int word = 1;
    SHOW(futex(&word, FUTEX_WAIT, 0));
    timespec little = {0, 2000000}, bad = {0, 2000000000};
    SHOW(futex(&word, FUTEX_WAIT, 1, &little));
    SHOW(futex(&word, FUTEX_WAIT, 1, &bad));
    SHOW(futex(&word, FUTEX_WAIT_PRIVATE, 1, &little));
    SHOW(futex(&word, FUTEX_WAKE, 1));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 1, nullptr, nullptr, 0));
    SHOW(futex(reinterpret_cast<int*>(reinterpret_cast<char*>(&word) + 1), FUTEX_WAKE, 1));
    SHOW(futex(nullptr, FUTEX_WAIT, 1, &little));
    SHOW(futex(&word, 77, 1));
    static int shared_word = 0;
    pthread_create(
        &threads[0], nullptr,
        [](void*) -> void* {
            while (futex(&shared_word, FUTEX_WAKE, INT_MAX) == 0) sched_yield();
            return nullptr;
        },
        nullptr);
    SHOW(futex(&shared_word, FUTEX_WAIT, 0));
    pthread_join(threads[0], nullptr);

    // The thread's own id, a signal to one thread alone.
    static volatile int tid, signalled;
    signal(SIGUSR1, [](int) { signalled = static_cast<int>(syscall(SYS_gettid)); });
    static sem_t ready, done;
    sem_init(&ready, 0, 0);
    sem_init(&done, 0, 0);
    pthread_create(
        &threads[0], nullptr,
        [](void*) -> void* {
            tid = static_cast<int>(syscall(SYS_gettid));
            sem_post(&ready);
            while (sem_wait(&done) != 0) {}
            return nullptr;
        },
        nullptr);
    sem_wait(&ready);
    SHOW(tid != getpid());
    SHOW(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
    while (!signalled) sched_yield();
    SHOW(signalled == tid);
    sem_post(&done);
    pthread_join(threads[0], nullptr);

    in_child("exit of a thread that is not the first", [] {
        pthread_t thread;
        pthread_create(&thread, nullptr, [](void*) -> void* { exit(12); }, nullptr);
        for (;;) pause();
        return 0;
    });
    in_child("end of the first thread", [] {
        pthread_t thread;
        pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                usleep(20000);
                exit(13);
            },
            nullptr);
        pthread_exit(nullptr);
        return 0;
    });
    in_child("fork in a thread", [] {
        pthread_t thread;
        static int result;
        pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                pid_t child = fork();
                if (child == 0) _exit(21);
                int status = 0;
                waitpid(child, &status, 0);
                result = WEXITSTATUS(status);
                return nullptr;
            },
            nullptr);
        pthread_join(thread, nullptr);
        return result;
    });
    in_child("a fault in a thread ends all", [] {
        pthread_t thread;
        pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                *reinterpret_cast<volatile int*>(8) = 1;
                return nullptr;
            },
            nullptr);
        for (;;) pause();
        return 0;
    });
    // Many short threads.
    int made = 0;
    for (int i = 0; i < 200; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) == 0) {
            pthread_join(thread, nullptr);
            ++made;
        }
    }
    say("made %d\n", made);
    SHOW(syscall(SYS_clone, CLONE_THREAD, nullptr, nullptr, nullptr, 0));
    SHOW(syscall(SYS_clone, CLONE_SIGHAND, nullptr, nullptr, nullptr, 0));
    return 0;
}
