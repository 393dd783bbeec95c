// Source: Linux 6.1 ipc/mqueue.c; mq_open(3), mq_send(3), mq_receive(3), mq_notify(3).
#include "ipc/mqueue.h"

#include "abi/linux/signal.h"
#include "fs/operations.h"
#include "ipc/mqueue_fs.h"

namespace ipc::mq {
namespace {

using object::kPollIn;
using object::kPollOut;

// On the stack of who waits; ended and woken with the queue's lock held.
struct ThreadWaiter : Waiter {
    explicit ThreadWaiter(const sched::Thread& thread) {
        urgency = thread.sched_class == sched::Class::kRealTime ? 100 + thread.rt_priority : -thread.nice;
        on_end = [](Waiter& w) { static_cast<ThreadWaiter&>(w).ended_queue.wake_all(); };
    }
    sched::WaitQueue ended_queue;
};

// Until somebody ends `waiter`, which is in a queue of `state`. ERESTARTSYS, ETIMEDOUT.
Result<void> wait(auto& state, ThreadWaiter& waiter, Instant deadline) {
    const Result<void> waited =
        waiter.ended_queue.wait_interruptible_with(state, [&] { return waiter.ended; }, deadline);
    if (waiter.ended) return {};
    MessageQueue::give_up(waiter);
    return waited;
}

}  // namespace

QueueFile::QueueFile(Ref<QueueInode> queue, u32 flags) : File(flags, kSeekable), queue_(std::move(queue)) {}

Result<void> QueueFile::check_length(u64 bytes) const {
    if (bytes > queue_->state.lock()->core.longest()) return Errno::kMSGSIZE;
    return {};
}

Result<void> QueueFile::send(const Caller& caller, Own<Message> message, Instant deadline) {
    Own<Notifier> told;
    {
        auto s = queue_->state.lock();
        switch (s->core.send(message)) {
            case MessageQueue::Sent::kFull: {
                if (nonblock()) return Errno::kAGAIN;
                ThreadWaiter waiter(caller.thread);
                waiter.message = std::move(message);
                s->core.wait_to_send(waiter);
                TRY(wait(s, waiter, deadline));
                return {};
            }
            case MessageQueue::Sent::kHandedOver: break;
            case MessageQueue::Sent::kQueued:
                if (s->core.count() == 1) told = std::move(s->notifier);
                break;
        }
    }
    queue_->touch_modified();
    queue_->changed.notify(kPollIn);
    if (told) told->deliver(caller.pid, caller.uid);
    return {};
}

Result<Own<Message>> QueueFile::receive(const Caller& caller, u64 room, Instant deadline) {
    Own<Message> message;
    {
        auto s = queue_->state.lock();
        if (room < s->core.longest()) return Errno::kMSGSIZE;
        message = s->core.receive();
        if (!message) {
            if (nonblock()) return Errno::kAGAIN;
            ThreadWaiter waiter(caller.thread);
            s->core.wait_to_receive(waiter);
            TRY(wait(s, waiter, deadline));
            return std::move(waiter.message);
        }
    }
    queue_->touch_modified();
    queue_->changed.notify(kPollOut);
    return message;
}

Result<void> QueueFile::set_notifier(Own<Notifier> notifier) {
    auto s = queue_->state.lock();
    if (s->notifier) return Errno::kBUSY;
    s->notifier = std::move(notifier);
    return {};
}

void QueueFile::remove_notifier(const void* table) {
    Own<Notifier> gone;
    auto s = queue_->state.lock();
    if (s->notifier && s->notifier->table == table) gone = std::move(s->notifier);
    s.unlock();
}

abi::mq_attr QueueFile::attributes() const {
    auto s = queue_->state.lock();
    return {.mq_flags = nonblock() ? abi::O_NONBLOCK : 0,
            .mq_maxmsg = static_cast<i64>(s->core.most()),
            .mq_msgsize = static_cast<i64>(s->core.longest()),
            .mq_curmsgs = static_cast<i64>(s->core.count()),
            .reserved = {}};
}

Result<usize> QueueFile::pread(object::IoCtx&, vm::IoWriter& to, u64 offset) {
    FixedString<96> line;
    {
        auto s = queue_->state.lock();
        const Notifier* n = s->notifier.get();
        base::format_to(line, "QSIZE:{:<10} NOTIFY:{:<5} SIGNO:{:<5} NOTIFY_PID:{:<6}\n", s->core.bytes(),
                        n == nullptr ? 0 : n->how, n == nullptr ? 0 : n->signo, n == nullptr ? 0 : n->pid);
    }
    if (offset >= line.view().size()) return usize{0};
    const std::span<const u8> rest = base::bytes_of(line.view().substr(offset));
    return to.write(rest.first(std::min(rest.size(), to.remaining())));
}

// Messages are sent by mq_send(3) alone.
Result<usize> QueueFile::pwrite(object::IoCtx&, vm::IoReader&, u64&) { return Errno::kINVAL; }

u32 QueueFile::poll(object::PollTable* table) {
    if (table != nullptr) table->watch(queue_->changed);
    auto s = queue_->state.lock();
    return (s->core.count() > 0 ? kPollIn : 0) | (s->core.full() ? 0 : kPollOut);
}

void QueueFile::on_descriptor_closed(const void* table) {
    remove_notifier(table);
    File::on_descriptor_closed(table);
}

namespace {

// Names are one component, and no file system of its own lies below (Linux: lookup_one_len).
Result<void> check_name(std::string_view name) {
    if (name.empty()) return Errno::kNOENT;
    if (name == "." || name == ".." || name.find('/') != std::string_view::npos) return Errno::kACCES;
    return {};
}

class QueueMaker final : public fs::FileMaker {
  public:
    explicit QueueMaker(const OpenRequest& request) : request_(request) {}
    Result<Ref<fs::Inode>> make(const fs::Caller& caller, fs::Inode& directory, const fs::NameKey& name,
                                u32 mode) override {
        return create(caller, directory, name, mode, request_.attributes, request_.byte_limit);
    }

  private:
    const OpenRequest& request_;
};

}  // namespace

Result<Ref<object::File>> open(fs::FsContext& context, const fs::Caller& caller, const OpenRequest& request) {
    TRY(check_name(request.name));
    if ((request.flags & abi::O_ACCMODE) == abi::O_ACCMODE) return Errno::kINVAL;
    constexpr u32 kKept = abi::O_ACCMODE | abi::O_NONBLOCK | abi::O_CREAT | abi::O_EXCL;
    const fs::Path folder = root();
    QueueMaker maker(request);
    Ref<object::File> file = TRY(fs::open({context, caller, &folder}, request.name,
                                          {.flags = request.flags & kKept, .mode = request.mode, .maker = &maker}));
    // Found out last: what was made for it stays (Linux: dentry_open).
    if ((request.flags & abi::O_DIRECT) != 0) return Errno::kINVAL;
    return file;
}

Result<void> unlink(fs::FsContext& context, const fs::Caller& caller, std::string_view name) {
    TRY(check_name(name));
    const fs::Path folder = root();
    return fs::unlink({context, caller, &folder}, name);
}

}  // namespace ipc::mq
