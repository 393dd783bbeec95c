#include <gtest/gtest.h>

#include "base/host_names.h"
#include "time/interval.h"

namespace {

constexpr i64 kEnd = std::numeric_limits<i64>::max();

struct Case {
    i64 at, interval, now;
    u64 count;
    i64 next;
};

TEST(PassIntervals, CountsMomentsPassed) {
    for (const Case& c : {Case{100, 10, 99, 0, 100}, Case{100, 10, 100, 1, 110}, Case{100, 10, 109, 1, 110},
                          Case{100, 10, 110, 2, 120}, Case{100, 10, 1000, 91, 1010}, Case{100, 0, 100, 1, 100},
                          Case{100, 0, 5000, 1, 100}, Case{-50, 20, -5, 3, 10}}) {
        i64 at = c.at;
        EXPECT_EQ(time::pass_intervals(at, c.interval, c.now), c.count) << c.at << " " << c.interval << " " << c.now;
        EXPECT_EQ(at, c.next);
    }
}

TEST(PassIntervals, StopsAtTheEndOfTheClock) {
    i64 at = kEnd - 5;
    EXPECT_EQ(time::pass_intervals(at, kEnd, kEnd - 5), 1u);
    EXPECT_EQ(at, kEnd);
    at = 0;
    EXPECT_EQ(time::pass_intervals(at, 1, kEnd), static_cast<u64>(kEnd) + 1);
    EXPECT_EQ(at, kEnd);
}

}  // namespace
