#include "sched/deadline.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

using namespace sched;

namespace {

constexpr i64 kMs = 1'000'000;

DlEntity entity(u64 runtime_ms, u64 deadline_ms, u64 period_ms) {
    DlEntity e;
    e.dl = {runtime_ms * kMs, deadline_ms * kMs, period_ms * kMs, 0};
    return e;
}

TEST(Deadline, ParametersAreChecked) {
    const auto ok = [](u64 r, u64 d, u64 p) { return DlParameters{r, d, p, 0}.checked().ok(); };
    EXPECT_TRUE(ok(1024, 100'000, 100'000));
    EXPECT_FALSE(ok(1023, 100'000, 100'000));
    EXPECT_FALSE(ok(1024, 0, 100'000));
    EXPECT_FALSE(ok(2000, 1999, 100'000));
    EXPECT_FALSE(ok(2000, 200'000, 100'000));
    EXPECT_FALSE(ok(1024, 99'999, 99'999));
    EXPECT_TRUE(ok(1024, 4'194'304'000, 4'194'304'000));
    EXPECT_FALSE(ok(1024, 4'194'304'001, 4'194'304'001));
    EXPECT_FALSE(ok(1024, u64{1} << 63, u64{1} << 63));
    EXPECT_EQ((DlParameters{2000, 200'000, 0, 0}.checked()->period), 200'000u);
}

TEST(Deadline, ShareIsNotExceededAfterASleep) {
    DlEntity e = entity(10, 100, 100);
    e.begin(0);
    EXPECT_FALSE(e.charge(4 * kMs));
    e.wake(10 * kMs);  // 6 of 90 left: within its share
    EXPECT_EQ(e.dl_at, 100 * kMs);
    EXPECT_EQ(e.dl_left, 6 * kMs);
    e.wake(60 * kMs);  // 6 of 40 would be more
    EXPECT_EQ(e.dl_at, 160 * kMs);
    EXPECT_EQ(e.dl_left, 10 * kMs);
    e.wake(500 * kMs);
    EXPECT_EQ(e.dl_at, 600 * kMs);
}

TEST(Deadline, ConstrainedOnesWaitForTheirPeriod) {
    DlEntity e = entity(10, 20, 100);
    e.begin(0);
    e.wake(15 * kMs);
    EXPECT_EQ(e.dl_left, 5 * kMs / 2);
    EXPECT_EQ(e.dl_at, 20 * kMs);
    e.wake(30 * kMs);
    EXPECT_TRUE(e.used_up());
    DeadlineQueue queue;
    EXPECT_FALSE(queue.insert(e, 30 * kMs));
    EXPECT_EQ(queue.next_event(), 100 * kMs);
    EXPECT_EQ(queue.take_rested(99 * kMs), nullptr);
    EXPECT_EQ(queue.take_rested(100 * kMs), &e);
    EXPECT_EQ(e.dl_at, 120 * kMs);
}

TEST(Deadline, BoostedOnesHaveNoLimit) {
    DlEntity e = entity(1, 10, 10), stranger;
    e.begin(0);
    e.dl_boosted = true;
    e.dl_boost_at = 3 * kMs;
    EXPECT_EQ(e.order(), 3 * kMs);
    EXPECT_FALSE(e.charge(5 * kMs));
    EXPECT_FALSE(e.used_up());
    stranger.dl_boosted = true;
    stranger.dl_boost_at = 2 * kMs;
    EXPECT_FALSE(stranger.charge(50 * kMs));
    DeadlineQueue queue;
    EXPECT_TRUE(queue.insert(e, 5 * kMs));
    EXPECT_TRUE(queue.insert(stranger, 5 * kMs));
    EXPECT_EQ(queue.first(), &stranger);
    EXPECT_TRUE(queue.remove(e));
    EXPECT_TRUE(queue.remove(stranger));
    EXPECT_FALSE(queue.remove(stranger));
}

// One processor in steps of 0.1 ms. Each job asks for `demand` once a period.
struct Machine {
    struct Job : DlEntity {
        i64 demand = 0, left = 0, next = 0, ran = 0, missed = 0;
        bool asleep = true;
    };
    static constexpr i64 kStep = kMs / 10;
    std::vector<Job> jobs;
    DeadlineQueue queue;
    i64 now = 0;

    void run(i64 until) {
        for (; now < until; now += kStep) {
            while (DlEntity* rested = queue.take_rested(now)) queue.insert(*rested, now);
            for (Job& job : jobs) release(job);
            auto* running = static_cast<Job*>(queue.first());
            if (running == nullptr) continue;
            queue.remove(*running);
            running->ran += kStep;
            running->left -= kStep;
            (void)running->charge(kStep);
            if (running->left > 0) {
                queue.insert(*running, now + kStep);
            } else {
                running->asleep = true;
            }
        }
    }
    void release(Job& job) {
        if (now < job.next) return;
        if (job.left > 0) job.missed++;
        job.left += job.demand;
        job.next += static_cast<i64>(job.dl.period);
        if (!job.asleep) return;
        job.asleep = false;
        job.wake(now);
        queue.insert(job, now);
    }
};

TEST(Deadline, WhoKeepsItsWordMeetsItsDeadlines) {
    for (u32 seed = 1; seed <= 30; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Machine m;
        double load = 0;
        for (;;) {
            const u64 period = 5 + random() % 60, runtime = 1 + random() % (period / 2);
            load += static_cast<double>(runtime) / static_cast<double>(period);
            if (load > 1) break;
            Machine::Job job;
            static_cast<DlEntity&>(job) = entity(runtime, period, period);
            job.demand = static_cast<i64>(runtime) * kMs;
            m.jobs.push_back(job);
        }
        m.run(4000 * kMs);
        for (const auto& job : m.jobs) EXPECT_EQ(job.missed, 0);
    }
}

TEST(Deadline, WhoTakesTooMuchHarmsNobodyElse) {
    Machine m;
    for (auto [runtime, period, demand] : {std::array{10, 100, 1'000'000}, {30, 100, 30}, {5, 10, 5}}) {
        Machine::Job job;
        static_cast<DlEntity&>(job) =
            entity(static_cast<u64>(runtime), static_cast<u64>(period), static_cast<u64>(period));
        job.demand = demand * kMs;
        m.jobs.push_back(job);
    }
    m.run(5000 * kMs);
    EXPECT_NEAR(static_cast<double>(m.jobs[0].ran), 500.0 * kMs, 15.0 * kMs);
    EXPECT_EQ(m.jobs[1].missed, 0);
    EXPECT_EQ(m.jobs[2].missed, 0);
    EXPECT_TRUE(m.jobs[0].dl_rests || m.jobs[0].dl_left > 0);
}

TEST(Deadline, NoMoreIsPromisedThanThereIs) {
    DlBandwidth b;
    const u64 half = u64{1} << 19;
    EXPECT_TRUE(b.change(0, half, 1).ok());
    EXPECT_EQ(b.change(0, half, 1).error(), Errno::kBUSY);
    EXPECT_TRUE(b.change(0, half, 2).ok());
    EXPECT_EQ(b.set_limit(half - 1, 2).error(), Errno::kBUSY);
    b.give_back(half);
    EXPECT_TRUE(b.set_limit(half, 2).ok());
    EXPECT_TRUE(b.set_limit(DlBandwidth::kUnlimited, 1).ok());
    EXPECT_TRUE(b.change(0, half * 9, 1).ok());
}

}  // namespace
