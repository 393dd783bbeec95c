#include "sched/timer_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

using namespace sched;

namespace {

TEST(TimerQueue, OrderAndFirst) {
    TimerQueue q;
    Timer a, b, c;
    a.when = Instant{30};
    b.when = Instant{10};
    c.when = Instant{20};
    EXPECT_TRUE(q.insert(a));
    EXPECT_TRUE(q.insert(b));
    EXPECT_FALSE(q.insert(c));
    EXPECT_EQ(q.next(), Instant{10});
    EXPECT_EQ(q.take_due(Instant{9}), nullptr);
    EXPECT_EQ(q.take_due(Instant{25}), &b);
    EXPECT_EQ(q.take_due(Instant{25}), &c);
    EXPECT_EQ(q.take_due(Instant{25}), nullptr);
    q.remove(a);
    EXPECT_TRUE(q.empty());
    EXPECT_EQ(q.next(), Instant::never());
}

TEST(TimerQueue, EqualMomentsKeepTheirOrder) {
    TimerQueue q;
    Timer a, b;
    a.when = b.when = Instant{5};
    EXPECT_TRUE(q.insert(a));
    EXPECT_FALSE(q.insert(b));
    EXPECT_EQ(q.take_due(Instant{5}), &a);
    EXPECT_EQ(q.take_due(Instant{5}), &b);
}

TEST(TimerQueue, AgreesWithAMultimap) {
    std::mt19937 random(7);
    TimerQueue q;
    std::deque<Timer> timers(200);
    std::multimap<i64, Timer*> model;
    i64 now = 0;
    for (int step = 0; step < 20000; step++) {
        Timer& t = timers[random() % timers.size()];
        if (t.armed()) {
            q.remove(t);
            for (auto it = model.begin(); it != model.end(); ++it)
                if (it->second == &t) {
                    model.erase(it);
                    break;
                }
        } else {
            t.when = Instant{now + static_cast<i64>(random() % 1000)};
            q.insert(t);
            model.emplace(t.when.ns, &t);
        }
        now += random() % 10;
        while (Timer* due = q.take_due(Instant{now})) {
            ASSERT_EQ(model.begin()->first, due->when.ns);
            for (auto it = model.begin(); it != model.end(); ++it)
                if (it->second == due) {
                    model.erase(it);
                    break;
                }
        }
        ASSERT_EQ(q.next().ns, model.empty() ? Instant::never().ns : model.begin()->first);
    }
    while (!model.empty()) {
        q.remove(*model.begin()->second);
        model.erase(model.begin());
    }
}

}  // namespace
