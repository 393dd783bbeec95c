// prctl(2).
#include "abi/linux/prctl.h"

#include "abi/linux/capability.h"
#include "generated/syscall_prototypes.h"
#include "linux/seccomp.h"
#include "process/process.h"
#include "process/signal_info.h"
#include "process/tree.h"
#include "process/user_dispatch.h"

namespace linux_abi {
namespace {

using object::Credentials;

struct Arguments {
    u64 a2, a3, a4, a5;
    bool rest_is_zero() const { return (a3 | a4 | a5) == 0; }
};

constexpr usize kNameSize = 16;  // with the NUL
constexpr u64 kDefaultSlack = 50'000;

bool valid_capability(u64 capability) { return capability <= abi::CAP_LAST_CAP; }

// A copy of the caller's credentials, changed by change(), becomes the caller's.
template <typename Change>
Result<i64> change_credentials(Ctx& ctx, Change change) {
    Ref<Credentials> fresh = TRY(ctx.task.credentials().copy());
    change(*fresh);
    ctx.task.set_credentials(std::move(fresh));
    return 0;
}

Result<i64> set_name(Ctx& ctx, u64 address) {
    std::array<char, kNameSize> text;
    const Result<usize> n = vm::UserCString(UserAddr(address)).fetch(text);
    if (!n.ok() && n.error() != Errno::kNAMETOOLONG) return n.error();
    ctx.task.name.assign(std::string_view(text.data(), n.ok() ? n.value() : kNameSize - 1));
    return 0;
}

Result<i64> get_name(Ctx& ctx, u64 address) {
    std::array<u8, kNameSize> text{};
    base::copy(text, base::bytes_of(ctx.task.name.view()));
    TRY((vm::UserSpan{UserAddr(address), text.size()}.copy_out(text)));
    return 0;
}

Result<i64> set_parent_death_signal(Ctx& ctx, u64 signo) {
    if (signo > process::kMaxSignal) return Errno::kINVAL;
    process::TreeGuard tree;
    ctx.task.parent_death_signal = static_cast<int>(signo);
    return 0;
}

Result<i64> drop_from_bounding_set(Ctx& ctx, u64 capability) {
    if (!ctx.task.credentials().capable(abi::CAP_SETPCAP)) return Errno::kPERM;
    if (!valid_capability(capability)) return Errno::kINVAL;
    return change_credentials(ctx, [&](Credentials& c) { c.bounding.remove(static_cast<int>(capability)); });
}

// cap_task_prctl: the locks of the bits, and CAP_SETPCAP.
Result<i64> set_securebits(Ctx& ctx, u64 bits) {
    const Credentials& self = ctx.task.credentials();
    const u64 locked = (self.securebits & abi::SECURE_ALL_LOCKS) >> 1;
    const bool unlocks = (self.securebits & abi::SECURE_ALL_LOCKS & ~bits) != 0;
    const bool changes_locked = (locked & (self.securebits ^ bits)) != 0;
    const bool unknown = (bits & ~u64{abi::SECURE_ALL_BITS | abi::SECURE_ALL_LOCKS}) != 0;
    if (unlocks || changes_locked || unknown || !self.capable(abi::CAP_SETPCAP)) return Errno::kPERM;
    return change_credentials(ctx, [&](Credentials& c) { c.securebits = static_cast<u32>(bits); });
}

Result<i64> set_keep_capabilities(Ctx& ctx, u64 on) {
    if (on > 1) return Errno::kINVAL;
    if ((ctx.task.credentials().securebits & abi::SECBIT_KEEP_CAPS_LOCKED) != 0) return Errno::kPERM;
    return change_credentials(ctx, [&](Credentials& c) {
        c.securebits &= ~static_cast<u32>(abi::SECBIT_KEEP_CAPS);
        if (on != 0) c.securebits |= abi::SECBIT_KEEP_CAPS;
    });
}

Result<i64> ambient(Ctx& ctx, const Arguments& a) {
    const Credentials& self = ctx.task.credentials();
    if (a.a2 == abi::PR_CAP_AMBIENT_CLEAR_ALL) {
        if (!a.rest_is_zero()) return Errno::kINVAL;
        return change_credentials(ctx, [](Credentials& c) { c.ambient = {}; });
    }
    if (!valid_capability(a.a3) || (a.a4 | a.a5) != 0) return Errno::kINVAL;
    const int capability = static_cast<int>(a.a3);
    switch (a.a2) {
        case abi::PR_CAP_AMBIENT_IS_SET: return self.ambient.has(capability) ? 1 : 0;
        case abi::PR_CAP_AMBIENT_LOWER:
            return change_credentials(ctx, [&](Credentials& c) { c.ambient.remove(capability); });
        case abi::PR_CAP_AMBIENT_RAISE:
            if (!self.permitted.has(capability) || !self.inheritable.has(capability) ||
                (self.securebits & abi::SECBIT_NO_CAP_AMBIENT_RAISE) != 0) {
                return Errno::kPERM;
            }
            return change_credentials(ctx, [&](Credentials& c) { c.ambient.add(capability); });
        default: return Errno::kINVAL;
    }
}

Result<i64> set_no_new_privs(Ctx& ctx, const Arguments& a) {
    if (a.a2 != 1 || !a.rest_is_zero()) return Errno::kINVAL;
    return change_credentials(ctx, [](Credentials& c) { c.no_new_privs = true; });
}

Result<i64> set_subreaper(Ctx& ctx, u64 on) {
    process::TreeGuard tree;
    ctx.task.process().child_subreaper = on != 0;
    return 0;
}

Result<i64> get_subreaper(Ctx& ctx, u64 address) {
    bool on;
    {
        process::TreeGuard tree;
        on = ctx.task.process().child_subreaper;
    }
    TRY(vm::UserOut<i32>(UserAddr(address)).store(on ? 1 : 0));
    return 0;
}

Result<i64> set_user_dispatch(Ctx& ctx, const Arguments& a) {
    switch (a.a2) {
        case abi::PR_SYS_DISPATCH_OFF:
            if (!a.rest_is_zero()) return Errno::kINVAL;
            process::clear_user_dispatch(ctx.task);
            return 0;
        case abi::PR_SYS_DISPATCH_ON: TRY(process::set_user_dispatch(ctx.task, a.a3, a.a4, UserAddr(a.a5))); return 0;
        default: return Errno::kINVAL;
    }
}

}  // namespace

Result<i64> sys_prctl(Ctx& ctx, i32 option, u64 arg2, u64 arg3, u64 arg4, u64 arg5) {
    const Arguments a{arg2, arg3, arg4, arg5};
    process::Task& task = ctx.task;
    const Credentials& self = task.credentials();
    switch (option) {
        case abi::PR_SET_NAME: return set_name(ctx, arg2);
        case abi::PR_GET_NAME: return get_name(ctx, arg2);
        case abi::PR_SET_PDEATHSIG: return set_parent_death_signal(ctx, arg2);
        case abi::PR_GET_PDEATHSIG: TRY(vm::UserOut<i32>(UserAddr(arg2)).store(task.parent_death_signal)); return 0;
        case abi::PR_GET_DUMPABLE: return task.process().dumpable.load(std::memory_order_relaxed) ? 1 : 0;
        case abi::PR_SET_DUMPABLE:
            if (arg2 > 1) return Errno::kINVAL;
            task.process().dumpable.store(arg2 != 0, std::memory_order_relaxed);
            return 0;
        case abi::PR_GET_KEEPCAPS: return (self.securebits & abi::SECBIT_KEEP_CAPS) != 0 ? 1 : 0;
        case abi::PR_SET_KEEPCAPS: return set_keep_capabilities(ctx, arg2);
        case abi::PR_GET_SECUREBITS: return self.securebits;
        case abi::PR_SET_SECUREBITS: return set_securebits(ctx, arg2);
        case abi::PR_CAPBSET_READ:
            if (!valid_capability(arg2)) return Errno::kINVAL;
            return self.bounding.has(static_cast<int>(arg2)) ? 1 : 0;
        case abi::PR_CAPBSET_DROP: return drop_from_bounding_set(ctx, arg2);
        case abi::PR_CAP_AMBIENT: return ambient(ctx, a);
        case abi::PR_SET_NO_NEW_PRIVS: return set_no_new_privs(ctx, a);
        case abi::PR_GET_NO_NEW_PRIVS:
            if (arg2 != 0 || !a.rest_is_zero()) return Errno::kINVAL;
            return self.no_new_privs ? 1 : 0;
        case abi::PR_SET_CHILD_SUBREAPER: return set_subreaper(ctx, arg2);
        case abi::PR_GET_CHILD_SUBREAPER: return get_subreaper(ctx, arg2);
        case abi::PR_SET_TIMERSLACK: task.timer_slack_ns = static_cast<i64>(arg2) <= 0 ? kDefaultSlack : arg2; return 0;
        case abi::PR_GET_TIMERSLACK: return static_cast<i64>(task.timer_slack_ns);
        case abi::PR_GET_SECCOMP: return task.seccomp_mode.load(std::memory_order_relaxed);
        case abi::PR_SET_SECCOMP: return prctl_set_seccomp(ctx, arg2, arg3);
        case abi::PR_SET_SYSCALL_USER_DISPATCH: return set_user_dispatch(ctx, a);
        case abi::PR_GET_THP_DISABLE:
            if (arg2 != 0 || !a.rest_is_zero()) return Errno::kINVAL;
            return task.address_space().large_pages_off.load(std::memory_order_relaxed) ? 1 : 0;
        case abi::PR_SET_THP_DISABLE:
            if (!a.rest_is_zero()) return Errno::kINVAL;
            task.address_space().large_pages_off.store(arg2 != 0, std::memory_order_relaxed);
            return 0;
        case abi::PR_GET_TSC: TRY(vm::UserOut<i32>(UserAddr(arg2)).store(abi::PR_TSC_ENABLE)); return 0;
        case abi::PR_SET_TSC: return arg2 == abi::PR_TSC_ENABLE ? Result<i64>(0) : Errno::kINVAL;
        case abi::PR_GET_TIMING: return abi::PR_TIMING_STATISTICAL;
        case abi::PR_SET_TIMING: return arg2 == abi::PR_TIMING_STATISTICAL ? Result<i64>(0) : Errno::kINVAL;
        case abi::PR_GET_TID_ADDRESS:
            TRY(vm::UserOut<u64>(UserAddr(arg2)).store(task.clear_tid_address.value));
            return 0;
        case abi::PR_TASK_PERF_EVENTS_DISABLE:
        case abi::PR_TASK_PERF_EVENTS_ENABLE: return 0;
        case abi::PR_MCE_KILL_GET:
            if (arg2 != 0 || !a.rest_is_zero()) return Errno::kINVAL;
            return abi::PR_MCE_KILL_DEFAULT;
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
