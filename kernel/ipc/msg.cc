// Source: Linux 6.1 ipc/msg.c, ipc/msgutil.c; msgget(2), msgop(2), msgctl(2).
#include "ipc/msg.h"

#include <algorithm>

#include "base/bytes.h"
#include "ipc/setting.h"
#include "sched/rw_lock.h"
#include "sched/wait_queue.h"
#include "sync/guarded.h"
#include "time/clock.h"

namespace ipc::msg {
namespace {

constexpr u64 kMostInt = 0x7fff'ffff;

class Queue : public RefCounted<Queue> {
  public:
    Queue(SysvPermissions p, u64 limit, i64 now_s) : permissions(p) {
        state.unguarded().core.limit = limit;
        state.unguarded().changed_s = now_s;
    }
    // Written with the table's and the queue's lock held, read with either.
    SysvPermissions permissions;
    struct State {
        MessageQueue core;
        i64 changed_s = 0;
        bool removed = false;
    };
    sync::Guarded<State, sync::SpinLock<sync::Rank::kIpcObject>> state;
};

constinit Setting longest_message{{abi::MSGMAX}, 0, kMostInt};
constinit Setting most_bytes{{abi::MSGMNB}, 0, kMostInt};
constinit Setting most_queues{{abi::MSGMNI}, 0, SysvTable<Queue>::kPlaces};

[[clang::no_destroy]] constinit sync::Guarded<SysvTable<Queue>, sched::RwLock<sync::Rank::kGeneric>> queues;

i64 now_s() { return time::realtime() / 1'000'000'000; }

Result<Ref<Queue>> find(i32 id) { return Ref<Queue>(*TRY(queues.read()->find(id))); }

// A request and its thread's place to wait; ended and woken with the queue's lock held.
template <typename Request>
struct Waiter : Request {
    Waiter() {
        this->on_end = [](Request& r) { static_cast<Waiter&>(r).ended.wake_all(); };
    }
    sched::WaitQueue ended;
};

// One try with the lock held, as `submit` begins it, and the wait for its end. EAGAIN: permissions have changed, try
// again.
template <typename Request, typename Submit>
Result<void> run(const Caller& caller, Queue& queue, Waiter<Request>& waiter, u32 access, bool may_wait, Errno busy,
                 Submit submit) {
    auto s = queue.state.lock();
    TRY(queue.permissions.check(caller.credentials, access));
    if (s->removed) return Errno::kIDRM;
    waiter.end.reset();
    submit(s->core);
    if (!waiter.end && !may_wait) {
        s->core.give_up(waiter);
        return busy;
    }
    (void)waiter.ended.wait_interruptible_with(s, [&] { return waiter.end.has_value(); });
    if (waiter.end) return {};
    s->core.give_up(waiter);
    return Errno::kRESTARTNOHAND;
}

bool must_try_again(const auto& end) { return !end.ok() && end.error() == Errno::kAGAIN; }

}  // namespace

Result<i32> get(const Caller& caller, i32 key, u32 flags) {
    auto table = queues.write();
    const auto create = [&]() -> Result<i32> {
        Ref<Queue> queue =
            TRY(make_ref<Queue>(SysvPermissions::make(key, flags, caller.credentials), most_bytes.get(), now_s()));
        TRY(table->add(queue, most_queues.get()));
        return queue->permissions.id;
    };
    return table->get(caller, key, flags, create, [](const Queue&) -> Result<void> { return {}; });
}

u64 longest() { return longest_message.get(); }

Result<void> send(const Caller& caller, i32 id, Own<Message> message, u32 flags) {
    const Ref<Queue> queue = TRY(find(id));
    Waiter<Send> waiter;
    waiter.message = std::move(message);
    waiter.pid = caller.pid;
    const bool may_wait = (flags & abi::IPC_NOWAIT) == 0;
    do {
        TRY(run<Send>(caller, *queue, waiter, 0222, may_wait, Errno::kAGAIN,
                      [&](MessageQueue& core) { core.send(waiter, now_s()); }));
    } while (must_try_again(*waiter.end));
    return *waiter.end;
}

Result<Own<Message>> receive(const Caller& caller, i32 id, u64 room, i64 type, u32 flags) {
    const Ref<Queue> queue = TRY(find(id));
    Waiter<Receive> waiter;
    waiter.wanted = Selection::of(type, flags);
    waiter.room = room;
    waiter.may_cut = (flags & abi::MSG_NOERROR) != 0;
    waiter.pid = caller.pid;
    const bool may_wait = (flags & abi::IPC_NOWAIT) == 0;
    do {
        TRY(run<Receive>(caller, *queue, waiter, 0444, may_wait, Errno::kNOMSG,
                         [&](MessageQueue& core) { core.receive(waiter, now_s()); }));
    } while (must_try_again(*waiter.end));
    return std::move(*waiter.end);
}

Result<void> peek(const Caller& caller, i32 id, i64 index, Message& copy) {
    const Ref<Queue> queue = TRY(find(id));
    auto s = queue->state.lock();
    TRY(queue->permissions.check(caller.credentials, 0444));
    if (s->removed) return Errno::kIDRM;
    const Message* found = s->core.at(index);
    if (found == nullptr) return Errno::kNOMSG;
    if (found->text.size() > copy.text.size()) return Errno::kINVAL;
    base::copy(copy.text.span(), found->text.span());
    while (copy.text.size() > found->text.size()) copy.text.pop();
    copy.type = found->type;
    return {};
}

Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::msqid64_ds& out) {
    const auto table = queues.read();
    Queue* queue = TRY(table->find_status(caller, id, place, any));
    auto s = queue->state.lock();
    out = {.msg_perm = queue->permissions.encode(),
           .msg_stime = s->core.sent_s,
           .msg_rtime = s->core.received_s,
           .msg_ctime = s->changed_s,
           .msg_cbytes = s->core.bytes,
           .msg_qnum = s->core.count,
           .msg_qbytes = s->core.limit,
           .msg_lspid = s->core.last_sender,
           .msg_lrpid = s->core.last_receiver,
           .unused4 = 0,
           .unused5 = 0};
    return place ? queue->permissions.id : 0;
}

Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions, u64 bytes) {
    auto table = queues.write();
    Queue* queue = TRY(table->find_own(caller, id));
    if (bytes > most_bytes.get() && !caller.credentials.capable(abi::CAP_SYS_RESOURCE)) return Errno::kPERM;
    auto s = queue->state.lock();
    TRY(queue->permissions.set(permissions));
    s->changed_s = now_s();
    s->core.set_limit(bytes);
    return {};
}

Result<void> remove(const Caller& caller, i32 id) {
    MessageList messages;
    {
        auto table = queues.write();
        const Ref<Queue> queue(*TRY(table->find_own(caller, id)));
        table->remove(*queue);
        auto s = queue->state.lock();
        s->removed = true;
        s->core.remove(messages);
    }
    while (Own<Message> m{messages.pop_front()}) {}
    return {};
}

i32 info(bool usage, abi::msginfo& out) {
    const auto table = queues.read();
    out = {.msgpool = abi::MSGPOOL,
           .msgmap = abi::MSGMAP,
           .msgmax = static_cast<i32>(longest_message.get()),
           .msgmnb = static_cast<i32>(most_bytes.get()),
           .msgmni = static_cast<i32>(most_queues.get()),
           .msgssz = abi::MSGSSZ,
           .msgtql = abi::MSGTQL,
           .msgseg = abi::MSGSEG,
           .pad0 = 0};
    if (!usage) return table->greatest();
    u64 count = 0, bytes = 0;
    table->for_each([&](Queue& queue) {
        auto s = queue.state.lock();
        count += s->core.count;
        bytes += s->core.bytes;
    });
    out.msgpool = static_cast<i32>(table->size());
    out.msgmap = static_cast<i32>(std::min(count, kMostInt));
    out.msgtql = static_cast<i32>(std::min(bytes, kMostInt));
    return table->greatest();
}

namespace {

Result<void> list(const fs::Caller&, fs::procfs::SeqSink& sink) {
    base::format_to(
        sink, "{:>10} {:>10} {:>5} {:>11} {:>10} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>10} {:>10} {:>10}\n", "key",
        "msqid", "perms", "cbytes", "qnum", "lspid", "lrpid", "uid", "gid", "cuid", "cgid", "stime", "rtime", "ctime");
    const auto table = queues.read();
    table->for_each([&](Queue& queue) {
        const SysvPermissions& p = queue.permissions;
        auto s = queue.state.lock();
        const MessageQueue& core = s->core;
        const std::array numbers{core.bytes, core.count};
        const std::array pids{core.last_sender, core.last_receiver};
        const std::array times{core.sent_s, core.received_s, s->changed_s};
        s.unlock();
        base::format_to(
            sink, "{:>10} {:>10}  {:>4o}  {:>10} {:>10} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>10} {:>10} {:>10}\n",
            p.key, p.id, p.mode, numbers[0], numbers[1], pids[0], pids[1], p.uid, p.gid, p.cuid, p.cgid, times[0],
            times[1], times[2]);
    });
    return {};
}

}  // namespace

Result<void> init() {
    TRY(add_setting<longest_message>("sys/kernel/msgmax"));
    TRY(add_setting<most_bytes>("sys/kernel/msgmnb"));
    TRY(add_setting<most_queues>("sys/kernel/msgmni"));
    return fs::procfs::add_file("sysvipc/msg", list);
}

}  // namespace ipc::msg
