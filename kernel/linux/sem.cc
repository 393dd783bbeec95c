// semget, semop, semtimedop, semctl.
#include "ipc/sem.h"

#include "generated/syscall_prototypes.h"
#include "linux/timeout.h"
#include "process/ctx.h"
#include "process/process.h"

namespace linux_abi {
namespace {

namespace sem = ipc::sem;
sem::Caller sem_caller(Ctx& ctx) { return {ctx.task.credentials(), ctx.task.process().pid()}; }

// The order of Linux's checks: the operations are copied before their number and the set's are looked at. `timeout`:
// null waits without limit.
Result<i64> operate(Ctx& ctx, i32 id, vm::UserIn<abi::sembuf> from, u32 count, const abi::timespec* timeout) {
    if (count > sem::most_operations()) return Errno::k2BIG;
    Vector<abi::sembuf> operations;
    TRY(operations.try_resize(count));
    TRY(from.fetch_array(operations.span()));
    if (count < 1 || id < 0) return Errno::kINVAL;
    Instant deadline = Instant::never();
    if (timeout != nullptr) deadline = deadline_after(TRY(duration_of(*timeout)));
    TRY(sem::operate(sem_caller(ctx), ctx.task.semaphore_undo, id, operations.span(), deadline));
    return 0;
}

Result<i64> write_all(const sem::Caller& caller, i32 id, vm::UserIn<u16> from) {
    Vector<u16> values;
    TRY(values.try_resize(TRY(sem::begin_write_all(caller, id))));
    TRY(from.fetch_array(values.span()));
    TRY(sem::write_all(caller, id, values.span()));
    return 0;
}

}  // namespace

Result<i64> sys_semget(Ctx& ctx, i32 key, i32 nsems, i32 semflg) {
    return TRY(sem::get(sem_caller(ctx), key, nsems, static_cast<u32>(semflg)));
}

Result<i64> sys_semop(Ctx& ctx, i32 semid, vm::UserIn<abi::sembuf> tsops, u32 nsops) {
    return operate(ctx, semid, tsops, nsops, nullptr);
}

Result<i64> sys_semtimedop(Ctx& ctx, i32 semid, vm::UserIn<abi::sembuf> tsops, u32 nsops,
                           vm::UserIn<abi::timespec> timeout) {
    if (!timeout) return operate(ctx, semid, tsops, nsops, nullptr);
    const abi::timespec limit = TRY(timeout.fetch());
    return operate(ctx, semid, tsops, nsops, &limit);
}

// `arg`: a value or an address, as the command says.
Result<i64> sys_semctl(Ctx& ctx, i32 semid, i32 semnum, i32 cmd, u64 arg) {
    if (semid < 0) return Errno::kINVAL;
    const sem::Caller caller = sem_caller(ctx);
    const UserAddr buffer(arg);
    switch (cmd) {
        case abi::IPC_INFO:
        case abi::SEM_INFO: {
            abi::seminfo info;
            const i32 greatest = sem::info(cmd == abi::SEM_INFO, info);
            TRY(vm::UserOut<abi::seminfo>(buffer).store(info));
            return greatest;
        }
        case abi::IPC_STAT:
        case abi::SEM_STAT:
        case abi::SEM_STAT_ANY: {
            abi::semid64_ds status;
            const i32 id = TRY(sem::status(caller, semid, cmd != abi::IPC_STAT, cmd == abi::SEM_STAT_ANY, status));
            TRY(vm::UserOut<abi::semid64_ds>(buffer).store(status));
            return id;
        }
        case abi::GETALL: {
            const Vector<u16> values = TRY(sem::read_all(caller, semid));
            TRY(vm::UserOut<u16>(buffer).store_array(values.span()));
            return 0;
        }
        case abi::GETVAL:
        case abi::GETPID:
        case abi::GETNCNT:
        case abi::GETZCNT: return TRY(sem::read(caller, semid, semnum, cmd));
        case abi::SETVAL: TRY(sem::write(caller, semid, semnum, static_cast<i32>(arg))); return 0;
        case abi::SETALL: return write_all(caller, semid, vm::UserIn<u16>(buffer));
        case abi::IPC_SET: {
            const abi::semid64_ds wanted = TRY(vm::UserIn<abi::semid64_ds>(buffer).fetch());
            TRY(sem::set(caller, semid, wanted.sem_perm));
            return 0;
        }
        case abi::IPC_RMID: TRY(sem::remove(caller, semid)); return 0;
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
