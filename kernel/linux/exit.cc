// exit, exit_group.
#include "process/exit.h"

#include "generated/syscall_prototypes.h"
#include "process/wait_status.h"

namespace linux_abi {

Result<i64> sys_exit(Ctx& ctx, i32 error_code) { process::exit_thread(ctx.task, process::status_of_exit(error_code)); }

Result<i64> sys_exit_group(Ctx& ctx, i32 error_code) {
    process::exit_group(ctx.task, process::status_of_exit(error_code));
}

}  // namespace linux_abi
