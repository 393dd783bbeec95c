#include "process/cpu_clock.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <ctime>

namespace {

using process::CpuClock;

TEST(CpuClock, DecodesWhatTheLibraryMakes) {
    clockid_t clock;
    ASSERT_EQ(clock_getcpuclockid(getpid(), &clock), 0);
    EXPECT_EQ(CpuClock::decode(clock), (CpuClock{CpuClock::Counts::kScheduled, false, getpid()}));
    ASSERT_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
    EXPECT_EQ(CpuClock::decode(clock), (CpuClock{CpuClock::Counts::kScheduled, true, gettid()}));
}

TEST(CpuClock, KnowsItsNumbers) {
    EXPECT_EQ(CpuClock::decode(CLOCK_PROCESS_CPUTIME_ID), CpuClock{});
    EXPECT_EQ(CpuClock::decode(CLOCK_THREAD_CPUTIME_ID)->of_thread, true);
    EXPECT_EQ(CpuClock::decode(~0 << 3), (CpuClock{CpuClock::Counts::kAll, false, 0}));
    for (i32 clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_TAI, 77, (~5 << 3) | 3, (~5 << 3) | 7})
        EXPECT_FALSE(CpuClock::decode(clock)) << clock;
}

TEST(CpuClock, SelectsWhatCounts) {
    const process::CpuTime used{100, 30};
    EXPECT_EQ((CpuClock{CpuClock::Counts::kAll}.select(used)), 130u);
    EXPECT_EQ((CpuClock{CpuClock::Counts::kUser}.select(used)), 100u);
    EXPECT_EQ((CpuClock{CpuClock::Counts::kScheduled}.select(used)), 130u);
}

}  // namespace
