// Mount: a file system attached at a place in the tree; MountNamespace: one such tree.
// Callers: fs, linux/mount.
// Locks, context: found without locks under RCU with the mount sequence; changed under the tree's lock (mount.cc).
#pragma once

#include <atomic>

#include "base/list.h"
#include "base/ref.h"
#include "base/string.h"
#include "fs/dentry.h"
#include "fs/superblock.h"
#include "sync/rcu.h"
#include "sync/seqlock.h"

namespace fs {

class MountNamespace;
struct Path;

class Mount : public RefCounted<Mount> {
  public:
    // Not attached to anything yet. `root` belongs to `super`.
    static Result<Ref<Mount>> create(Ref<Superblock> super, Ref<Dentry> root, std::string_view source, u64 flags);
    void on_last_ref();
    ~Mount() = default;

    Superblock& super() const { return *super_; }
    Dentry& root() const { return *root_; }
    // Where it is attached; null for the root of a namespace and for what is detached. Under RCU or the tree lock.
    Mount* parent() const { return parent_.load(std::memory_order_acquire); }
    Dentry* mountpoint() const { return mountpoint_.load(std::memory_order_acquire); }
    u64 id() const { return id_; }
    // abi::MS_RDONLY, NOSUID, NODEV, NOEXEC, NOATIME, NODIRATIME, RELATIME, NOSYMFOLLOW.
    u64 flags() const { return flags_.load(std::memory_order_relaxed); }
    void set_flags(u64 flags) { flags_.store(flags, std::memory_order_relaxed); }
    bool read_only() const;
    std::string_view source() const { return source_.view(); }

  private:
    friend class MountTable;
    friend class MountNamespace;
    template <typename T, typename... Args>
    friend T* base::try_new(Args&&... args);
    template <typename T>
    friend void base::destroy(T* p);
    Mount(Ref<Superblock> super, Ref<Dentry> root, String source, u64 flags);

    std::atomic<Mount*> next_{nullptr};         // in the bucket of (parent, mountpoint)
    std::atomic<Mount*> parent_{nullptr};       // holds a reference
    std::atomic<Dentry*> mountpoint_{nullptr};  // holds a reference
    Ref<Superblock> super_;
    Ref<Dentry> root_;
    std::atomic<u64> flags_;
    String source_;
    u64 id_;
    ListNode namespace_node_;
    u32 children_ = 0;  // mounts attached to this one; tree lock
    rcu::Head rcu_;
};

class MountNamespace : public RefCounted<MountNamespace> {
  public:
    // `root` becomes its first mount.
    explicit MountNamespace(Ref<Mount> root);
    ~MountNamespace();
    Ref<Mount> root() const;
    // For poll on /proc/mounts and for inode numbers.
    u64 id() const { return id_; }

  private:
    friend class MountTable;
    Ref<Mount> root_;
    IntrusiveList<Mount, &Mount::namespace_node_> mounts_;
    u64 id_;
};

// A mount of a whole file system, attached to nothing yet.
Result<Ref<Mount>> mount_superblock(Ref<Superblock> super, std::string_view source, u64 flags);

// --- Operations: mount(2) and friends, whose permissions linux/mount checks. ---
// Attaches `mount` over `place`. EBUSY: the same root is there already. ENOENT: the place was removed.
Result<void> attach(MountNamespace& space, const Path& place, Ref<Mount> mount);
// Detaches the mount whose root is `path`, which is the caller's only reference. EINVAL: not the root of a mount, or
// of the namespace. EBUSY: in use (unless lazy).
Result<void> detach(const Path& path, bool lazy);
// Shows `from` (and, if recursive, what is mounted below it) at `to` also.
Result<void> bind(MountNamespace& space, const Path& from, const Path& to, bool recursive);
// MS_MOVE.
Result<void> move_mount(MountNamespace& space, const Path& from, const Path& to);
// pivot_root(2): tasks' roots and directories are the caller's affair.
Result<void> pivot_root(MountNamespace& space, const Path& new_root, const Path& put_old);
// fn for each mount of the namespace, oldest first, with the tree's lock held.
struct MountInfo {
    const Mount& mount;
    const Mount* parent;
};
void for_each_mount(MountNamespace& space, void (*fn)(const MountInfo&, void*), void* context);

// --- For the walk ---
// What is mounted over `dentry` as seen through `mount`; null: nothing. Under RCU, checked by mount_sequence().
Mount* mounted_at(const Mount& mount, const Dentry& dentry);
const sync::SeqCount& mount_sequence();
// The topmost mount there, with references.
void step_into_mounts(Path& path);
// From the root of a mount to where it is attached; false at a namespace's root.
bool step_out_of_mount(Path& path);

// The namespace that start-up makes; until CLONE_NEWNS there is this one.
MountNamespace& initial_namespace();
void set_initial_namespace(Ref<MountNamespace> space);

}  // namespace fs
