// The mqueue file system: one folder of queues.
// Callers: ipc/mqueue.
// Locks, context: as fs::Inode. The list of all queues has a spin lock (kIpcObject) of its own, as each queue has.
#pragma once

#include "fs/inode.h"
#include "ipc/mqueue.h"
#include "sync/guarded.h"

namespace ipc::mq {

class QueueInode final : public fs::Inode {
  public:
    // What a queue is made with; `charged`: bytes that count for its owner.
    struct Shape {
        u64 most, longest, charged;
    };
    QueueInode(fs::Superblock& super, u64 number, u32 mode, u32 uid, const Shape& shape);
    ~QueueInode() override;
    void evict() override;
    Result<Ref<object::File>> open(const fs::OpenContext& ctx) override;

    const u64 charged;
    const u32 owner_uid;  // the real one of who made it, whose limit counts
    ListNode all_node;    // in the list of all queues, once admitted

    struct State {
        State(u64 most, u64 longest) : core(most, longest) {}
        MessageQueue core;
        Own<Notifier> notifier;
    };
    sync::Guarded<State, sync::SpinLock<sync::Rank::kIpcObject>> state;
    object::PollSource changed;
};

// Where the queues are: the root of the kernel's own mount.
fs::Path root();
// Makes a queue with `attributes` (null: the defaults) as Inode::create would.
Result<Ref<fs::Inode>> create(const fs::Caller& caller, fs::Inode& directory, const fs::NameKey& name, u32 mode,
                              const abi::mq_attr* attributes, u64 byte_limit);
}  // namespace ipc::mq
