// The built-in strace: `strace=PROGRAM` or `strace=all` on the kernel command line writes each system call of the
// program to the log, as strace(1) prints it.
// Callers: main (strace_configure), linux/glue's dispatch.
// Locks, context: thread context; reads user memory, so it may sleep.
#pragma once

#include <string_view>

#include "base/string.h"
#include "linux/glue/call_info.h"

namespace linux_abi {

// Before process 1 is made: trace the tasks whose name is `program` (as /proc/PID/comm shows it), or `all`.
void strace_configure(std::string_view program);

// One call: what goes in is decoded when it is made, what comes out in finish().
class StraceRecord {
  public:
    StraceRecord(const Ctx& ctx, u32 number);
    void finish(u64 result);

  private:
    void print_arguments(bool after_call, u64 result);

    const CallInfo* info_ = nullptr;  // null: this task is not traced
    std::array<u64, 6> registers_{};
    usize printed_ = 0;  // arguments that are in line_
    FixedString<400> line_;
};

}  // namespace linux_abi
