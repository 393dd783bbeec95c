#include "main/command_line.h"

#include <gtest/gtest.h>

#include <string>

namespace kernel_main {
namespace {

TEST(CommandLine, SplitsKeysValuesAndInitArguments) {
    CommandLine line("  init=/bin/sh ktap loglevel=7 -- -c \"exit 7\" x");
    auto o = line.options();
    ASSERT_EQ(o.size(), 3u);
    EXPECT_EQ(o[0].key, "init");
    EXPECT_EQ(o[0].value, "/bin/sh");
    EXPECT_FALSE(o[1].has_value);
    EXPECT_EQ(o[2].value, "7");
    auto a = line.init_arguments();
    ASSERT_EQ(a.size(), 3u);
    EXPECT_EQ(a[0], "-c");
    EXPECT_EQ(a[1], "exit 7");
    EXPECT_EQ(a[2], "x");
}

TEST(CommandLine, QuotesGroupAValueOrAWholeWord) {
    CommandLine line("a=\"b c\" \"d=e f\" g=");
    auto o = line.options();
    ASSERT_EQ(o.size(), 3u);
    EXPECT_EQ(o[0].value, "b c");
    EXPECT_EQ(o[1].key, "d");
    EXPECT_EQ(o[1].value, "e f");
    EXPECT_TRUE(o[2].has_value);
    EXPECT_EQ(o[2].value, "");
}

TEST(CommandLine, SurvivesOddInput) {
    CommandLine("");
    CommandLine("\"");
    CommandLine("=");
    CommandLine("\"a=\"b c\" --");
    std::string many;
    for (int i = 0; i < 500; i++) many += "x ";
    CommandLine line(many);
    EXPECT_TRUE(line.cut());
    EXPECT_EQ(line.options().size(), CommandLine::kMaxWords);
}

TEST(CommandLine, DashesEqualUnderscores) {
    EXPECT_TRUE(same_key("log-level", "log_level"));
    EXPECT_FALSE(same_key("log", "logs"));
}

}  // namespace
}  // namespace kernel_main
