// Scripts: the `#!` line. Pure.
// Callers: process/exec.cc.
// Locks, context: none; views into the given bytes.
// Source: Linux 6.1 fs/binfmt_script.c; execve(2), "Interpreter scripts".
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace process {

struct ScriptLine {
    std::string_view interpreter;
    std::string_view argument;  // all that follows it, or empty
};
// Nothing when `head` (a file's first 256 bytes) is no script. ENOEXEC: no interpreter, or its path may be cut.
Result<std::optional<ScriptLine>> parse_script(std::span<const u8> head);

}  // namespace process
