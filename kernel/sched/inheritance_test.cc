#include "sched/inheritance.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <vector>

using namespace sched;

namespace {

struct Actor : PiThread {
    Urgency own;
    u32 told = 0;
};
Urgency own_of(const PiThread& t) { return static_cast<const Actor&>(t).own; }
void on_changed(PiThread& t) { static_cast<Actor&>(t).told++; }
InheritanceGraph graph({&own_of, &on_changed});

Urgency real_time(u8 priority) { return {static_cast<u8>(100 - priority), 0}; }
Urgency by(i64 deadline) { return {Urgency::kDeadline, deadline}; }
PiWaiter wait_of(Actor& a) {
    PiWaiter w;
    w.thread = &a;
    return w;
}
void set(Actor& a, Urgency u) {
    a.own = u;
    graph.refresh(a);
}

TEST(Inheritance, DeadlinesComeBeforeRealTimeBeforeOthers) {
    EXPECT_TRUE(by(9).before(real_time(99)));
    EXPECT_TRUE(by(8).before(by(9)));
    EXPECT_FALSE(by(9).before(by(9)));
    EXPECT_TRUE(real_time(2).before(real_time(1)));
    EXPECT_TRUE(real_time(1).before(Urgency{}));
    EXPECT_FALSE(Urgency{}.before(Urgency{}));
}

TEST(Inheritance, AnOwnerIsAsUrgentAsItsMostUrgentWaiter) {
    Actor owner, low, high;
    PiLock lock;
    set(low, real_time(10));
    set(high, real_time(50));
    PiWaiter a = wait_of(low), b = wait_of(high);
    graph.set_owner(lock, &owner);
    ASSERT_TRUE(graph.block(a, lock).ok());
    EXPECT_EQ(owner.effective, real_time(10));
    ASSERT_TRUE(graph.block(b, lock).ok());
    EXPECT_EQ(owner.effective, real_time(50));
    EXPECT_EQ(lock.top(), &b);
    graph.leave(b);
    EXPECT_EQ(owner.effective, real_time(10));
    EXPECT_EQ(&graph.hand_over(lock), &a);
    EXPECT_EQ(owner.effective, Urgency{});
    EXPECT_EQ(lock.owner(), &low);
}

TEST(Inheritance, ChainsCarryUrgencyAndDropIt) {
    std::array<Actor, 5> chain;
    std::array<PiLock, 5> locks;
    std::vector<PiWaiter> waits(5);
    for (usize i = 0; i < 5; i++) {
        graph.set_owner(locks[i], &chain[i]);
        waits[i].thread = &chain[i];
    }
    // Each waits for the one before.
    for (usize i = 1; i < 5; i++) ASSERT_TRUE(graph.block(waits[i], locks[i - 1]).ok());
    set(chain[4], by(7));
    for (Actor& a : chain) EXPECT_EQ(a.effective, by(7));
    set(chain[4], Urgency{});
    set(chain[2], real_time(3));
    EXPECT_EQ(chain[0].effective, real_time(3));
    EXPECT_EQ(chain[3].effective, Urgency{});
    graph.leave(waits[1]);
    EXPECT_EQ(chain[0].effective, Urgency{});
    EXPECT_EQ(chain[1].effective, real_time(3));
    for (usize i = 2; i < 5; i++) graph.leave(waits[i]);
}

TEST(Inheritance, CirclesAreRefusedAndChangeNothing) {
    Actor a, b, c;
    PiLock of_a, of_b, of_c;
    graph.set_owner(of_a, &a);
    graph.set_owner(of_b, &b);
    graph.set_owner(of_c, &c);
    PiWaiter wa = wait_of(a), wb = wait_of(b), wc = wait_of(c);
    EXPECT_EQ(graph.block(wa, of_a).error(), Errno::kDEADLK);
    ASSERT_TRUE(graph.block(wa, of_b).ok());
    ASSERT_TRUE(graph.block(wb, of_c).ok());
    EXPECT_EQ(graph.block(wc, of_a).error(), Errno::kDEADLK);
    EXPECT_EQ(c.blocked_on, nullptr);
    EXPECT_EQ(of_a.top(), nullptr);
    graph.leave(wa);
    EXPECT_TRUE(graph.block(wc, of_a).ok());
    graph.leave(wc);
    graph.leave(wb);
}

TEST(Inheritance, EqualsAreServedInOrder) {
    Actor owner;
    std::array<Actor, 4> others;
    std::array<PiWaiter, 4> waits;
    PiLock lock;
    graph.set_owner(lock, &owner);
    for (usize i = 0; i < 4; i++) {
        waits[i].thread = &others[i];
        ASSERT_TRUE(graph.block(waits[i], lock).ok());
    }
    for (PiWaiter& w : waits) EXPECT_EQ(&graph.hand_over(lock), &w);
}

// Random blocking, leaving, releasing and changes of priority, against what the definition gives.
class Simulation {
  public:
    static constexpr usize kThreads = 24, kLocks = 30;

    void step(std::mt19937& random) {
        const usize t = random() % kThreads, l = random() % kLocks;
        switch (random() % 6) {
            case 0:
            case 1: acquire(t, l); break;
            case 2: release(l); break;
            case 3: give_up(t); break;
            default: set(threads[t], random_urgency(random)); break;
        }
        check();
    }
    void end() {
        for (usize t = 0; t < kThreads; t++) give_up(t);
        check();
    }

  private:
    static Urgency random_urgency(std::mt19937& random) {
        switch (random() % 3) {
            case 0: return {};
            case 1: return real_time(static_cast<u8>(1 + random() % 99));
            default: return by(static_cast<i64>(random() % 50));
        }
    }
    void acquire(usize t, usize l) {
        if (wants[t]) return;
        if (locks[l].owner() == nullptr) {
            graph.set_owner(locks[l], &threads[t]);
            return;
        }
        waits[t].thread = &threads[t];
        const Result<void> r = graph.block(waits[t], locks[l]);
        EXPECT_EQ(r.ok(), !would_circle(t, l));
        if (r.ok()) wants[t] = l;
    }
    bool would_circle(usize t, usize l) const {
        for (;;) {
            const auto* owner = static_cast<const Actor*>(locks[l].owner());
            if (owner == &threads[t]) return true;
            const auto& next = wants[static_cast<usize>(owner - threads.data())];
            if (!next) return false;
            l = *next;
        }
    }
    void release(usize l) {
        if (locks[l].owner() == nullptr) return;
        if (locks[l].top() == nullptr) {
            graph.set_owner(locks[l], nullptr);
            return;
        }
        const Urgency most = locks[l].top()->urgency;
        for (usize t = 0; t < kThreads; t++)
            if (wants[t] == l) EXPECT_FALSE(threads[t].effective.before(most));
        auto& next = static_cast<Actor&>(*graph.hand_over(locks[l]).thread);
        wants[static_cast<usize>(&next - threads.data())].reset();
    }
    void give_up(usize t) {
        if (!wants[t]) return;
        graph.leave(waits[t]);
        wants[t].reset();
    }
    // The definition: the best of its own and of all that wait, directly or not.
    Urgency expected(usize t) const {
        Urgency best = threads[t].own;
        for (usize other = 0; other < kThreads; other++) {
            if (!wants[other] || locks[*wants[other]].owner() != &threads[t]) continue;
            const Urgency u = expected(other);
            if (u.before(best)) best = u;
        }
        return best;
    }
    void check() const {
        for (usize t = 0; t < kThreads; t++) ASSERT_EQ(threads[t].effective, expected(t)) << "thread " << t;
    }

    std::array<Actor, kThreads> threads;
    std::array<PiLock, kLocks> locks;
    std::array<PiWaiter, kThreads> waits;
    std::array<std::optional<usize>, kThreads> wants;
};

TEST(Inheritance, AgreesWithItsDefinition) {
    for (u32 seed = 1; seed <= 40; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Simulation simulation;
        for (int i = 0; i < 1500; i++) simulation.step(random);
        simulation.end();
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
