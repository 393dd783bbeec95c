// Resource limits and usage: prlimit64, getrlimit, setrlimit, getrusage, times.
#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"
#include "process/tree.h"
#include "process/usage.h"
#include "time/clock.h"

namespace linux_abi {
namespace {

// Linux: kernel/sys.c, do_prlimit.
Result<void> change_limit(Ctx& ctx, process::Task& target, u32 resource, abi::rlimit value) {
    process::Process& owner = target.process();
    const bool privileged = ctx.task.credentials().capable(abi::CAP_SYS_RESOURCE);
    TRY(process::check_new_limit(resource, owner.limits().get(resource), value, privileged));
    owner.limits().set(resource, value);
    if (resource == abi::RLIMIT_NOFILE) {
        if (OptRef<object::DescriptorTable> files = target.files_of()) files->set_limit(value.rlim_cur);
    }
    if (OptRef<vm::AddressSpace> space = target.address_space_of()) process::apply_limits(owner, *space);
    return {};
}

// prlimit of another process: the same user, or CAP_SYS_RESOURCE (check_prlimit_permission).
Result<void> may_change_limits(const object::Credentials& self, const object::Credentials& target) {
    const bool same_user = self.uid == target.euid && self.uid == target.suid && self.uid == target.uid;
    const bool same_group = self.gid == target.egid && self.gid == target.sgid && self.gid == target.gid;
    if ((same_user && same_group) || self.capable(abi::CAP_SYS_RESOURCE)) return {};
    return Errno::kPERM;
}

bool valid_resource(i32 resource) { return resource >= 0 && resource < abi::RLIM_NLIMITS; }

i64 ticks(u64 ns) { return static_cast<i64>(ns / process::kNsPerTick); }

}  // namespace

Result<i64> sys_prlimit64(Ctx& ctx, i32 pid, i32 resource, vm::UserIn<abi::rlimit> new_rlim,
                          vm::UserOut<abi::rlimit> old_rlim) {
    abi::rlimit wanted{};
    if (new_rlim) wanted = TRY(new_rlim.fetch());
    OptRef<process::Task> other;
    if (pid != 0 && pid != ctx.task.tid()) {
        other = process::find_task_or_remains(pid);
        if (!other) return Errno::kSRCH;
        const OptRef<object::Credentials> credentials = other->credentials_of();
        if (!credentials) return Errno::kSRCH;
        TRY(may_change_limits(ctx.task.credentials(), *credentials));
    }
    if (!valid_resource(resource)) return Errno::kINVAL;
    const u32 which = static_cast<u32>(resource);
    process::Task& target = other ? *other : ctx.task;
    const abi::rlimit old = target.process().limits().get(which);
    if (new_rlim) TRY(change_limit(ctx, target, which, wanted));
    if (old_rlim) TRY(old_rlim.store(old));
    return 0;
}

Result<i64> sys_getrlimit(Ctx& ctx, i32 resource, vm::UserOut<abi::rlimit> rlim) {
    if (!valid_resource(resource)) return Errno::kINVAL;
    TRY(rlim.store(ctx.task.process().limits().get(static_cast<u32>(resource))));
    return 0;
}

Result<i64> sys_setrlimit(Ctx& ctx, i32 resource, vm::UserIn<abi::rlimit> rlim) {
    const abi::rlimit value = TRY(rlim.fetch());
    if (!valid_resource(resource)) return Errno::kINVAL;
    TRY(change_limit(ctx, ctx.task, static_cast<u32>(resource), value));
    return 0;
}

Result<i64> sys_getrusage(Ctx& ctx, i32 who, vm::UserOut<abi::rusage> ru) {
    process::Usage usage;
    switch (who) {
        case abi::RUSAGE_SELF: usage = process::usage_of(ctx.task.process()); break;
        case abi::RUSAGE_THREAD: usage = process::usage_of(ctx.task); break;
        case abi::RUSAGE_CHILDREN: {
            process::TreeGuard tree;
            usage = ctx.task.process().children_usage;
            break;
        }
        default: return Errno::kINVAL;
    }
    TRY(ru.store(usage.to_abi()));
    return 0;
}

// The value is the ticks since some moment in the past: since boot.
Result<i64> sys_times(Ctx& ctx, vm::UserOut<abi::tms> tbuf) {
    if (tbuf) {
        const process::Usage self = process::usage_of(ctx.task.process());
        process::Usage children;
        {
            process::TreeGuard tree;
            children = ctx.task.process().children_usage;
        }
        TRY(tbuf.store(
            {ticks(self.user_ns), ticks(self.system_ns), ticks(children.user_ns), ticks(children.system_ns)}));
    }
    return ticks(static_cast<u64>(time::now().ns));
}

}  // namespace linux_abi
