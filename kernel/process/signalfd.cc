#include "process/signalfd.h"

#include "process/signal.h"
#include "process/signalfd_info.h"

namespace process {

void SignalFile::set_which(SignalSet which) {
    which_.store(which.without(kUnblockable).bits, std::memory_order_release);
    current().process().signal_events.notify(object::kPollIn);
}

Result<usize> SignalFile::read(object::IoCtx& ctx, vm::IoWriter& to) {
    if (to.remaining() < sizeof(abi::signalfd_siginfo)) return Errno::kINVAL;
    Task* task = task_of(ctx.thread);
    if (task == nullptr) return Errno::kINVAL;
    usize done = 0;
    while (to.remaining() >= sizeof(abi::signalfd_siginfo)) {
        const std::optional<SignalInfo> info = take_pending(*task, which());
        if (info) {
            // A signal whose reader's memory is bad is lost, as on Linux.
            const Result<void> written = to.write_value(to_signalfd(*info));
            if (!written.ok()) {
                if (done == 0) return written.error();
                break;
            }
            done += sizeof(abi::signalfd_siginfo);
            continue;
        }
        if (done != 0) break;
        if (ctx.nonblock()) return Errno::kAGAIN;
        const auto pending = [&] { return !(pending_signals(*task) & which()).empty(); };
        TRY(task->process().signal_events.queue.wait_interruptible(pending));
    }
    return done;
}

SignalFile::~SignalFile() {
    while (Watched* w = watched_.pop_front()) base::destroy(w);
}

bool SignalFile::keep(Process& process) {
    const auto known = [&] {
        for (const Watched& w : watched_)
            if (&*w.process == &process) return true;
        return false;
    };
    {
        sync::LockGuard guard(watched_lock_);
        if (known()) return true;
    }
    auto made = make_own<Watched>(Ref<Process>(process));
    if (!made.ok()) return false;
    sync::LockGuard guard(watched_lock_);
    if (!known()) watched_.push_back(*made.take().release());
    return true;
}

u32 SignalFile::poll(object::PollTable* table) {
    Task& task = current();
    if (table != nullptr && keep(task.process())) table->watch(task.process().signal_events);
    return (pending_signals(task) & which()).empty() ? 0 : abi::POLLIN;
}

void SignalFile::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[signalfd]"); }

void SignalFile::describe_info(base::FormatSink sink) {
    const std::array<base::FormatArgument, 1> arguments{base::format_argument(which().bits)};
    base::format_list(sink, "sigmask:\t{:016x}\n", arguments);
}

}  // namespace process
