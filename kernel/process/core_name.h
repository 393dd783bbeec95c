// The name of a core file, made from /proc/sys/kernel/core_pattern (core(5)). Pure.
// Callers: process/core_dump; the host test.
// Locks, context: none; allocates.
#pragma once

#include <string_view>

#include "base/string.h"

namespace process {

struct CoreFacts {
    i32 pid = 0, tid = 0;
    u32 uid = 0, gid = 0;
    i32 signo = 0;
    i64 time_s = 0;
    u64 limit = 0;             // RLIMIT_CORE
    std::string_view host;     // %h
    std::string_view name;     // %e: the thread's
    std::string_view program;  // %E, %f: the program's path
    bool append_pid = false;   // core_uses_pid: ".PID" if the pattern has no %p
};
// ENOMEM.
Result<String> core_name(std::string_view pattern, const CoreFacts& facts);

}  // namespace process
