// signalfd, signalfd4: signals as things to read.
#include "abi/linux/signalfd.h"

#include <algorithm>

#include "generated/syscall_prototypes.h"
#include "process/process.h"
#include "process/signal.h"

namespace linux_abi {
namespace {

using process::SignalInfo;
using process::SignalSet;

// What the fields of a siginfo hold (siginfo_layout of Linux's kernel/signal.c).
void set_fields(abi::signalfd_siginfo& out, const abi::siginfo& in) {
    const auto& f = in.fields;
    const bool by_signal = in.si_code > abi::SI_USER && in.si_code < abi::SI_KERNEL;
    if (by_signal && in.si_signo == abi::SIGCHLD) {
        out.ssi_pid = static_cast<u32>(f.sigchld.pid);
        out.ssi_uid = f.sigchld.uid;
        out.ssi_status = f.sigchld.status;
        out.ssi_utime = static_cast<u64>(f.sigchld.utime);
        out.ssi_stime = static_cast<u64>(f.sigchld.stime);
    } else if (by_signal && process::kFaultSignals.has(in.si_signo) && in.si_signo != abi::SIGSYS) {
        out.ssi_addr = f.sigfault.addr;
        if (in.si_signo == abi::SIGBUS && in.si_code >= abi::BUS_MCEERR_AR)
            out.ssi_addr_lsb = static_cast<u16>(f.sigfault.addr_lsb);
    } else if (by_signal && in.si_signo == abi::SIGSYS) {
        out.ssi_call_addr = f.sigsys.call_addr;
        out.ssi_syscall = f.sigsys.syscall;
        out.ssi_arch = f.sigsys.arch;
    } else if ((by_signal && in.si_signo == abi::SIGIO) || in.si_code == abi::SI_SIGIO) {
        out.ssi_band = static_cast<u32>(f.sigpoll.band);
        out.ssi_fd = f.sigpoll.fd;
    } else if (in.si_code == abi::SI_TIMER) {
        out.ssi_tid = static_cast<u32>(f.timer.tid);
        out.ssi_overrun = static_cast<u32>(f.timer.overrun);
        out.ssi_ptr = f.timer.value;
        out.ssi_int = static_cast<i32>(f.timer.value);
    } else {
        out.ssi_pid = static_cast<u32>(f.rt.pid);
        out.ssi_uid = f.rt.uid;
        if (in.si_code < 0) {
            out.ssi_ptr = f.rt.value;
            out.ssi_int = static_cast<i32>(f.rt.value);
        }
    }
}

abi::signalfd_siginfo encoded(const SignalInfo& info) {
    const abi::siginfo in = info.to_abi();
    abi::signalfd_siginfo out{};
    out.ssi_signo = static_cast<u32>(in.si_signo);
    out.ssi_errno = in.si_errno;
    out.ssi_code = in.si_code;
    set_fields(out, in);
    return out;
}

// Gives the signals of whoever reads it, not of who made it: after fork each process reads its own.
class SignalFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"signalfd"};

    SignalFile(SignalSet which, u32 status_flags) : File(status_flags | abi::O_RDWR), which_(which.bits) {}

    void set_which(SignalSet which) { which_.store(which.bits, std::memory_order_relaxed); }
    SignalSet which() const { return SignalSet(which_.load(std::memory_order_relaxed)); }

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_write() const override { return false; }
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    Result<i64> seek(i64, int) override { return 0; }
    void describe(base::FormatSink sink) override { sink.write(sink.self, "anon_inode:[signalfd]"); }
    void describe_info(base::FormatSink sink) override;

  private:
    Result<SignalInfo> take(process::Task& task, bool nonblock);
    Result<void> hold(process::Process& process);

    std::atomic<u64> which_;
    // Processes whose queue somebody watches through this file: they stay as long as it does.
    sync::Guarded<Vector<Ref<process::Process>>, sched::Mutex<sync::Rank::kGeneric>> watched_processes_;
};

Result<SignalInfo> SignalFile::take(process::Task& task, bool nonblock) {
    for (;;) {
        if (const std::optional<SignalInfo> info = process::take_pending(task, which())) return *info;
        if (nonblock) return Errno::kAGAIN;
        const auto any = [&] { return !(process::pending_signals(task) & which()).empty(); };
        TRY(task.process().signal_events.queue.wait_interruptible(any));
    }
}

// As many as are pending and fit; waits for the first.
Result<usize> SignalFile::read(object::IoCtx& ctx, vm::IoWriter& to) {
    process::Task* task = process::task_of(ctx.thread);
    if (task == nullptr || to.remaining() < sizeof(abi::signalfd_siginfo)) return Errno::kINVAL;
    usize done = 0;
    while (to.remaining() >= sizeof(abi::signalfd_siginfo)) {
        const Result<SignalInfo> info = take(*task, ctx.nonblock() || done != 0);
        if (!info.ok()) {
            if (done == 0) return info.error();
            break;
        }
        const Result<void> stored = to.write_value(encoded(info.value()));
        if (!stored.ok()) {
            if (done == 0) return stored.error();
            break;
        }
        done += sizeof(abi::signalfd_siginfo);
    }
    return done;
}

Result<void> SignalFile::hold(process::Process& process) {
    auto held = watched_processes_.lock();
    for (const Ref<process::Process>& p : *held) {
        if (p.get() == &process) return {};
    }
    return held->try_push(Ref<process::Process>(process));
}

u32 SignalFile::poll(object::PollTable* table) {
    process::Task& task = process::current();
    if (table != nullptr && hold(task.process()).ok()) table->watch(task.process().signal_events);
    return (process::pending_signals(task) & which()).empty() ? 0 : u32{abi::POLLIN};
}

void SignalFile::describe_info(base::FormatSink sink) {
    const std::array<base::FormatArgument, 1> arguments{base::format_argument(which().bits)};
    base::format_list(sink, "sigmask:\t{:016x}\n", arguments);
}

}  // namespace

Result<i64> sys_signalfd4(Ctx& ctx, i32 ufd, vm::UserIn<abi::sigset_t> user_mask, usize sizemask, u32 flags) {
    if (sizemask != sizeof(abi::sigset_t)) return Errno::kINVAL;
    const SignalSet which = SignalSet(TRY(user_mask.fetch())).without(process::kUnblockable);
    object::DescriptorTable& files = ctx.task.files();
    if (ufd == -1) {
        Ref<object::File> file = TRY(make_ref<SignalFile>(which, flags & abi::SFD_NONBLOCK));
        return TRY(files.install(std::move(file), (flags & abi::SFD_CLOEXEC) != 0));
    }
    const object::FileRef file = TRY(files.get(ufd));
    SignalFile* signals = file->as<SignalFile>();
    if (signals == nullptr) return Errno::kINVAL;
    signals->set_which(which);
    ctx.task.process().signal_events.notify(object::kPollIn);
    return ufd;
}

Result<i64> sys_signalfd(Ctx& ctx, i32 ufd, vm::UserIn<abi::sigset_t> user_mask, usize sizemask) {
    return sys_signalfd4(ctx, ufd, user_mask, sizemask, 0);
}

}  // namespace linux_abi
