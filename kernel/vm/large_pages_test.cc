#include <gtest/gtest.h>

#include "vm/large_pages.h"

namespace vm::large_pages {
namespace {

constexpr u64 kLarge = 2 << 20;

TEST(LargePages, Wanted) {
    EXPECT_TRUE(wanted(Mode::kAlways, MapFlags::kNone));
    EXPECT_FALSE(wanted(Mode::kAlways, MapFlags::kNoHugePage));
    EXPECT_FALSE(wanted(Mode::kMadvise, MapFlags::kNone));
    EXPECT_TRUE(wanted(Mode::kMadvise, MapFlags::kHugePage));
    EXPECT_FALSE(wanted(Mode::kNever, MapFlags::kHugePage));
}

TEST(LargePages, Fits) {
    EXPECT_TRUE(fits(kLarge, kLarge, 2 * kLarge));
    EXPECT_TRUE(fits(2 * kLarge - 1, kLarge, 2 * kLarge));
    EXPECT_FALSE(fits(kLarge, kLarge, 2 * kLarge - kPageSize));
    EXPECT_FALSE(fits(kLarge + kPageSize, kLarge + kPageSize, 3 * kLarge));
    EXPECT_TRUE(fits(2 * kLarge, kLarge + kPageSize, 3 * kLarge));
}

TEST(LargePages, HoldsOne) {
    EXPECT_TRUE(holds_one(kLarge - kPageSize, 2 * kLarge));
    EXPECT_FALSE(holds_one(kLarge + kPageSize, 3 * kLarge - kPageSize));
    EXPECT_FALSE(holds_one(kPageSize, kLarge));
}

}  // namespace
}  // namespace vm::large_pages
