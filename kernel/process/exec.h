// exec: replacing a process's program, and the start of the first one.
// Callers: linux (execve, execveat), main (start_init).
// Locks, context: thread context, no locks held.
#pragma once

#include <span>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "process/ctx.h"

namespace object {
class File;
}

namespace process {

// Strings of a new program: from user memory (execve) or the kernel's own (init).
struct ExecStrings {
    UserAddr user_argv, user_envp;                     // arrays of pointers, used when `kernel` is false
    std::span<const std::string_view> argv{}, envp{};  // used when `kernel` is true
    bool kernel = false;
};

// Runs `file` (opened for execution), which was named `name` by the caller, in place of the current program.
// On success the user registers in ctx.frame are the new program's. An error after the old program is gone
// cannot be returned: the process dies by SIGKILL.
Result<void> exec(Ctx& ctx, Ref<object::File> file, std::string_view name, const ExecStrings& strings);

// Creates process 1 and lets it run the program at `path` in the root file system. Returns when it is started;
// errors of exec itself are logged by the thread and stop the machine, as Linux does ("No working init found").
Result<void> start_init(std::string_view path, std::span<const std::string_view> args,
                        std::span<const std::string_view> env);

}  // namespace process
