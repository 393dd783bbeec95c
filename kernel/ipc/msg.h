// System V message queues by key and number.
// Callers: linux/msg.
// Locks, context: thread context. A sleeping lock (kGeneric) around the table, a spin lock (kIpcObject) in each queue.
// No user memory is touched under them.
#pragma once

#include "ipc/msg_core.h"
#include "ipc/sysv.h"

namespace ipc::msg {

using Caller = SysvCaller;

// msgget: the queue's number. EEXIST, ENOENT, EACCES, ENOSPC, ENOMEM.
Result<i32> get(const Caller& caller, i32 key, u32 flags);
// The longest message (/proc/sys/kernel/msgmax).
u64 longest();
// msgsnd. EINVAL, EACCES, EAGAIN, EIDRM, ERESTARTNOHAND.
Result<void> send(const Caller& caller, i32 id, Own<Message> message, u32 flags);
// msgrcv: the message, out of the queue. EINVAL, EACCES, E2BIG, ENOMSG, EIDRM, ERESTARTNOHAND.
Result<Own<Message>> receive(const Caller& caller, i32 id, u64 room, i64 type, u32 flags);
// MSG_COPY: a copy of the `index`-th into `copy`, whose text has the size of the room and is cut to the message's.
// EINVAL: it does not fit.
Result<void> peek(const Caller& caller, i32 id, i64 index, Message& copy);

// msgctl's commands. `place`: the number is a place in the table (MSG_STAT). The queue's number then, otherwise 0.
// EINVAL, EACCES.
Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::msqid64_ds& out);
// EPERM, EINVAL.
Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions, u64 bytes);
Result<void> remove(const Caller& caller, i32 id);
// IPC_INFO, MSG_INFO (`usage`): the greatest place in use.
i32 info(bool usage, abi::msginfo& out);

// Start-up: /proc/sys/kernel/msg*, /proc/sysvipc/msg.
Result<void> init();

}  // namespace ipc::msg
