#include <gtest/gtest.h>

#include "vm/commit.h"

namespace vm::commit {
namespace {

constexpr Policy kNever{.mode = Mode::kNever, .total = 1000, .limit = 500, .committed = 100};

TEST(Commit, Limit) {
    EXPECT_EQ(limit_of(1000, 50, 0), 500u);
    EXPECT_EQ(limit_of(1001, 99, 0), 990u);
    EXPECT_EQ(limit_of(1000, 50, 400), 100u);
    EXPECT_EQ(limit_of(1000, 200, 0), 2000u);
}

TEST(Commit, GuessRefusesWhatCanNeverBe) {
    Policy p{.mode = Mode::kGuess, .total = 1000, .limit = 10, .committed = 5000};
    EXPECT_TRUE(allows(p, {.pages = 1000}));
    EXPECT_FALSE(allows(p, {.pages = 1001}));
    p.mode = Mode::kAlways;
    EXPECT_TRUE(allows(p, {.pages = ~u64{0}}));
}

TEST(Commit, NeverCountsWhatIsPromised) {
    EXPECT_TRUE(allows(kNever, {.pages = 399, .administrator = true}));
    EXPECT_FALSE(allows(kNever, {.pages = 400, .administrator = true}));
    EXPECT_FALSE(allows(kNever, {.pages = ~u64{0}, .administrator = true}));
}

TEST(Commit, NeverKeepsReserves) {
    Policy p = kNever;
    p.admin_reserve = 50;
    EXPECT_TRUE(allows(p, {.pages = 399, .administrator = true}));
    EXPECT_FALSE(allows(p, {.pages = 350}));
    EXPECT_TRUE(allows(p, {.pages = 349}));
    p.user_reserve = 20;
    EXPECT_FALSE(allows(p, {.pages = 349, .space_pages = 32}));
    EXPECT_TRUE(allows(p, {.pages = 348, .space_pages = 32}));
    EXPECT_TRUE(allows(p, {.pages = 329, .space_pages = 32000}));  // never more than the reserve
    EXPECT_FALSE(allows(p, {.pages = 330, .space_pages = 32000}));
    p.admin_reserve = 5000;
    EXPECT_FALSE(allows(p, {.pages = 1}));
}

}  // namespace
}  // namespace vm::commit
