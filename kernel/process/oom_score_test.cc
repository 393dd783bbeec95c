#include "process/oom_score.h"

#include <gtest/gtest.h>

namespace process::oom {
namespace {

constexpr u64 kTotal = 100'000;

TEST(OomScore, BadnessIsMemoryAndAdjustment) {
    EXPECT_EQ(badness(500, 10, 0, kTotal), 510);
    EXPECT_EQ(badness(500, 10, 100, kTotal), 10'510);
    EXPECT_EQ(badness(500, 10, -100, kTotal), -9'490);
    EXPECT_EQ(badness(500, 10, -1000, kTotal), std::nullopt);
}

TEST(OomScore, ShownScore) {
    EXPECT_EQ(shown_score(0, kTotal), 666u);
    EXPECT_EQ(shown_score(kTotal, kTotal), 1333u);
    EXPECT_EQ(shown_score(badness(0, 0, 1000, kTotal), kTotal), 1333u);
    EXPECT_EQ(shown_score(badness(0, 0, -999, kTotal), kTotal), 0u);
    EXPECT_EQ(shown_score(std::nullopt, kTotal), 0u);
}

TEST(OomScore, OldScale) {
    EXPECT_EQ(from_old_adjustment(15), 1000);
    EXPECT_EQ(from_old_adjustment(-17), -1000);
    EXPECT_EQ(from_old_adjustment(14), 823);
    EXPECT_EQ(from_old_adjustment(16), std::nullopt);
    EXPECT_EQ(from_old_adjustment(-18), std::nullopt);
    EXPECT_EQ(old_adjustment(1000), 15);
    EXPECT_EQ(old_adjustment(999), 15);
    EXPECT_EQ(old_adjustment(-1000), -17);
    EXPECT_EQ(old_adjustment(300), 5);
}

}  // namespace
}  // namespace process::oom
