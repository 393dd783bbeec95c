#include "sched/rt_queue.h"

#include <gtest/gtest.h>

using namespace sched;

namespace {
RtEntity with(u8 priority) {
    RtEntity e;
    e.rt_priority = priority;
    return e;
}

TEST(RealTimeQueue, HighestPriorityFirstThenOrderOfArrival) {
    RealTimeQueue q;
    RtEntity a = with(10), b = with(99), c = with(10), d = with(1);
    for (RtEntity* e : {&a, &b, &c, &d}) q.push(*e, false);
    EXPECT_EQ(q.waiting(), 4u);
    for (RtEntity* e : {&b, &a, &c, &d}) {
        ASSERT_EQ(q.first(), e);
        q.remove(*e);
    }
    EXPECT_EQ(q.first(), nullptr);
}

TEST(RealTimeQueue, APreemptedOneComesBackInFront) {
    RealTimeQueue q;
    RtEntity a = with(10), b = with(10);
    q.push(a, false);
    q.push(b, true);
    EXPECT_EQ(q.first(), &b);
    q.remove(a);
    q.remove(b);
}
}  // namespace
