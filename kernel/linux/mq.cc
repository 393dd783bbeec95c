// mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr.
#include "abi/linux/signal.h"
#include "abi/linux/socket.h"
#include "ipc/mqueue.h"
#include "linux/file_args.h"
#include "linux/time_values.h"
#include "process/process.h"
#include "process/signal.h"
#include "time/clock.h"

namespace linux_abi {
namespace {

namespace mq = ipc::mq;

mq::Caller mq_caller(Ctx& ctx) { return {ctx.task, ctx.task.process().pid(), ctx.task.credentials().uid}; }

// An open queue. EBADF: none, or not open in that way (0: whichever).
Result<mq::QueueFile*> queue_of(const object::FileRef& file, u32 mode) {
    mq::QueueFile* queue = file->path_only() ? nullptr : file->as<mq::QueueFile>();
    if (queue == nullptr || (file->mode() & mode) != mode) return Errno::kBADF;
    return queue;
}

// A moment of the real-time clock. EFAULT, EINVAL.
Result<Instant> deadline_of(vm::UserIn<abi::timespec> timeout) {
    if (!timeout) return Instant::never();
    return time::instant_of_realtime(TRY(nanoseconds_of(TRY(timeout.fetch()))));
}

// SIGEV_SIGNAL tells the process; SIGEV_NONE nobody.
class SignalNotifier final : public mq::Notifier {
  public:
    SignalNotifier(process::Task& task, const abi::sigevent& event)
        : Notifier(&task.files(), task.process().pid(), event.sigev_notify,
                   event.sigev_notify == abi::SIGEV_SIGNAL ? event.sigev_signo : 0),
          process_(task.process()),
          value_(event.sigev_value) {}
    void deliver(i32 sender_pid, u32 sender_uid) override {
        if (signo == 0) return;
        (void)process::send_signal(*process_,
                                   process::SignalInfo::user(signo, abi::SI_MESGQ, sender_pid, sender_uid, value_));
    }

  private:
    const Ref<process::Process> process_;
    const u64 value_;
};

// SIGEV_THREAD names a netlink socket that the cookie is sent to; there are none.
Result<void> refuse_thread(Ctx& ctx, const abi::sigevent& event) {
    std::array<u8, 32> cookie;  // NOTIFY_COOKIE_LEN
    TRY(vm::UserSpan{UserAddr(event.sigev_value), cookie.size()}.copy_in(cookie));
    const object::FileRef file = TRY(ctx.task.files().get(event.sigev_signo));
    object::Attributes attributes;
    TRY(file->stat(attributes));
    return (attributes.mode & abi::S_IFMT) == abi::S_IFSOCK ? Errno::kINVAL : Errno::kNOTSOCK;
}

}  // namespace

Result<i64> sys_mq_open(Ctx& ctx, vm::UserCString name, u32 oflag, u32 mode, vm::UserIn<abi::mq_attr> attr) {
    abi::mq_attr wanted{};
    if (attr) wanted = TRY(attr.fetch());
    [[clang::uninitialized]] PathArg text;
    TRY(text.fetch(name));
    Ref<object::File> file = TRY(mq::open(ctx.task.fs(), caller_of(ctx),
                                          {.name = text.view(),
                                           .flags = oflag,
                                           .mode = mode,
                                           .attributes = attr ? &wanted : nullptr,
                                           .byte_limit = ctx.task.process().limits().soft(abi::RLIMIT_MSGQUEUE)}));
    return TRY(ctx.task.files().install(std::move(file), true));
}

Result<i64> sys_mq_unlink(Ctx& ctx, vm::UserCString name) {
    [[clang::uninitialized]] PathArg text;
    TRY(text.fetch(name));
    TRY(mq::unlink(ctx.task.fs(), caller_of(ctx), text.view()));
    return 0;
}

Result<i64> sys_mq_timedsend(Ctx& ctx, i32 mqdes, vm::UserSpan msg, u32 msg_prio,
                             vm::UserIn<abi::timespec> abs_timeout) {
    const Instant deadline = TRY(deadline_of(abs_timeout));
    if (msg_prio >= mq::kMostPriority) return Errno::kINVAL;
    const object::FileRef file = TRY(ctx.task.files().get(mqdes));
    mq::QueueFile& queue = *TRY(queue_of(file, object::File::kWrite));
    TRY(queue.check_length(msg.len));
    Own<mq::Message> message = TRY(make_own<mq::Message>());
    message->priority = msg_prio;
    TRY(message->text.try_resize(msg.len));
    TRY(msg.copy_in(message->text.span()));
    TRY(queue.send(mq_caller(ctx), std::move(message), deadline));
    return 0;
}

Result<i64> sys_mq_timedreceive(Ctx& ctx, i32 mqdes, vm::UserSpan msg, vm::UserOut<u32> msg_prio,
                                vm::UserIn<abi::timespec> abs_timeout) {
    const Instant deadline = TRY(deadline_of(abs_timeout));
    const object::FileRef file = TRY(ctx.task.files().get(mqdes));
    mq::QueueFile& queue = *TRY(queue_of(file, object::File::kRead));
    const Own<mq::Message> message = TRY(queue.receive(mq_caller(ctx), msg.len, deadline));
    if (msg_prio) TRY(msg_prio.store(message->priority));
    TRY(msg.copy_out(message->text.span()));
    return static_cast<i64>(message->text.size());
}

Result<i64> sys_mq_notify(Ctx& ctx, i32 mqdes, vm::UserIn<abi::sigevent> notification) {
    abi::sigevent event{};
    if (notification) {
        event = TRY(notification.fetch());
        switch (event.sigev_notify) {
            case abi::SIGEV_NONE: break;
            case abi::SIGEV_SIGNAL:
                if (event.sigev_signo < 0 || event.sigev_signo > process::kMaxSignal) return Errno::kINVAL;
                break;
            case abi::SIGEV_THREAD: TRY(refuse_thread(ctx, event)); break;
            default: return Errno::kINVAL;
        }
    }
    const object::FileRef file = TRY(ctx.task.files().get(mqdes));
    mq::QueueFile& queue = *TRY(queue_of(file, 0));
    if (notification) {
        TRY(queue.set_notifier(TRY(make_own<SignalNotifier>(ctx.task, event))));
    } else {
        queue.remove_notifier(&ctx.task.files());
    }
    return 0;
}

Result<i64> sys_mq_getsetattr(Ctx& ctx, i32 mqdes, vm::UserIn<abi::mq_attr> mqstat, vm::UserOut<abi::mq_attr> omqstat) {
    abi::mq_attr wanted{};
    if (mqstat) {
        wanted = TRY(mqstat.fetch());
        if ((wanted.mq_flags & ~i64{abi::O_NONBLOCK}) != 0) return Errno::kINVAL;
    }
    const object::FileRef file = TRY(ctx.task.files().get(mqdes));
    mq::QueueFile& queue = *TRY(queue_of(file, 0));
    const abi::mq_attr before = queue.attributes();
    if (mqstat) {
        const u32 others = queue.status_flags() & ~u32{abi::O_NONBLOCK};
        queue.set_status_flags(others | static_cast<u32>(wanted.mq_flags));
    }
    if (omqstat) TRY(omqstat.store(before));
    return 0;
}

}  // namespace linux_abi
