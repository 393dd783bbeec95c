// Waiting for children: wait4(2), waitid(2).
// Callers: linux/wait.
// Locks, context: thread context, no locks held; sleeps.
#pragma once

#include <optional>

#include "process/process.h"

namespace process {

enum class WaitFor : u8 { kAny, kPid, kGroup };

struct WaitRequest {
    WaitFor kind = WaitFor::kAny;
    i32 id = 0;
    u32 options = 0;  // abi::W*; WEXITED must be set to see ends
};

struct WaitOutcome {
    i32 pid = 0;
    u32 uid = 0;
    i32 wait_status = 0;  // as wait4 gives it
    i32 code = 0;         // abi::CLD_*
    i32 status = 0;       // si_status
    Usage usage;          // the child's and its children's
};

// Nothing: WNOHANG and no child has anything to tell. ECHILD, kRESTARTSYS.
Result<std::optional<WaitOutcome>> wait_for_child(Task& self, const WaitRequest& request);

}  // namespace process
