#include "drivers/hostio/frame_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace {
TEST(FrameDecoder, FramesAndEnd) {
    drivers::hostio::FrameDecoder decoder;
    std::string text;
    int ends = 0;
    std::string in("\x02\x00hi\x01\x00!\x00\x00", 9);
    in += std::string("\x00\x01", 2) + std::string(256, 'x');
    for (char c : in) {
        auto e = decoder.feed(static_cast<u8>(c));
        if (e.byte) text.push_back(static_cast<char>(*e.byte));
        if (e.end) {
            ends++;
            EXPECT_EQ(text, "hi!");
        }
    }
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(text, "hi!" + std::string(256, 'x'));
}
}  // namespace
