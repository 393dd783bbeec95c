// msgget, msgsnd, msgrcv, msgctl.
#include "ipc/msg.h"

#include "generated/syscall_prototypes.h"
#include "process/ctx.h"
#include "process/process.h"
#include "vm/user_memory.h"

namespace linux_abi {
namespace {

namespace msg = ipc::msg;
msg::Caller msg_caller(Ctx& ctx) { return {ctx.task.credentials(), ctx.task.process().pid()}; }

// struct msgbuf: the type as a long, then the text.
constexpr usize kTypeSize = sizeof(i64);
vm::UserSpan text_at(UserAddr buffer, usize size) { return {buffer + kTypeSize, size}; }

bool is_negative(u64 size) { return static_cast<i64>(size) < 0; }

Result<i64> give(const msg::Message& message, UserAddr buffer, u64 room) {
    TRY(vm::UserOut<i64>(buffer).store(message.type));
    const usize size = std::min<usize>(message.text.size(), room);
    TRY(text_at(buffer, size).copy_out(message.text.span().first(size)));
    return static_cast<i64>(size);
}

Result<i64> receive_copy(Ctx& ctx, i32 id, UserAddr buffer, u64 room, i64 index, u32 flags) {
    if ((flags & abi::MSG_EXCEPT) != 0 || (flags & abi::IPC_NOWAIT) == 0) return Errno::kINVAL;
    msg::Message copy;
    TRY(copy.text.try_resize(std::min(room, msg::longest())));
    TRY(msg::peek(msg_caller(ctx), id, index, copy));
    return give(copy, buffer, room);
}

}  // namespace

Result<i64> sys_msgget(Ctx& ctx, i32 key, i32 msgflg) {
    return TRY(msg::get(msg_caller(ctx), key, static_cast<u32>(msgflg)));
}

Result<i64> sys_msgsnd(Ctx& ctx, i32 msqid, UserAddr msgp, u64 msgsz, i32 msgflg) {
    const i64 type = TRY(vm::UserIn<i64>(msgp).fetch());
    if (msgsz > msg::longest() || msqid < 0 || type < 1) return Errno::kINVAL;
    Own<msg::Message> message = TRY(make_own<msg::Message>());
    message->type = type;
    TRY(message->text.try_resize(msgsz));
    TRY(text_at(msgp, msgsz).copy_in(message->text.span()));
    TRY(msg::send(msg_caller(ctx), msqid, std::move(message), static_cast<u32>(msgflg)));
    return 0;
}

Result<i64> sys_msgrcv(Ctx& ctx, i32 msqid, UserAddr msgp, u64 msgsz, i64 msgtyp, i32 msgflg) {
    const u32 flags = static_cast<u32>(msgflg);
    if (msqid < 0 || is_negative(msgsz)) return Errno::kINVAL;
    if ((flags & abi::MSG_COPY) != 0) return receive_copy(ctx, msqid, msgp, msgsz, msgtyp, flags);
    const Own<msg::Message> message = TRY(msg::receive(msg_caller(ctx), msqid, msgsz, msgtyp, flags));
    return give(*message, msgp, msgsz);
}

Result<i64> sys_msgctl(Ctx& ctx, i32 msqid, i32 cmd, UserAddr buf) {
    if (cmd < 0 || msqid < 0) return Errno::kINVAL;
    const msg::Caller caller = msg_caller(ctx);
    switch (cmd) {
        case abi::IPC_INFO:
        case abi::MSG_INFO: {
            abi::msginfo info;
            const i32 greatest = msg::info(cmd == abi::MSG_INFO, info);
            TRY(vm::UserOut<abi::msginfo>(buf).store(info));
            return greatest;
        }
        case abi::IPC_STAT:
        case abi::MSG_STAT:
        case abi::MSG_STAT_ANY: {
            abi::msqid64_ds status;
            const i32 id = TRY(msg::status(caller, msqid, cmd != abi::IPC_STAT, cmd == abi::MSG_STAT_ANY, status));
            TRY(vm::UserOut<abi::msqid64_ds>(buf).store(status));
            return id;
        }
        case abi::IPC_SET: {
            const abi::msqid64_ds wanted = TRY(vm::UserIn<abi::msqid64_ds>(buf).fetch());
            TRY(msg::set(caller, msqid, wanted.msg_perm, wanted.msg_qbytes));
            return 0;
        }
        case abi::IPC_RMID: TRY(msg::remove(caller, msqid)); return 0;
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
