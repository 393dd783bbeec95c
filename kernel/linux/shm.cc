// shmget, shmat, shmdt, shmctl.
#include "ipc/shm.h"

#include "generated/syscall_prototypes.h"
#include "process/ctx.h"
#include "process/process.h"

namespace linux_abi {
namespace {

namespace shm = ipc::shm;
shm::Caller shm_caller(Ctx& ctx) { return {ctx.task.credentials(), ctx.task.process().pid()}; }

}  // namespace

Result<i64> sys_shmget(Ctx& ctx, i32 key, u64 size, i32 flag) {
    return TRY(shm::get(shm_caller(ctx), key, size, static_cast<u32>(flag)));
}

Result<i64> sys_shmat(Ctx& ctx, i32 shmid, UserAddr shmaddr, i32 shmflg) {
    return static_cast<i64>(
        TRY(shm::attach(shm_caller(ctx), ctx.task.address_space(), shmid, shmaddr, static_cast<u32>(shmflg))).value);
}

Result<i64> sys_shmdt(Ctx& ctx, UserAddr shmaddr) {
    TRY(shm::detach(shm_caller(ctx), ctx.task.address_space(), shmaddr));
    return 0;
}

Result<i64> sys_shmctl(Ctx& ctx, i32 shmid, i32 cmd, UserAddr buf) {
    if (cmd < 0 || shmid < 0) return Errno::kINVAL;
    const shm::Caller caller = shm_caller(ctx);
    switch (cmd) {
        case abi::IPC_INFO: {
            abi::shminfo64 info;
            const i32 greatest = shm::limits(info);
            TRY(vm::UserOut<abi::shminfo64>(buf).store(info));
            return greatest;
        }
        case abi::SHM_INFO: {
            abi::shm_info info;
            const i32 greatest = shm::usage(info);
            TRY(vm::UserOut<abi::shm_info>(buf).store(info));
            return greatest;
        }
        case abi::IPC_STAT:
        case abi::SHM_STAT:
        case abi::SHM_STAT_ANY: {
            abi::shmid64_ds status;
            const i32 id = TRY(shm::status(caller, shmid, cmd != abi::IPC_STAT, cmd == abi::SHM_STAT_ANY, status));
            TRY(vm::UserOut<abi::shmid64_ds>(buf).store(status));
            return id;
        }
        case abi::IPC_SET: {
            const abi::shmid64_ds wanted = TRY(vm::UserIn<abi::shmid64_ds>(buf).fetch());
            TRY(shm::set(caller, shmid, wanted.shm_perm));
            return 0;
        }
        case abi::IPC_RMID: TRY(shm::remove(caller, shmid)); return 0;
        case abi::SHM_LOCK:
        case abi::SHM_UNLOCK: {
            const bool may_lock = ctx.task.address_space().limits.locked.load(std::memory_order_relaxed) != 0;
            TRY(shm::set_locked(caller, shmid, cmd == abi::SHM_LOCK, may_lock));
            return 0;
        }
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
