// MountTable: all attached mounts by (mount they lie on, dentry they cover), and the lock of all mount trees.
// Callers: the mount sources of fs.
// Locks, context: find() under RCU; all else with the tree lock held.
#pragma once

#include <bit>

#include "fs/mount.h"
#include "fs/path.h"
#include "sched/mutex.h"

namespace fs {

class MountTable {
  public:
    using TreeLock = sched::Mutex<sync::Rank::kMountTree>;
    static constexpr usize kBuckets = 256;

    Mount* find(const Mount& mount, const Dentry& dentry) const {
        for (Mount* m = bucket(mount, dentry).load(std::memory_order_acquire); m != nullptr;
             m = m->next_.load(std::memory_order_acquire)) {
            if (m->parent() == &mount && m->mountpoint() == &dentry) return m;
        }
        return nullptr;
    }
    // Takes over the reference that the tree holds from now on.
    void insert(Mount& parent, Dentry& place, Ref<Mount> mount);
    // Gives the tree's reference.
    Ref<Mount> remove(Mount& m);
    // fn(mount) for every mount that covers `dentry`, in whatever tree.
    template <typename Fn>
    void for_each_on(const Dentry& dentry, Fn fn) const {
        for (const std::atomic<Mount*>& head : buckets_) {
            for (Mount* m = head.load(std::memory_order_relaxed); m != nullptr;
                 m = m->next_.load(std::memory_order_relaxed)) {
                if (m->mountpoint() == &dentry) fn(*m);
            }
        }
    }

    TreeLock tree_lock;
    sync::SeqCount sequence;

  private:
    std::atomic<Mount*>& bucket(const Mount& mount, const Dentry& dentry) const {
        const u64 h = (std::bit_cast<u64>(&mount) >> 6) ^ (std::bit_cast<u64>(&dentry) >> 6);
        return buckets_[static_cast<usize>((h ^ (h >> 12)) % kBuckets)];
    }
    mutable std::array<std::atomic<Mount*>, kBuckets> buckets_{};
    sync::SpinLock<sync::Rank::kMountHash> lock_;
};

extern constinit MountTable mount_table;
using TreeGuard = sync::LockGuard<MountTable::TreeLock>;

}  // namespace fs
