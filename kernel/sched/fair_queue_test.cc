#include "sched/fair_queue.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace sched;

namespace {

struct Simulation {
    FairQueue queue;
    FairEntity* running = nullptr;

    void add(FairEntity& e) { queue.enqueue(e, true); }
    // Runs one tick of `ns` for the one whose turn it is.
    FairEntity* step(i64 ns) {
        if (running == nullptr) running = queue.take_next();
        FairEntity* ran = running;
        if (queue.charge(*running, ns) && queue.waiting() > 0) {
            queue.put_back(*running);
            running = queue.take_next();
        }
        return ran;
    }
};

TEST(FairQueue, EqualWeightsShareEqually) {
    Simulation s;
    std::vector<FairEntity> entities(5);
    std::vector<i64> ran(5);
    for (FairEntity& e : entities) s.add(e);
    for (int i = 0; i < 5000; i++) ran[static_cast<usize>(s.step(1'000'000) - entities.data())] += 1;
    for (i64 r : ran) EXPECT_NEAR(static_cast<double>(r), 1000, 5);
}

TEST(FairQueue, WeightsShareInProportion) {
    Simulation s;
    FairEntity heavy, light;
    set_weight(heavy, weight_of_nice(-5));  // 3121
    set_weight(light, weight_of_nice(0));   // 1024
    s.add(heavy);
    s.add(light);
    i64 h = 0, l = 0;
    for (int i = 0; i < 20000; i++) (s.step(1'000'000) == &heavy ? h : l)++;
    EXPECT_NEAR(static_cast<double>(h) / static_cast<double>(l), 3121.0 / 1024.0, 0.05);
}

TEST(FairQueue, ASleeperGetsAtMostOneSliceOfCredit) {
    Simulation s;
    FairEntity hog, sleeper;
    s.add(hog);
    for (int i = 0; i < 1000; i++) s.step(1'000'000);
    s.add(sleeper);
    EXPECT_GE(sleeper.vruntime, s.queue.virtual_time() - kSliceNs);
    EXPECT_TRUE(s.queue.preempts(sleeper, hog));
}

TEST(FairQueue, PingPongPartnersDoNotPreemptEachOther) {
    Simulation s;
    FairEntity a, b;
    s.add(a);
    s.running = s.queue.take_next();
    s.add(b);
    EXPECT_FALSE(s.queue.preempts(b, a) && a.vruntime == 0);
    // They run a microsecond each in turn, sleeping between.
    FairEntity* now = &a;
    FairEntity* other = s.queue.take_next();
    s.queue.dequeue(*other);
    for (int i = 0; i < 1000; i++) {
        s.queue.charge(*now, 1000);
        s.queue.enqueue(*other, true);
        if (i > 10) EXPECT_FALSE(s.queue.preempts(*other, *now));
        s.queue.dequeue(*now);
        EXPECT_EQ(s.queue.take_next(), other);
        std::swap(now, other);
    }
}

TEST(FairQueue, YieldLetsAllOthersRunFirst) {
    Simulation s;
    std::vector<FairEntity> e(4);
    for (FairEntity& x : e) s.add(x);
    FairEntity* self = s.queue.take_next();
    s.queue.yield(*self);
    s.queue.put_back(*self);
    for (int i = 0; i < 3; i++) EXPECT_NE(s.queue.take_next(), self);
    EXPECT_EQ(s.queue.take_next(), self);
}

TEST(FairQueue, NobodyStarvesUnderRandomSleepAndWake) {
    std::mt19937 random(42);
    Simulation s;
    std::vector<FairEntity> all(20);
    std::vector<i64> ran(20), waited(20);
    std::vector<bool> in(20);
    for (usize i = 0; i < all.size(); i++) {
        set_weight(all[i], weight_of_nice(static_cast<int>(i) - 10));
        s.add(all[i]);
        in[i] = true;
    }
    for (int step = 0; step < 100000; step++) {
        if (s.running == nullptr) s.running = s.queue.take_next();
        if (s.running != nullptr) {
            const usize i = static_cast<usize>(s.running - all.data());
            waited[i] = 0;
            ran[i]++;
            const bool over = s.queue.charge(*s.running, 500'000);
            if (random() % 8 == 0 && i % 2 == 0) {
                s.queue.dequeue(*s.running);
                in[i] = false;
                s.running = nullptr;
            } else if (over) {
                s.queue.put_back(*s.running);
                s.running = nullptr;
            }
        }
        const usize i = random() % all.size();
        if (!in[i]) {
            s.add(all[i]);
            in[i] = true;
        }
        for (usize k = 0; k < all.size(); k++)
            if (in[k] && &all[k] != s.running) ASSERT_LT(waited[k]++, 60000) << k;
        EXPECT_EQ(s.queue.count(), static_cast<u32>(std::count(in.begin(), in.end(), true)));
    }
    for (i64 r : ran) EXPECT_GT(r, 0);
}

TEST(FairQueue, MovingBetweenQueuesKeepsTheDistance) {
    FairQueue a, b;
    FairEntity x, ya, yb;
    a.enqueue(ya, true);
    b.enqueue(yb, true);
    a.charge(ya, 50'000'000);
    b.charge(yb, 900'000'000);
    a.enqueue(x, true);
    const i64 lag = a.virtual_time() - x.vruntime;
    a.dequeue(x);
    a.leave(x);
    b.join(x);
    EXPECT_EQ(b.virtual_time() - x.vruntime, lag);
}

TEST(FairQueue, NiceWeights) {
    EXPECT_EQ(weight_of_nice(-20), 88761u);
    EXPECT_EQ(weight_of_nice(0), 1024u);
    EXPECT_EQ(weight_of_nice(19), 15u);
    EXPECT_EQ(weight_of_nice(100), 15u);
}

}  // namespace
