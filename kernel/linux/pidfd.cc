// pidfd_open, pidfd_send_signal, pidfd_getfd.
#include "process/pidfd.h"

#include "base/bytes.h"
#include "generated/syscall_prototypes.h"
#include "linux/pidfd_args.h"
#include "linux/signal_args.h"
#include "process/procfs/handles.h"
#include "process/signal.h"
#include "process/trace.h"
#include "process/tree.h"

namespace linux_abi {

Result<Ref<process::Process>> process_of_pidfd(Ctx& ctx, i32 fd) {
    const object::FileRef file = TRY(ctx.task.files().get(fd));
    process::PidFile* pidfd = file->as<process::PidFile>();
    if (pidfd == nullptr) return Errno::kBADF;
    return Ref<process::Process>(pidfd->process());
}

namespace {

// pidfd_send_signal(2) also takes an open folder /proc/PID.
Result<Ref<process::Process>> process_to_signal(Ctx& ctx, i32 fd) {
    const object::FileRef file = TRY(ctx.task.files().get(fd));
    if (process::PidFile* pidfd = file->as<process::PidFile>()) return Ref<process::Process>(pidfd->process());
    OptRef<process::Process> target = process::procfs::process_of_folder(*file);
    if (!target) return Errno::kBADF;
    return target.take();
}

bool is_reaped(const process::Process& target) {
    process::TreeGuard guard;
    return target.life == process::Life::kReaped;
}

}  // namespace

Result<i64> sys_pidfd_open(Ctx& ctx, i32 pid, u32 flags) {
    if ((flags & ~static_cast<u32>(abi::O_NONBLOCK)) != 0 || pid <= 0) return Errno::kINVAL;
    const OptRef<process::Process> target = process::find_process(pid);
    // A thread that is no leader has a number, but none of its own to open.
    if (!target) return process::find_task(pid) ? Errno::kINVAL : Errno::kSRCH;
    return TRY(process::create_pidfd(ctx.task, *target, flags));
}

Result<i64> sys_pidfd_send_signal(Ctx& ctx, i32 pidfd, i32 sig, UserAddr info, u32 flags) {
    if (flags != 0) return Errno::kINVAL;
    const Ref<process::Process> target = TRY(process_to_signal(ctx, pidfd));
    if (sig < 0 || sig > process::kMaxSignal) return Errno::kINVAL;
    process::SignalInfo what =
        process::SignalInfo::user(sig, abi::SI_USER, ctx.task.process().pid(), ctx.task.credentials().uid);
    if (!info.is_null()) {
        what = TRY(fetch_siginfo(info));
        if (what.signo != sig) return Errno::kINVAL;
        if ((what.code >= 0 || what.code == abi::SI_TKILL) && target.get() != &ctx.task.process()) return Errno::kPERM;
    }
    if (is_reaped(*target)) return Errno::kSRCH;
    TRY(process::may_signal(ctx.task, *target, sig));
    TRY(process::send_signal(*target, what));
    return 0;
}

Result<i64> sys_pidfd_getfd(Ctx& ctx, i32 pidfd, i32 fd, u32 flags) {
    if (flags != 0) return Errno::kINVAL;
    const Ref<process::Process> target = TRY(process_of_pidfd(ctx, pidfd));
    const OptRef<process::Task> task = target->any_task();
    if (!task) return Errno::kSRCH;
    TRY(process::may_trace(ctx.task, *task, process::AccessMode::kAttach));
    const OptRef<object::DescriptorTable> table = task->files_of();
    if (!table) return Errno::kSRCH;
    Ref<object::File> file = TRY(table->get_counted(fd));
    return TRY(ctx.task.files().install(std::move(file), true));
}

}  // namespace linux_abi
