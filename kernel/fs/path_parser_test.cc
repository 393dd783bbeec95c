#include "fs/path_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace fs {
namespace {

TEST(PathParser, ComponentEndsAtSlashOrEnd) {
    for (usize n = 1; n < 40; n++) {
        const std::string name(n, 'a');
        EXPECT_EQ(first_component(name).text, name);
        EXPECT_EQ(first_component(name + "/b").text, name);
        EXPECT_EQ(first_component(name + "/").text, name);
    }
}

TEST(PathParser, HashDependsOnTheNameAlone) {
    for (usize n = 1; n < 40; n++) {
        std::string name;
        for (usize i = 0; i < n; i++) name.push_back(static_cast<char>('a' + i % 26));
        const u32 h = name_key(name).hash;
        EXPECT_EQ(first_component(name + "/tail/of/path").hash, h);
        EXPECT_EQ(first_component(name + "//////////").hash, h);
        name[n / 2] = 'Z';
        EXPECT_NE(name_key(name).hash, h);
    }
}

TEST(PathParser, BytesAbove127AreOrdinary) {
    const std::string name = "\xff\xaf\xae\x80\x2e";
    EXPECT_EQ(first_component(name + "/x").text, name);
}

TEST(PathParser, SpecialNames) {
    EXPECT_EQ(special_name("."), Special::kDot);
    EXPECT_EQ(special_name(".."), Special::kDotDot);
    EXPECT_EQ(special_name("..."), Special::kNone);
    EXPECT_EQ(special_name(".a"), Special::kNone);
    EXPECT_EQ(special_name("a."), Special::kNone);
}

}  // namespace
}  // namespace fs
