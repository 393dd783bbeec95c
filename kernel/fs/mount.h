// Mount: a file system attached at a place in the tree; MountNamespace: one such tree.
// Callers: fs, linux/mount, procfs. What mount(2) and its relatives do is in mount_operations.h.
// Locks, context: found without locks under RCU with the mount sequence; changed under the tree's lock (mount_table.h).
#pragma once

#include <atomic>

#include "base/list.h"
#include "base/ref.h"
#include "base/string.h"
#include "fs/dentry.h"
#include "fs/propagation.h"
#include "fs/superblock.h"
#include "object/change_count.h"
#include "sched/work_queue.h"
#include "sync/rcu.h"
#include "sync/seqlock.h"

namespace fs {

class MountNamespace;
struct Path;

class Mount : public RefCounted<Mount>, public Propagation {
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

    // Files open for writing keep it from becoming read-only.
    void add_writer();
    void remove_writer();

    // MNT_EXPIRE: whether it was marked before and not been used since.
    bool mark_expiring() { return expiring_.exchange(true, std::memory_order_relaxed); }
    void used() const {
        if (expiring_.load(std::memory_order_relaxed)) [[unlikely]]
            expiring_.store(false, std::memory_order_relaxed);
    }

    // --- The tree it is in: under the tree lock. ---
    MountNamespace* space = nullptr;  // null: detached
    bool floating = false;            // root of a tree that a file owns (open_tree, fsmount)
    bool going = false;               // being unmounted
    Mount* copy = nullptr;            // while its tree is copied
    ListNode space_node;              // in MountNamespace::mounts, or in a list of those that go
    ListNode sibling_node;
    IntrusiveList<Mount, &Mount::sibling_node> children;

  private:
    friend class MountTable;
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
    mutable std::atomic<bool> expiring_{false};
    std::atomic<i32> writers_{0};
    rcu::Head rcu_;

    friend Result<void> check_no_writers(const Mount& mount);
};
using MountList = IntrusiveList<Mount, &Mount::space_node>;

// EBUSY while a file on it is open for writing: for remounting it read-only.
Result<void> check_no_writers(const Mount& mount);

class MountNamespace : public RefCounted<MountNamespace> {
  public:
    // `root` becomes its first mount.
    static Result<Ref<MountNamespace>> create(Ref<Mount> root);
    // The same for those who hold the tree lock and give it its mounts themselves.
    static Result<Ref<MountNamespace>> create_empty(Ref<Mount> root);
    MountNamespace(Ref<Mount> root, Ref<object::ChangeCount> changes);
    // Its tree is taken down by a worker: dropping a reference may not sleep.
    void on_last_ref();

    // The mount below all others; never changes.
    Ref<Mount> root() const { return root_; }
    // Where a task that enters it finds itself: the topmost mount on the root.
    Path top() const;
    // Of /proc/PID/ns/mnt.
    u64 number() const { return number_; }

    MountList mounts;  // oldest first; tree lock
    u64 count = 0;     // of them
    // For those who poll /proc/PID/mounts.
    object::ChangeCount& changes() const { return *changes_; }

  private:
    static void end(sched::Work& work);
    Ref<Mount> root_;
    Ref<object::ChangeCount> changes_;
    u64 number_;
    sched::Work end_work_{end};
};

// A number for a new namespace of any kind, as stat and /proc/PID/ns show it.
u64 next_namespace_number();

// A mount of a whole file system, attached to nothing yet.
Result<Ref<Mount>> mount_superblock(Ref<Superblock> super, std::string_view source, u64 flags);

// --- For the walk ---
// What is mounted over `dentry` as seen through `mount`; null: nothing. Under RCU, checked by mount_sequence().
Mount* mounted_at(const Mount& mount, const Dentry& dentry);
const sync::SeqCount& mount_sequence();
// The topmost mount there, with references.
void step_into_mounts(Path& path);
// From the root of a mount to where it is attached; false at a namespace's root.
bool step_out_of_mount(Path& path);

// The namespace that start-up makes.
MountNamespace& initial_namespace();
void set_initial_namespace(Ref<MountNamespace> space);

}  // namespace fs
