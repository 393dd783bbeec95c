#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include <string>
#include <vector>

#include "abi/linux/signal.h"
#include "drivers/tty/line_discipline.h"

namespace {
using drivers::tty::LineDiscipline;

struct Screen : drivers::tty::LineClient {
    std::string text;
    std::vector<int> signals;
    int flushes = 0;
    bool stopped = false;
    void echo(std::span<const u8> b) override { text.append(reinterpret_cast<const char*>(b.data()), b.size()); }
    void signal(int s) override { signals.push_back(s); }
    void flush_output() override { flushes++; }
    void set_stopped(bool s) override { stopped = s; }
};

struct LineTest : testing::Test {
    std::unique_ptr<LineDiscipline> line = std::make_unique<LineDiscipline>();
    Screen screen;
    void type(std::string_view s) {
        for (char c : s) line->input(static_cast<u8>(c), screen);
    }
    std::string read(usize n = 4096) {
        std::vector<u8> b(n);
        auto r = line->read(b);
        end = r.end;
        return {b.begin(), b.begin() + static_cast<long>(r.count)};
    }
    void change(auto fn) {
        auto t = line->settings();
        fn(t);
        line->set_settings(t);
    }
    std::string output(std::string_view in) {
        std::vector<u8> b(4096);
        auto r = line->process_output({reinterpret_cast<const u8*>(in.data()), in.size()}, b);
        return {b.begin(), b.begin() + static_cast<long>(r.produced)};
    }
    bool end = false;
};

TEST_F(LineTest, ALineIsReadWhenItIsComplete) {
    type("hel");
    EXPECT_FALSE(line->readable());
    type("lo\r");  // ICRNL
    EXPECT_TRUE(line->readable());
    EXPECT_EQ(line->available(), 6u);
    EXPECT_EQ(read(), "hello\n");
    EXPECT_TRUE(end);
    EXPECT_EQ(screen.text, "hello\r\n");
    EXPECT_FALSE(line->readable());
}
TEST_F(LineTest, ShortReadsLeaveTheRest) {
    type("abc\ndef\n");
    EXPECT_EQ(read(2), "ab");
    EXPECT_FALSE(end);
    EXPECT_EQ(read(), "c\n");
    EXPECT_EQ(read(), "def\n");
}
TEST_F(LineTest, EraseWordAndKill) {
    type(
        "ab\x7f"
        "c\n");
    EXPECT_EQ(read(), "ac\n");
    EXPECT_EQ(screen.text, "ab\b \bc\r\n");
    type("one two  \x17three\n");
    EXPECT_EQ(read(), "one three\n");
    screen.text.clear();
    type("xy\x15z\n");
    EXPECT_EQ(read(), "z\n");
    EXPECT_EQ(screen.text, "xy\b \b\b \bz\r\n");
    type("\x7f\n");  // nothing to erase
    EXPECT_EQ(read(), "\n");
}
TEST_F(LineTest, EraseTakesAWholeUtf8Character) {
    change([](auto& t) { t.c_iflag |= abi::IUTF8; });
    type("a\xc3\xa4\x7f\n");
    EXPECT_EQ(read(), "a\n");
    EXPECT_EQ(screen.text, "a\xc3\xa4\b \b\r\n");
}
TEST_F(LineTest, EraseOfTabsAndControlCharacters) {
    type("a\t\x7f");
    EXPECT_EQ(screen.text, "a\t\b\b\b\b\b\b\b");
    screen.text.clear();
    type("\x01\x7f");
    EXPECT_EQ(screen.text, "^A\b \b\b \b");
}
TEST_F(LineTest, EndOfFile) {
    type("\x04");
    EXPECT_TRUE(line->readable());
    EXPECT_EQ(read(), "");
    EXPECT_TRUE(end);
    EXPECT_FALSE(line->readable());
    type("abc\x04");
    EXPECT_EQ(line->available(), 3u);
    EXPECT_EQ(read(3), "abc");  // takes the end along: no empty read follows
    EXPECT_TRUE(end);
    EXPECT_FALSE(line->readable());
}
TEST_F(LineTest, Signals) {
    type("junk\x03");
    EXPECT_EQ(screen.signals, std::vector<int>{abi::SIGINT});
    EXPECT_EQ(screen.flushes, 1);
    EXPECT_EQ(screen.text, "junk^C");
    type("\n");
    EXPECT_EQ(read(), "\n");  // the input was thrown away
    type("\x1c\x1a");
    EXPECT_EQ(screen.signals, (std::vector<int>{abi::SIGINT, abi::SIGQUIT, abi::SIGTSTP}));
    change([](auto& t) { t.c_lflag &= ~static_cast<u32>(abi::ISIG); });
    type("\x03\n");
    EXPECT_EQ(read(), "\x03\n");
}
TEST_F(LineTest, LiteralNext) {
    type("\x16\x03\n");
    EXPECT_EQ(read(), "\x03\n");
    EXPECT_EQ(screen.text, "^\b^C\r\n");
    EXPECT_TRUE(screen.signals.empty());
}
TEST_F(LineTest, FlowControl) {
    type("\x13");
    EXPECT_TRUE(screen.stopped);
    type("\x11");
    EXPECT_FALSE(screen.stopped);
    EXPECT_FALSE(line->readable());
}
TEST_F(LineTest, RawMode) {
    change([](auto& t) { t.c_lflag = 0, t.c_iflag = 0, t.c_oflag = 0; });
    type("a\r\x03\x7f");
    EXPECT_TRUE(line->readable(4));
    EXPECT_FALSE(line->readable(5));
    EXPECT_EQ(read(), "a\r\x03\x7f");
    EXPECT_EQ(screen.text, "");
    EXPECT_EQ(output("a\nb"), "a\nb");
}
TEST_F(LineTest, ChangeOfModeKeepsInput) {
    type("abc");
    change([](auto& t) { t.c_lflag &= ~static_cast<u32>(abi::ICANON); });
    EXPECT_EQ(read(), "abc");
    type("de");
    change([](auto& t) { t.c_lflag |= abi::ICANON; });
    EXPECT_TRUE(line->readable());
    EXPECT_EQ(read(), "de");
}
TEST_F(LineTest, NoEchoShowsOnlyNewlinesIfAsked) {
    change([](auto& t) { t.c_lflag = (t.c_lflag & ~static_cast<u32>(abi::ECHO)) | abi::ECHONL; });
    type("secret\x7f\n");
    EXPECT_EQ(read(), "secre\n");
    EXPECT_EQ(screen.text, "\r\n");
}
TEST_F(LineTest, OutputProcessing) {
    EXPECT_EQ(output("a\nb"), "a\r\nb");
    change([](auto& t) { t.c_oflag |= abi::XTABS; });
    EXPECT_EQ(output("\r\tx"), "\r        x");
    EXPECT_EQ(output("ab\tx"), "ab     x");  // column 9 so far
}
TEST_F(LineTest, AFullLineKeepsRoomForItsEnd) {
    for (int i = 0; i < 5000; i++) type("x");
    type("\n");
    EXPECT_EQ(read(8192).size(), LineDiscipline::kBufferSize);
    type("ok\n");
    EXPECT_EQ(read(), "ok\n");
}
TEST_F(LineTest, Reprint) {
    type("ab\x12");
    EXPECT_EQ(screen.text, "ab^R\r\nab");
}
TEST_F(LineTest, OutputStopsWhenTheBufferIsFull) {
    std::vector<u8> small(10);
    std::string_view in = "\n\n\n\n\n\n";
    auto r = line->process_output({reinterpret_cast<const u8*>(in.data()), in.size()}, small);
    EXPECT_EQ(r.consumed, 2u);
    EXPECT_EQ(r.produced, 4u);
}
}  // namespace
