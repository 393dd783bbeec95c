// Process groups and sessions.
#include "process/session.h"

#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"

namespace linux_abi {

Result<i64> sys_setpgid(Ctx& ctx, i32 pid, i32 pgid) {
    TRY(process::set_group(ctx.task, pid, pgid));
    return 0;
}

Result<i64> sys_getpgid(Ctx& ctx, i32 pid) { return TRY(process::group_of(ctx.task, pid)); }
Result<i64> sys_getpgrp(Ctx& ctx) { return TRY(process::group_of(ctx.task, 0)); }
Result<i64> sys_setsid(Ctx& ctx) { return TRY(process::create_session(ctx.task)); }
Result<i64> sys_getsid(Ctx& ctx, i32 pid) { return TRY(process::session_of(ctx.task, pid)); }

Result<i64> sys_vhangup(Ctx& ctx) {
    if (!ctx.task.credentials().capable(abi::CAP_SYS_TTY_CONFIG)) return Errno::kPERM;
    if (OptRef<process::Terminal> terminal = process::controlling_terminal(ctx.task)) process::hang_up(*terminal);
    return 0;
}

}  // namespace linux_abi
