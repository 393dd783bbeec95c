#include "drivers/console/strip.h"

#include <gtest/gtest.h>

#include <set>

using namespace drivers::console;

namespace {

constexpr i64 kColumn = Strip::kColumnNs;

Strip make(u32 columns) {
    Strip s;
    EXPECT_TRUE(s.create(columns, 0).ok());
    return s;
}

TEST(Strip, UnknownUntilTheFirstSwitch) {
    Strip s = make(4);
    s.advance(2 * kColumn);
    for (u32 i = 0; i < 4; i++) EXPECT_EQ(s.colour(i), Strip::kUnknown);
}

TEST(Strip, NewestColumnsAreLastAndOldOnesLeave) {
    Strip s = make(4);
    for (u32 task = 1; task <= 6; task++) s.feed({(task - 1) * kColumn, task});
    s.advance(6 * kColumn);
    for (u32 i = 0; i < 4; i++) EXPECT_EQ(s.colour(i), Strip::colour_of(i + 3));
}

TEST(Strip, TheLongestTaskGivesTheColour) {
    Strip s = make(2);
    s.feed({0, 1});
    s.feed({kColumn * 3 / 10, 2});
    s.feed({kColumn * 7 / 10, 3});
    s.feed({kColumn * 8 / 10, 1});
    s.advance(kColumn);
    EXPECT_EQ(s.colour(1), Strip::colour_of(1));
    EXPECT_NE(Strip::colour_of(1), Strip::colour_of(2));
}

TEST(Strip, AShortTaskShowsBeforeIdleness) {
    Strip s = make(2);
    s.feed({0, 0});
    s.feed({kColumn / 2, 9});
    s.feed({kColumn / 2 + 1000, 0});
    s.advance(2 * kColumn);
    EXPECT_EQ(s.colour(0), Strip::colour_of(9));
    EXPECT_EQ(s.colour(1), Strip::kIdle);
}

TEST(Strip, OneTaskMayRunOverManyColumns) {
    Strip s = make(8);
    s.feed({0, 5});
    s.advance(kColumn * 11 / 2);
    for (u32 i = 3; i < 8; i++) EXPECT_EQ(s.colour(i), Strip::colour_of(5));
    EXPECT_EQ(s.colour(2), Strip::kUnknown);
}

TEST(Strip, ALongPauseIsSkipped) {
    Strip s = make(4);
    s.feed({0, 5});
    s.advance(kColumn * 1'000'000'000);
    for (u32 i = 0; i < 4; i++) EXPECT_EQ(s.colour(i), Strip::colour_of(5));
}

TEST(Strip, TasksHaveManyColours) {
    std::set<u8> seen;
    for (u32 task = 1; task < 100; task++) seen.insert(Strip::colour_of(task));
    EXPECT_GE(seen.size(), 20u);
    EXPECT_FALSE(seen.contains(Strip::kIdle));
    EXPECT_FALSE(seen.contains(Strip::kUnknown));
}

TEST(SwitchRing, FirstInFirstOutAndFullLosesTheNewest) {
    static sched::SwitchRing ring;
    sched::SwitchRecord r;
    EXPECT_FALSE(ring.take(r));
    for (u32 i = 0; i < sched::SwitchRing::kSize + 3; i++) ring.record(i, i);
    EXPECT_EQ(ring.lost(), 3u);
    for (u32 i = 0; i < sched::SwitchRing::kSize; i++) {
        ASSERT_TRUE(ring.take(r));
        EXPECT_EQ(r.task, i);
    }
    EXPECT_FALSE(ring.take(r));
}

}  // namespace
