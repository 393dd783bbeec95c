// What C libraries set up for each thread: segment bases, the word cleared at its end, restartable sequences.
#include "abi/linux/prctl.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "generated/syscall_prototypes.h"
#include "process/rseq.h"

namespace linux_abi {

Result<i64> sys_arch_prctl(Ctx& ctx, u32 option, u64 arg2) {
    switch (option) {
        case abi::ARCH_SET_FS:
            if (arg2 >= kUserLimit) return Errno::kPERM;
            arch::write_user_fs_base(arg2);
            return 0;
        case abi::ARCH_SET_GS:
            if (arg2 >= kUserLimit) return Errno::kPERM;
            arch::write_user_gs_base(arg2);
            return 0;
        case abi::ARCH_GET_FS: TRY(vm::UserOut<u64>(UserAddr(arg2)).store(arch::read_user_fs_base())); return 0;
        case abi::ARCH_GET_GS: TRY(vm::UserOut<u64>(UserAddr(arg2)).store(arch::read_user_gs_base())); return 0;
        case abi::ARCH_GET_CPUID: return 1;
        case abi::ARCH_SET_CPUID: return Errno::kNODEV;  // CPUID faulting cannot be turned on
        default: return Errno::kINVAL;
    }
}

Result<i64> sys_set_tid_address(Ctx& ctx, UserAddr tidptr) {
    ctx.task.clear_tid_address = tidptr;
    return ctx.task.tid();
}

Result<i64> sys_rseq(Ctx& ctx, UserAddr rseq, u32 rseq_len, i32 flags, u32 sig) {
    TRY(process::register_rseq(ctx.task, rseq, rseq_len, static_cast<u32>(flags), sig));
    return 0;
}

}  // namespace linux_abi
