// FsContext: what path names mean to a task: root, current directory, umask. Shared by CLONE_FS.
// Callers: process (fork, exit), fs, linux.
// Locks, context: the task's own reads take no reference when nobody shares it; changes under a spin lock.
#pragma once

#include <atomic>

#include "base/ref.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "sync/seqlock.h"
#include "sync/spin_lock.h"

namespace fs {

class FsContext : public RefCounted<FsContext> {
  public:
    FsContext(Path root, Path cwd, Ref<MountNamespace> space, u32 umask);
    // For fork without CLONE_FS. ENOMEM.
    Result<Ref<FsContext>> fork_copy();

    // Counted copies.
    Path root() const;
    Path cwd() const;
    // The places without references: under RCU only. They may change at any time if the context is shared.
    struct Place {
        Mount* mount;
        Dentry* dentry;
    };
    Place root_rcu() const { return place_rcu(root_); }
    Place cwd_rcu() const { return place_rcu(cwd_); }
    void set_root(Path path);
    void set_cwd(Path path);
    u32 umask() const { return umask_.load(std::memory_order_relaxed); }
    u32 set_umask(u32 mask) { return umask_.exchange(mask & 0777, std::memory_order_relaxed); }
    MountNamespace& space() const { return *space_; }

  private:
    Place place_rcu(const Path& which) const;
    void replace(Path& which, Path fresh);
    mutable sync::SpinLock<sync::Rank::kFsContext> lock_;
    sync::SeqCount sequence_;
    Path root_;
    Path cwd_;
    Ref<MountNamespace> space_;
    std::atomic<u32> umask_;
};

// Start-up: a context at the root of the initial namespace. ENOMEM.
Result<Ref<FsContext>> initial_context();

}  // namespace fs
