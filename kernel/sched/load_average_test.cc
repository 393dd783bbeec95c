#include "sched/load_average.h"

#include <gtest/gtest.h>

TEST(LoadAverage, RisesToTheNumberOfThreadsAndFallsToZero) {
    for (u64 factor : sched::kLoadFactors) {
        u64 load = 0;
        for (int i = 0; i < 2000; i++) load = sched::decay_load(load, factor, 3);
        EXPECT_NEAR(static_cast<double>(load) / sched::kLoadOne, 3.0, 0.02);
        for (int i = 0; i < 2000; i++) load = sched::decay_load(load, factor, 0);
        EXPECT_EQ(load, 0u);
    }
}

TEST(LoadAverage, OneMinuteIsOneMinute) {
    u64 load = 0;
    for (int i = 0; i < 12; i++) load = sched::decay_load(load, sched::kLoadFactors[0], 1);
    EXPECT_NEAR(static_cast<double>(load) / sched::kLoadOne, 1 - 1 / 2.71828, 0.01);
}
