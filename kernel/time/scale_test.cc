#include <gtest/gtest.h>

#include "base/host_names.h"
#include "time/scale.h"

using time::Scale;

TEST(Scale, CommonRates) {
    for (u64 hz : {1'000'000'000ull, 2'400'000'000ull, 3'579'545ull, 62'500'000ull, 14'318'180ull}) {
        const Scale s{.mult = Scale::mult_for(hz)};
        EXPECT_NEAR(static_cast<double>(s.to_ns(hz)), 1e9, 2) << hz;
        // A day is right to a part in 2^31.
        EXPECT_NEAR(static_cast<double>(s.to_ns(hz * 86400)), 86400e9, 86400e9 / (1u << 31) + 1) << hz;
    }
}

TEST(Scale, NoOverflowInAHundredYears) {
    const u64 hz = 5'000'000'000;
    const Scale s{.mult = Scale::mult_for(hz)};
    const u64 century = u64{100} * 365 * 86400;
    EXPECT_NEAR(static_cast<double>(s.to_ns(hz / 2 * century)), static_cast<double>(century) / 2 * 1e9, 1e10);
}

TEST(Scale, RebasingKeepsTheClock) {
    Scale s{.mult = Scale::mult_for(3'579'545), .base_count = 100, .base_ns = 5, .mask = 0xffffff};
    EXPECT_EQ(s.to_ns(100), 5);
    const Scale later = s.rebased(0xfffff0);
    EXPECT_EQ(later.to_ns(0xfffff0), s.to_ns(0xfffff0));
    // The counter wraps.
    EXPECT_GT(later.to_ns(0x10), later.to_ns(0xffffff));
    const Scale faster = s.with_rate(5000, 1'000'000'000);
    EXPECT_EQ(faster.to_ns(5000), s.to_ns(5000));
    EXPECT_EQ(faster.to_ns(5100), s.to_ns(5000) + 100);
}

TEST(Scale, CountsNeverFireEarly) {
    EXPECT_EQ(time::counts_for(1, 1'000'000), 1u);
    EXPECT_EQ(time::counts_for(1'000'000'000, 62'500'000), 62'500'000u);
    EXPECT_EQ(time::counts_for(0, 62'500'000), 0u);
    EXPECT_EQ(time::counts_for(~u64{0}, 5'000'000'000), ~u64{0});
}
