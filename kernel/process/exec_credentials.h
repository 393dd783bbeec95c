// Credentials across exec: set-user-ID and set-group-ID programs, capabilities (capabilities(7)).
// Callers: process/exec.cc.
// Locks, context: thread context.
#pragma once

#include "object/file.h"
#include "process/task.h"

namespace process {

struct ExecCredentials {
    Ref<object::Credentials> credentials;
    bool secure = false;  // AT_SECURE: the program runs with more than its caller's rights
};
// What `self` runs `file` as. ENOMEM.
Result<ExecCredentials> credentials_for_exec(const Task& self, const object::File& file);

}  // namespace process
