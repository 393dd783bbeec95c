// wait4, waitid.
#include "process/wait.h"

#include "abi/linux/wait.h"
#include "base/bytes.h"
#include "generated/syscall_prototypes.h"
#include "process/pidfd.h"

namespace linux_abi {
namespace {

using process::WaitFor;
using process::WaitOutcome;
using process::WaitRequest;

constexpr u32 kHow = static_cast<u32>(abi::__WNOTHREAD) | static_cast<u32>(abi::__WALL) | abi::__WCLONE;

// siginfo's first 48 bytes; nothing for WNOHANG without news: all zero.
Result<void> store_info(UserAddr to, const std::optional<WaitOutcome>& outcome) {
    abi::siginfo info{};
    if (outcome) {
        info.si_signo = abi::SIGCHLD;
        info.si_code = outcome->code;
        info.fields.sigchld.pid = outcome->pid;
        info.fields.sigchld.uid = outcome->uid;
        info.fields.sigchld.status = outcome->status;
    }
    // Only these fields, as Linux: the rest of the caller's structure stays, the gap before the fields too.
    const vm::UserSpan user{to, sizeof(info)};
    constexpr usize kHead = offsetof(abi::siginfo, si_code) + sizeof(info.si_code);
    constexpr usize kFields = offsetof(abi::siginfo, fields);
    TRY(user.copy_out(base::bytes_of(info).first(kHead)));
    return user.copy_out(base::bytes_of(info).subspan(kFields, 3 * sizeof(i32)), kFields);
}

Result<WaitRequest> request_of(Ctx& ctx, i32 which, i32 id, u32 options, OptRef<process::Process>& keep) {
    WaitRequest request{.options = options};
    switch (which) {
        case abi::P_ALL: return request;
        case abi::P_PID:
            if (id <= 0) return Errno::kINVAL;
            request.kind = WaitFor::kPid;
            request.id = id;
            return request;
        case abi::P_PGID:
            if (id < 0) return Errno::kINVAL;
            request.kind = WaitFor::kGroup;
            request.id = id == 0 ? TRY(process::group_of(ctx.task, 0)) : id;
            return request;
        case abi::P_PIDFD: {
            if (id < 0) return Errno::kINVAL;
            const object::FileRef file = TRY(ctx.task.files().get(id));
            process::PidFile* pidfd = file->as<process::PidFile>();
            if (pidfd == nullptr) return Errno::kBADF;
            keep = OptRef<process::Process>(Ref<process::Process>(pidfd->process()));
            request.kind = WaitFor::kPid;
            request.id = keep->pid();
            if (file->nonblock()) request.options |= abi::WNOHANG;
            return request;
        }
        default: return Errno::kINVAL;
    }
}

}  // namespace

Result<i64> sys_wait4(Ctx& ctx, i32 upid, vm::UserOut<i32> stat_addr, u32 options, vm::UserOut<abi::rusage> ru) {
    constexpr u32 kKnown = static_cast<u32>(abi::WNOHANG | abi::WUNTRACED | abi::WCONTINUED) | kHow;
    if ((options & ~kKnown) != 0) return Errno::kINVAL;
    if (upid == std::numeric_limits<i32>::min()) return Errno::kSRCH;
    WaitRequest request{.options = options | static_cast<u32>(abi::WEXITED)};
    if (upid > 0) {
        request.kind = WaitFor::kPid;
        request.id = upid;
    } else if (upid != -1) {
        request.kind = WaitFor::kGroup;
        request.id = upid == 0 ? TRY(process::group_of(ctx.task, 0)) : -upid;
    }
    const std::optional<WaitOutcome> outcome = TRY(process::wait_for_child(ctx.task, request));
    if (!outcome) return 0;
    if (stat_addr) TRY(stat_addr.store(outcome->wait_status));
    if (ru) TRY(ru.store(outcome->usage.to_abi()));
    return outcome->pid;
}

namespace {

Result<std::optional<WaitOutcome>> wait_for_id(Ctx& ctx, i32 which, i32 upid, u32 options) {
    constexpr u32 kEvents = static_cast<u32>(abi::WEXITED | abi::WSTOPPED | abi::WCONTINUED);
    constexpr u32 kKnown = kEvents | static_cast<u32>(abi::WNOHANG | abi::WNOWAIT) | kHow;
    if ((options & ~kKnown) != 0 || (options & kEvents) == 0) return Errno::kINVAL;
    OptRef<process::Process> keep;
    WaitRequest request = TRY(request_of(ctx, which, upid, options, keep));
    const bool pidfd_nonblock = (request.options & ~options & static_cast<u32>(abi::WNOHANG)) != 0;
    const std::optional<WaitOutcome> outcome = TRY(process::wait_for_child(ctx.task, request));
    if (!outcome && pidfd_nonblock) return Errno::kAGAIN;
    return outcome;
}

}  // namespace

// An error too is told with a siginfo of zeroes.
Result<i64> sys_waitid(Ctx& ctx, i32 which, i32 upid, vm::UserOut<abi::siginfo> infop, u32 options,
                       vm::UserOut<abi::rusage> ru) {
    const Result<std::optional<WaitOutcome>> waited = wait_for_id(ctx, which, upid, options);
    const std::optional<WaitOutcome> outcome = waited.ok() ? waited.value() : std::nullopt;
    if (outcome && ru) TRY(ru.store(outcome->usage.to_abi()));
    if (infop) TRY(store_info(infop.address(), outcome));
    if (!waited.ok()) return waited.error();
    return 0;
}

}  // namespace linux_abi
