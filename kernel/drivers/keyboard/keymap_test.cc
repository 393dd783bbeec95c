#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include <string>

#include "abi/linux/input_codes.h"
#include "drivers/keyboard/keymap.h"

namespace {
using namespace drivers::keyboard;

struct KeyTest : testing::Test {
    ScanDecoder decoder;
    Keymap map;
    std::string type(std::initializer_list<int> bytes, bool application = false) {
        std::string s;
        for (int b : bytes) {
            auto e = decoder.feed(static_cast<u8>(b));
            if (!e) continue;
            std::array<u8, Keymap::kMaxBytes> out;
            usize n = map.feed(*e, application, out);
            s.append(out.begin(), out.begin() + n);
        }
        return s;
    }
};
TEST_F(KeyTest, LettersAndShift) {
    EXPECT_EQ(type({0x1e, 0x9e}), "a");
    EXPECT_EQ(type({0x2a, 0x1e, 0x9e, 0xaa, 0x30}), "Ab");
    EXPECT_EQ(type({0x02, 0x0b, 0x39, 0x1c, 0x0e, 0x0f, 0x01}), "10 \r\x7f\t\x1b");
    EXPECT_EQ(type({0x36, 0x28, 0x2b, 0x35, 0xb6}), "\"|?");
}
TEST_F(KeyTest, ControlAndAlt) {
    EXPECT_EQ(type({0x1d, 0x2e, 0x9d}), "\x03");
    EXPECT_EQ(type({0x38, 0x21, 0xb8}),
              "\x1b"
              "f");
    EXPECT_EQ(type({0x1d, 0x39, 0x9d}), std::string(1, '\0'));
}
TEST_F(KeyTest, CapsLock) {
    EXPECT_EQ(type({0x3a, 0xba, 0x1e, 0x02}), "A1");
    EXPECT_EQ(type({0x2a, 0x1e, 0xaa}), "a");
    EXPECT_EQ(type({0x3a, 0xba, 0x1e}), "a");
}
TEST_F(KeyTest, CursorKeys) {
    EXPECT_EQ(type({0xe0, 0x48, 0xe0, 0xc8}), "\x1b[A");
    EXPECT_EQ(type({0xe0, 0x4b}, true), "\x1bOD");
    EXPECT_EQ(type({0xe0, 0x53}), "\x1b[3~");
    EXPECT_EQ(type({0x3b, 0x58}), "\x1b[[A\x1b[24~");
}
TEST_F(KeyTest, KeypadFollowsNumLock) {
    EXPECT_EQ(type({0x47}), "7");
    EXPECT_EQ(type({0x45, 0xc5, 0x47}), "\x1b[1~");
}
TEST_F(KeyTest, PauseAndUnknownCodesSendNothing) {
    EXPECT_EQ(type({0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e}), "a");
    EXPECT_EQ(type({0xe0, 0x2a, 0xe0, 0x00, 0x7f, 0xff}), "");
}
TEST_F(KeyTest, AnyBytesAreSafe) {
    for (int i = 0; i < 65536; i++) type({i & 255, i >> 8});
}
}  // namespace
