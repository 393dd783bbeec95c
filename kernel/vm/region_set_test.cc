#include <gtest/gtest.h>

#include <random>
#include <set>

#include "vm/region_set.h"

namespace vm {
namespace {

TEST(RegionSet, JoinsAndCuts) {
    RegionSet s;
    ASSERT_TRUE(s.prepare().ok());
    s.add(10, 20);
    EXPECT_EQ(s.count(0, 100), 10u);
    EXPECT_EQ(s.count(15, 16), 1u);
    EXPECT_FALSE(s.contains(9));
    EXPECT_TRUE(s.contains(10));
    EXPECT_FALSE(s.contains(20));
    ASSERT_TRUE(s.prepare().ok());
    s.remove(12, 14);
    EXPECT_EQ(s.count(0, 100), 8u);
    ASSERT_TRUE(s.prepare().ok());
    s.add(12, 14);
    s.remove(12, 14);  // one prepare() does for both
    EXPECT_EQ(s.count(10, 20), 8u);
    ASSERT_TRUE(s.prepare().ok());
    s.remove(0, ~u64{0});
    EXPECT_EQ(s.count(0, ~u64{0}), 0u);
}

TEST(RegionSet, AgainstASet) {
    std::mt19937_64 random(7);
    RegionSet s;
    std::set<u64> model;
    for (int step = 0; step < 20'000; step++) {
        const u64 from = random() % 200, to = from + random() % (step % 3 == 0 ? 40 : 3);
        ASSERT_TRUE(s.prepare().ok());
        if (random() % 2 == 0) {
            s.add(from, to);
            for (u64 i = from; i < to; i++) model.insert(i);
        } else {
            s.remove(from, to);
            for (u64 i = from; i < to; i++) model.erase(i);
        }
        const u64 a = random() % 200, b = a + random() % 60;
        u64 expected = 0;
        for (u64 i = a; i < b; i++) expected += model.count(i);
        ASSERT_EQ(s.count(a, b), expected);
        ASSERT_EQ(s.contains(a), model.contains(a));
    }
}

}  // namespace
}  // namespace vm
