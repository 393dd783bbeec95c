// Threads that fault in, take apart, protect, fork and join the same large pages, each with pages of its own that it
// checks all the time.
#include "show.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <atomic>
#include <cstdint>

namespace {

constexpr size_t kPage = 4096, kLarge = 2 << 20, kPages = kLarge / kPage, kLargePages = 4, kThreads = 4;
constexpr int kCollapse = 25;
constexpr int kRounds = 60;

char* memory;
std::atomic<int> wrong{0};

uint64_t* words(size_t page) { return reinterpret_cast<uint64_t*>(memory + page * kPage); }

struct Worker {
    size_t id;
    uint64_t state;
    // What the thread's pages hold: its n-th is page n * kThreads + id.
    uint64_t value[kLargePages * kPages / kThreads] = {};

    uint64_t random() {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return state >> 33;
    }
    size_t page_of(size_t n) const { return n * kThreads + id; }
    void expect(size_t n, const char* when) {
        const uint64_t* w = words(page_of(n));
        if (w[0] == value[n] && w[511] == value[n]) return;
        if (wrong.fetch_add(1) < 5)
            say("%s: page %zu holds %llx and %llx, not %llx\n", when, page_of(n), static_cast<unsigned long long>(w[0]),
                static_cast<unsigned long long>(w[511]), static_cast<unsigned long long>(value[n]));
    }
    void put(size_t n) {
        value[n] = random() + 1;
        words(page_of(n))[0] = words(page_of(n))[511] = value[n];
    }
    void fork_and_check() {
        const pid_t child = fork();
        if (child == 0) {
            const int before = wrong.load();
            for (size_t n = 0; n < std::size(value); n++) expect(n, "child");
            for (size_t n = 0; n < 20; n++) put(random() % std::size(value));
            for (size_t n = 0; n < std::size(value); n++) expect(n, "child after writes");
            _exit(wrong.load() == before ? 0 : 1);
        }
        for (size_t n = 0; n < 10; n++) put(random() % std::size(value));
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) wrong.fetch_add(1);
    }
    void step() {
        const size_t n = random() % std::size(value);
        char* at = memory + page_of(n) * kPage;
        switch (random() % 16) {
            case 0:
                if (madvise(at, kPage, MADV_DONTNEED) != 0) wrong.fetch_add(1);
                value[n] = 0;
                break;
            case 1:
                if (mprotect(at, kPage, PROT_READ) != 0) wrong.fetch_add(1);
                expect(n, "read-only");
                if (mprotect(at, kPage, PROT_READ | PROT_WRITE) != 0) wrong.fetch_add(1);
                break;
            case 2:
                if (mmap(at, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
                    wrong.fetch_add(1);
                value[n] = 0;
                break;
            case 3:
                madvise(memory, kLargePages * kLarge, MADV_HUGEPAGE);
                madvise(memory + n % kLargePages * kLarge, kLarge, kCollapse);
                break;
            case 4: {
                uint64_t seen = 0;
                iovec mine{&seen, sizeof seen}, other{at, sizeof seen};
                if (process_vm_readv(getpid(), &mine, 1, &other, 1, 0) != sizeof seen || seen != value[n])
                    wrong.fetch_add(1);
                break;
            }
            case 5:
                if (random() % 8 == 0) fork_and_check();
                break;
            default: put(n);
        }
        expect(n, "after a step");
        expect(random() % std::size(value), "another page");
    }
};

void* run(void* self) {
    Worker& w = *static_cast<Worker*>(self);
    for (int i = 0; i < kRounds; i++) w.step();
    for (size_t n = 0; n < std::size(w.value); n++) w.expect(n, "end");
    return nullptr;
}

}  // namespace

int main() {
    static Worker workers[kThreads];
    char* p = static_cast<char*>(
        mmap(nullptr, (kLargePages + 1) * kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memory = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(p) + kLarge - 1) & ~(kLarge - 1));
    for (int round = 0; round < 2; round++) {
        madvise(memory, kLargePages * kLarge, MADV_DONTNEED);
        madvise(memory, kLargePages * kLarge, MADV_HUGEPAGE);
        pthread_t threads[kThreads];
        for (size_t i = 0; i < kThreads; i++) {
            workers[i] = {};
            workers[i].id = i;
            workers[i].state = i * 77 + static_cast<uint64_t>(round) + 1;
            pthread_create(&threads[i], nullptr, run, &workers[i]);
        }
        for (pthread_t t : threads) pthread_join(t, nullptr);
        say("round %d: wrong %d\n", round, wrong.load());
    }
}
