#include "drivers/console/screen.h"

#include <gtest/gtest.h>

#include <string>

namespace {
using drivers::console::Screen;

struct ScreenTest : testing::Test {
    Screen screen;
    void SetUp() override { ASSERT_TRUE(screen.create(10, 4).ok()); }
    void write(std::string_view s) { screen.write({reinterpret_cast<const u8*>(s.data()), s.size()}); }
    std::string row(u32 y) {
        std::string s;
        for (auto& c : screen.row(y)) s.push_back(c.code < 128 ? static_cast<char>(c.code) : '?');
        while (!s.empty() && s.back() == ' ') s.pop_back();
        return s;
    }
};

TEST_F(ScreenTest, TextWrapsLate) {
    write("0123456789");
    EXPECT_EQ(screen.cursor_row(), 0u);
    write("a");
    EXPECT_EQ(row(0), "0123456789");
    EXPECT_EQ(row(1), "a");
}
TEST_F(ScreenTest, ScrollsAtTheBottom) {
    write("a\r\nb\r\nc\r\nd\r\ne");
    EXPECT_EQ(row(0), "b");
    EXPECT_EQ(row(3), "e");
}
TEST_F(ScreenTest, CursorAndErase) {
    write("hello\x1b[1;3HX\x1b[K");
    EXPECT_EQ(row(0), "heX");
    write("\x1b[2Jz");
    EXPECT_EQ(row(0), "   z");
    write("\x1b[99;99H");
    EXPECT_EQ(screen.cursor_row(), 3u);
    EXPECT_EQ(screen.cursor_column(), 9u);
    write("\x1b[2A\x1b[3D");
    EXPECT_EQ(screen.cursor_row(), 1u);
    EXPECT_EQ(screen.cursor_column(), 6u);
}
TEST_F(ScreenTest, Colours) {
    write("\x1b[1;31ma\x1b[0;7mb\x1b[38;5;200;49mc\x1b[m d");
    auto r = screen.row(0);
    EXPECT_EQ(r[0].foreground, 9);
    EXPECT_EQ(r[1].foreground, 0);
    EXPECT_EQ(r[1].background, 7);
    EXPECT_EQ(r[2].background, 200);  // reversed
    EXPECT_EQ(r[4].foreground, 7);
    write("\x1b[38;2;255;0;0me");
    EXPECT_EQ(screen.row(0)[5].foreground, 196);
}
TEST_F(ScreenTest, ScrollingRegion) {
    write("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\n");
    EXPECT_EQ(row(0), "a");
    EXPECT_EQ(row(1), "c");
    EXPECT_EQ(row(2), "");
    EXPECT_EQ(row(3), "d");
    write("\x1b[2;1H\x1bM");
    EXPECT_EQ(row(2), "c");
}
TEST_F(ScreenTest, InsertAndDelete) {
    write("abcdef\x1b[1;2H\x1b[2@");
    EXPECT_EQ(row(0), "a  bcdef");
    write("\x1b[3P");
    EXPECT_EQ(row(0), "acdef");
    write("\r\n1\r\n2\x1b[2;1H\x1b[L");
    EXPECT_EQ(row(1), "");
    EXPECT_EQ(row(2), "1");
    write("\x1b[M");
    EXPECT_EQ(row(1), "1");
}
TEST_F(ScreenTest, Utf8) {
    write(
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff"
        "a\xc3z");
    auto r = screen.row(0);
    EXPECT_EQ(r[0].code, 0xe4);
    EXPECT_EQ(r[1].code, 0x20ac);
    EXPECT_EQ(r[2].code, 0xfffd);
    EXPECT_EQ(r[3].code, 0xfffd);
    EXPECT_EQ(r[4].code, 'a');
    EXPECT_EQ(r[5].code, 0xfffd);
    EXPECT_EQ(r[6].code, 'z');
}
TEST_F(ScreenTest, AnswersAndStrings) {
    std::array<u8, 64> b;
    write("\x1b[2;3H\x1b[6n");
    usize n = screen.take_answer(b);
    EXPECT_EQ(std::string(b.begin(), b.begin() + static_cast<long>(n)), "\x1b[2;3R");
    EXPECT_EQ(screen.take_answer(b), 0u);
    write("\x1b]0;title\x07x\x1b]2;t\x1b\\y");
    EXPECT_EQ(row(1), "  xy");
}
TEST_F(ScreenTest, LineDrawing) {
    write("\x1b(0q\x1b(Bq");
    EXPECT_EQ(screen.row(0)[0].code, 0x2500);
    EXPECT_EQ(screen.row(0)[1].code, 'q');
}
TEST_F(ScreenTest, AnyBytesKeepTheCursorInside) {
    u32 seed = 1;
    for (int i = 0; i < 200'000; i++) {
        seed = seed * 1664525 + 1013904223;
        const std::string_view hot = "\x1b[;0123456789HJKLMPSTABCDr@\n?hl";
        u8 b = (seed >> 28) < 12 ? static_cast<u8>(hot[(seed >> 8) % hot.size()]) : static_cast<u8>(seed >> 16);
        screen.write({&b, 1});
        ASSERT_LT(screen.cursor_row(), 4u);
        ASSERT_LT(screen.cursor_column(), 10u);
    }
}
}  // namespace
