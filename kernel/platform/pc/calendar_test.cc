#include "platform/pc/calendar.h"

#include <gtest/gtest.h>

namespace {
using platform::pc::CmosTime;
using platform::pc::unix_time;
TEST(Calendar, BcdAndBinary) {
    EXPECT_EQ(unix_time({0x56, 0x34, 0x12, 0x29, 0x02, 0x24, 0x20, 2}), 1'709'210'096);
    EXPECT_EQ(unix_time({56, 34, 12, 29, 2, 24, 20, 2 | 4}), 1'709'210'096);
    EXPECT_EQ(unix_time({0, 0, 0, 1, 1, 70, 19, 2 | 4}), 0);
}
TEST(Calendar, TwelveHourClock) {
    EXPECT_EQ(unix_time({0, 0, 0x12, 0x01, 0x01, 0x70, 0x19, 0}), 0);                 // 12 am
    EXPECT_EQ(unix_time({0, 0, 0x12 | 0x80, 0x01, 0x01, 0x70, 0x19, 0}), 12 * 3600);  // 12 pm
    EXPECT_EQ(unix_time({0, 0, 0x01 | 0x80, 0x01, 0x01, 0x70, 0x19, 0}), 13 * 3600);
}
TEST(Calendar, CenturyIsGuessed) { EXPECT_EQ(unix_time({0, 0, 0, 1, 1, 0, 0, 2 | 4}), 946'684'800); }
TEST(Calendar, NoClock) { EXPECT_EQ(unix_time({255, 255, 255, 255, 255, 255, 255, 255}), std::nullopt); }
}  // namespace
