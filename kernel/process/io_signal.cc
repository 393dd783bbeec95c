#include "process/io_signal.h"

#include "abi/linux/poll.h"
#include "base/own.h"
#include "object/io_signal.h"
#include "process/pid_table.h"
#include "process/signal.h"
#include "process/tree.h"
#include "sched/work_queue.h"

namespace process {
namespace {

using object::IoSignal;

using SignalList = IntrusiveList<IoSignal, &IoSignal::node>;
constinit sync::Guarded<SignalList, sync::SpinLock<sync::Rank::kWork, sync::kIrqOff>> posted;
// Held while signals are sent: whoever has waited for it finds them sent, and cancelled ones are not looked at.
constinit sched::Mutex<sync::Rank::kGeneric> sending;
constinit sched::Work send_work{[](sched::Work&) { send_posted_io_signals(); }};

struct Reason {
    int code;
    u32 band;
};
// Linux: band_table.
constexpr std::array<Reason, object::kIoReasons> kReasons = {
    {{abi::POLL_IN, abi::POLLIN | abi::POLLRDNORM},
     {abi::POLL_OUT, abi::POLLOUT | abi::POLLWRNORM | abi::POLLWRBAND},
     {abi::POLL_MSG, abi::POLLIN | abi::POLLRDNORM | abi::POLLMSG},
     {abi::POLL_ERR, abi::POLLERR},
     {abi::POLL_PRI, abi::POLLPRI | abi::POLLRDBAND},
     {abi::POLL_HUP, abi::POLLHUP | abi::POLLERR}}};

// Linux: sigio_perm().
bool may_send(const object::File::Owner& owner, const Task& to) {
    const OptRef<object::Credentials> c = to.credentials_of();
    if (!c) return false;
    const u32 uid = owner.uid.load(std::memory_order_relaxed), euid = owner.euid.load(std::memory_order_relaxed);
    return euid == 0 || euid == c->suid || euid == c->uid || uid == c->suid || uid == c->uid;
}

void send_to(const IoSignal& signal, const Reason& reason, Task& task, bool thread_alone) {
    const object::File::Owner& owner = signal.file.owner;
    if (!may_send(owner, task)) return;
    const auto send = [&](const SignalInfo& info) {
        return thread_alone ? send_signal_to_thread(task, info) : send_signal(task.process(), info);
    };
    const i32 signo = owner.signal.load(std::memory_order_relaxed);
    if (signo != 0) {
        SignalInfo info{.signo = signo, .code = reason.code};
        std::get<0>(info.fields) = reason.band;
        std::get<1>(info.fields) = static_cast<u32>(signal.fd);
        // A full queue: the plain signal says that something was missed.
        if (send(info).ok()) return;
    }
    (void)send(SignalInfo::kernel(abi::SIGIO));
}

void send_to_group(const IoSignal& signal, const Reason& reason, i32 pgid) {
    const auto is_process = [](const pid::Slot& slot) {
        return slot.process.load(std::memory_order_relaxed) != nullptr;
    };
    for (i32 pid = pid::next(1, is_process); pid != 0; pid = pid::next(pid + 1, is_process)) {
        const OptRef<Process> process = find_process(pid);
        if (!process) continue;
        {
            TreeGuard guard;
            if (!process->group || process->group->pgid != pgid) continue;
        }
        if (const OptRef<Task> task = process->any_task()) send_to(signal, reason, *task, false);
    }
}

void send(const IoSignal& signal, const Reason& reason) {
    const object::File::Owner& owner = signal.file.owner;
    const i32 id = owner.id.load(std::memory_order_relaxed);
    if (id == 0) return;
    if (id < 0) return send_to_group(signal, reason, -id);
    if (owner.type.load(std::memory_order_relaxed) == abi::F_OWNER_TID) {
        if (const OptRef<Task> task = find_task(id)) send_to(signal, reason, *task, true);
        return;
    }
    const OptRef<Process> process = find_process(id);
    const OptRef<Task> task = process ? process->any_task() : nullptr;
    if (task) send_to(signal, reason, *task, false);
}

void post(IoSignal& signal, u32 reason) {
    if (reason < 1 || reason > object::kIoReasons) return;
    std::span(signal.posted)[reason - 1].fetch_add(1, std::memory_order_relaxed);
    {
        auto list = posted.lock();
        if (!signal.node.linked()) list->push_back(signal);
    }
    (void)sched::system_work().submit(send_work);
    if (Task* task = task_of(sched::current())) task->request(kWorkIoSignals);
}

void cancel(IoSignal& signal) {
    sync::LockGuard guard(sending);
    auto list = posted.lock();
    list->remove(signal);
}

constexpr object::IoSignalSender kSender{post, cancel};

void release_async(object::File& file) { (void)set_async(file, -1, false); }

}  // namespace

void send_posted_io_signals() {
    sync::LockGuard guard(sending);
    for (;;) {
        IoSignal* signal = posted.lock()->pop_front();
        if (signal == nullptr) return;
        for (usize i = 0; i < kReasons.size(); i++) {
            const u32 times = std::span(signal->posted)[i].exchange(0, std::memory_order_relaxed);
            for (u32 n = 0; n < times; n++) send(*signal, std::span(kReasons)[i]);
        }
    }
}

void init_io_signals() {
    object::io_signal_sender.store(&kSender, std::memory_order_release);
    object::File::set_async_hook(release_async);
}

Result<void> set_file_owner(object::File& file, i32 id, i32 type, const object::Credentials& by) {
    if (id != 0) {
        rcu::ReadGuard rcu;
        const pid::Slot* s = pid::find(id < 0 ? -id : id);
        const bool known = s != nullptr && (s->task.load(std::memory_order_relaxed) != nullptr ||
                                            s->process.load(std::memory_order_relaxed) != nullptr ||
                                            s->group.load(std::memory_order_relaxed) != nullptr ||
                                            s->session.load(std::memory_order_relaxed) != nullptr);
        if (!known) return Errno::kSRCH;
    }
    file.owner.uid.store(by.uid, std::memory_order_relaxed);
    file.owner.euid.store(by.euid, std::memory_order_relaxed);
    file.owner.type.store(type, std::memory_order_relaxed);
    file.owner.id.store(id, std::memory_order_relaxed);
    return {};
}

void own_file_if_free(object::File& file, const Task& by) {
    if (file.owner.id.load(std::memory_order_relaxed) != 0) return;
    (void)set_file_owner(file, by.process().pid(), abi::F_OWNER_PID, by.credentials());
}

}  // namespace process

// O_ASYNC of one file: listens to what poll(2) would.
struct object::File::Async final : object::PollTable {
    Async(File& file, int fd) : signal(file, fd) {}
    void watch(PollSource& source) override {
        if (used == entries.size()) return;  // no file has more than two
        Entry& e = std::span(entries)[used++];
        e.wake = on_wake;
        e.async = this;
        e.source = &source;
        source.queue.add(e);
    }
    void stop() {
        for (Entry& e : std::span(entries).first(used)) e.source->queue.remove(e);
        cancel_io_signal(signal);
    }

    struct Entry : sched::WaitEntry {
        Async* async = nullptr;
        PollSource* source = nullptr;
    };
    static bool on_wake(sched::WaitEntry& entry, u32 events) {
        IoSignal& signal = static_cast<Entry&>(entry).async->signal;
        if ((events & abi::POLLIN) != 0 && signal.file.readable()) post_io_signal(signal, abi::POLL_IN);
        if ((events & abi::POLLOUT) != 0 && signal.file.writable()) post_io_signal(signal, abi::POLL_OUT);
        return false;
    }
    IoSignal signal;
    std::array<Entry, 3> entries;
    usize used = 0;
};

namespace process {

Result<void> set_async(object::File& file, int fd, bool on) {
    using Async = object::File::Async;
    if (on && file.async.load(std::memory_order_acquire) == nullptr) {
        Own<Async> fresh = TRY(make_own<Async>(file, fd));
        (void)file.poll(fresh.get());
        Async* none = nullptr;
        if (file.async.compare_exchange_strong(none, fresh.get(), std::memory_order_seq_cst)) {
            (void)fresh.release();
            // Closed meanwhile by another thread: either the closing side sees it, or this side sees that.
            on = file.descriptors() != 0;
        } else {
            fresh->stop();
        }
    }
    if (on) return {};
    Own<Async> old(file.async.exchange(nullptr, std::memory_order_seq_cst));
    if (old) old->stop();
    return {};
}

}  // namespace process
