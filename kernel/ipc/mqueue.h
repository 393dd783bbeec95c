// POSIX message queues: files of one file system, mqueue, which the kernel has mounted for itself.
// Callers: linux/mq.
// Locks, context: thread context. A spin lock (kIpcObject) in each queue; none is held around copies of user memory.
#pragma once

#include "abi/linux/ipc.h"
#include "base/duration.h"
#include "fs/walk.h"
#include "ipc/mq_core.h"
#include "object/file.h"

namespace ipc::mq {

// The limits of <mqueue.h> and of Linux's include/linux/ipc_namespace.h.
inline constexpr u32 kMostPriority = 32768;
inline constexpr u64 kHardMostMessages = 65536, kHardLongest = 16 * 1024 * 1024;

// Who wants to hear of the next message in an empty queue: mq_notify(3). Belongs to the descriptor table of its process
// and goes when a descriptor of the queue is closed there.
class Notifier {
  public:
    Notifier(const void* table, i32 pid, i32 how, i32 signo) : table(table), pid(pid), how(how), signo(signo) {}
    virtual ~Notifier() = default;
    // A message has come, sent by that process.
    virtual void deliver(i32 sender_pid, u32 sender_uid) = 0;

    const void* const table;
    const i32 pid;
    const i32 how;    // abi::SIGEV_*
    const i32 signo;  // of SIGEV_SIGNAL, otherwise 0
};

// Who sends: for the notification. Who waits with a time limit.
struct Caller {
    sched::Thread& thread;
    i32 pid;
    u32 uid;
};

class QueueInode;
inline constexpr u64 kFileSize = 80;  // of a queue as a file (Linux: FILENT_SIZE)

// An open queue; reading it as a file gives a line of text.
class QueueFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"mqueue"};
    QueueFile(Ref<QueueInode> queue, u32 flags);

    // EMSGSIZE, EAGAIN, ETIMEDOUT, ERESTARTSYS.
    Result<void> send(const Caller& caller, Own<Message> message, Instant deadline);
    Result<void> check_length(u64 bytes) const;
    // EMSGSIZE: `room` is less than the longest message.
    Result<Own<Message>> receive(const Caller& caller, u64 room, Instant deadline);
    // Null takes back what this process wants. EBUSY: somebody else does.
    Result<void> set_notifier(Own<Notifier> notifier);
    void remove_notifier(const void* table);
    abi::mq_attr attributes() const;

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_write() const override { return false; }
    Result<usize> pread(object::IoCtx& ctx, vm::IoWriter& to, u64 offset) override;
    Result<usize> pwrite(object::IoCtx& ctx, vm::IoReader& from, u64& offset) override;
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    void on_descriptor_closed(const void* table) override;

  private:
    Result<u64> seek_end() override { return kFileSize; }
    const Ref<QueueInode> queue_;
};

struct OpenRequest {
    std::string_view name;  // without the slash that the library wants
    u32 flags;              // of mq_open
    u32 mode = 0;
    const abi::mq_attr* attributes = nullptr;  // null: the defaults
    u64 byte_limit = ~u64{0};                  // RLIMIT_MSGQUEUE
};
// EACCES: a name with a slash, "." or "..". ENOENT, EEXIST, EINVAL, ENOSPC, EMFILE (beyond the limit), ENAMETOOLONG.
Result<Ref<object::File>> open(fs::FsContext& fs, const fs::Caller& caller, const OpenRequest& request);
Result<void> unlink(fs::FsContext& fs, const fs::Caller& caller, std::string_view name);

// Start-up: the file system and its limits in /proc/sys/fs/mqueue. After the root is mounted.
Result<void> init();

}  // namespace ipc::mq
