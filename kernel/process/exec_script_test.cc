#include "process/exec_script.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace process {
namespace {

// The result points into `text`.
Result<std::optional<ScriptLine>> parse(std::string_view text) { return parse_script(base::bytes_of(text)); }

TEST(Script, InterpreterAndOneArgument) {
    auto line = parse("#! \t/bin/sh  -e -x \t\nrest");
    ASSERT_TRUE(line.ok() && line.value());
    EXPECT_EQ(line.value()->interpreter, "/bin/sh");
    EXPECT_EQ(line.value()->argument, "-e -x");
    EXPECT_EQ(parse("#!/bin/cat").value()->interpreter, "/bin/cat");
    EXPECT_EQ(parse("#!/bin/cat\n").value()->argument, "");
}

TEST(Script, NoScript) {
    EXPECT_FALSE(parse("").value());
    EXPECT_FALSE(parse("#").value());
    EXPECT_FALSE(parse("\x7f"
                       "ELF")
                     .value());
}

TEST(Script, Refused) {
    EXPECT_EQ(parse("#!\n").error(), Errno::kNOEXEC);
    EXPECT_EQ(parse("#!   ").error(), Errno::kNOEXEC);
    EXPECT_EQ(parse("#!/" + std::string(300, 'a')).error(), Errno::kNOEXEC);
    EXPECT_TRUE(parse("#!/a b" + std::string(300, 'a')).ok());
}

}  // namespace
}  // namespace process
