// Host test of the run.conf parser.
#include "conf.h"

#include <gtest/gtest.h>

#include <string>

namespace init {
namespace {

using namespace std::string_literals;

TEST(InitConf, TakesEveryKey) {
    std::string text = "cwd=/tmp\0stdin=1\0env=A=b=c\0columns=80\0rows=25\0arg=sh\0arg=-c\0arg=a=b\0"s;
    Conf conf;
    ASSERT_EQ(parse_conf(text, conf), ConfError::kNone);
    EXPECT_STREQ(conf.cwd, "/tmp");
    EXPECT_TRUE(conf.stdin_forwarded);
    EXPECT_EQ(conf.columns, 80u);
    EXPECT_EQ(conf.rows, 25u);
    ASSERT_EQ(conf.environment_count, 1u);
    EXPECT_STREQ(conf.environment[0], "A=b=c");
    ASSERT_EQ(conf.argument_count, 3u);
    EXPECT_STREQ(conf.arguments[2], "a=b");
    EXPECT_EQ(conf.arguments[3], nullptr);
}

TEST(InitConf, EmptyMeansAShell) {
    Conf conf;
    EXPECT_EQ(parse_conf({}, conf), ConfError::kNone);
    EXPECT_EQ(conf.argument_count, 0u);
}

TEST(InitConf, AcceptsEmptyArguments) {
    std::string text = "arg=\0arg=x\0"s;
    Conf conf;
    ASSERT_EQ(parse_conf(text, conf), ConfError::kNone);
    EXPECT_STREQ(conf.arguments[0], "");
}

TEST(InitConf, NamesWhatIsWrong) {
    Conf conf;
    std::string unknown = "colour=red\0"s;
    EXPECT_EQ(parse_conf(unknown, conf), ConfError::kUnknownKey);
    std::string open = "arg=x"s;
    EXPECT_EQ(parse_conf(open, conf), ConfError::kNotTerminated);
    std::string many;
    for (std::size_t i = 0; i <= kMaxWords; ++i) many += "arg=x\0"s;
    EXPECT_EQ(parse_conf(many, conf), ConfError::kTooManyWords);
}

}  // namespace
}  // namespace init
