#include "sched/async.h"

#include <gtest/gtest.h>

#include <vector>

using namespace sched;

namespace {

std::vector<Strand*> ready;
void post(Strand& s) { ready.push_back(&s); }
void run_ready() {
    while (!ready.empty()) {
        Strand* s = ready.front();
        ready.erase(ready.begin());
        s->run_on();
    }
}

// Waits until the test says so.
struct Gate {
    Strand* waiting = nullptr;
    bool await_ready() const { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> h) {
        waiting = &h.promise().strand();
        waiting->park(h);
    }
    void await_resume() const {}
    void open() { std::exchange(waiting, nullptr)->wake(); }
};

struct Witness {
    int* destroyed;
    ~Witness() { ++*destroyed; }
};

Async<int> twice(int n) { co_return 2 * n; }
Async<int> fails(int n) {
    if (n < 0) co_return Errno::kINVAL;
    co_return n;
}
Async<int> passes_on(int n) {
    const int a = CO_TRY(co_await twice(n));
    const int b = CO_TRY(co_await fails(a));
    co_return a + b;
}
Async<void> waits(Gate& gate, std::vector<int>& said, int* destroyed) {
    const Witness witness{destroyed};
    said.push_back(1);
    co_await gate;
    said.push_back(2);
    co_return {};
}
Async<void> waits_outside(Gate& gate, std::vector<int>& said, int* destroyed) {
    CO_TRY(co_await waits(gate, said, destroyed));
    said.push_back(3);
    co_return {};
}

template <typename T>
Result<T> run(Async<T> work) {
    Strand strand(&post);
    work.begin(strand);
    strand.wake();
    run_ready();
    EXPECT_TRUE(work.done());
    return work.result();
}

TEST(Async, ValuesAndErrorsArePassedOn) {
    EXPECT_EQ(run(passes_on(5)).value(), 20);
    EXPECT_EQ(run(passes_on(-5)).error(), Errno::kINVAL);
}

TEST(Async, BeginsOnlyWhenItsStrandIsWoken) {
    Gate gate;
    std::vector<int> said;
    int destroyed = 0;
    Strand strand(&post);
    Async<void> work = waits_outside(gate, said, &destroyed);
    work.begin(strand);
    EXPECT_TRUE(said.empty());
    strand.wake();
    run_ready();
    EXPECT_EQ(said, std::vector<int>({1}));
    EXPECT_FALSE(work.done());
    gate.open();
    EXPECT_EQ(said, std::vector<int>({1}));  // only its executor goes on with it
    run_ready();
    EXPECT_EQ(said, std::vector<int>({1, 2, 3}));
    EXPECT_TRUE(work.done());
    EXPECT_TRUE(work.result().ok());
}

TEST(Async, AnEndWhileItWaitsDestroysTheWholeChain) {
    Gate gate;
    std::vector<int> said;
    int destroyed = 0;
    Strand strand(&post);
    {
        Async<void> work = waits_outside(gate, said, &destroyed);
        work.begin(strand);
        strand.wake();
        run_ready();
        EXPECT_EQ(destroyed, 0);
    }
    EXPECT_EQ(destroyed, 1);
}

TEST(Async, NoFrameIsNoMemory) {
    Async<int> none;
    EXPECT_FALSE(none);
    const auto outer = [&]() -> Async<int> {
        const int n = CO_TRY(co_await none);
        co_return n + 1;
    };
    EXPECT_EQ(run(outer()).error(), Errno::kNOMEM);
}

TEST(Async, ManyAwaitsDoNotGrowTheStack) {
    const auto loop = []() -> Async<int> {
        int sum = 0;
        for (int i = 0; i < 200'000; i++) sum += CO_TRY(co_await twice(1));
        co_return sum;
    };
    EXPECT_EQ(run(loop()).value(), 400'000);
}

}  // namespace
