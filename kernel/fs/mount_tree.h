// What the mount operations are made of: trees of mounts are copied, attached with all copies that propagation asks
// for, and taken down.
// Callers: mount_operations, mount_namespace.
// Locks, context: the tree lock is held, but where stated. Dropping mounts does not sleep.
#pragma once

#include "fs/mount_table.h"

namespace fs {

// The tree of `top` in depth-first order; null: done.
Mount* next_in_tree(const Mount& at, const Mount& top);
// The same without what lies below `at`.
Mount* next_beside_tree(const Mount& at, const Mount& top);
template <typename Fn>
void for_each_in_tree(Mount& top, Fn fn) {
    for (Mount* m = &top; m != nullptr; m = next_in_tree(*m, top)) fn(*m);
}
// Whether `d` is `top` or lies below it in one file system.
bool dentry_below(const Dentry& d, const Dentry& top);
bool mount_below(const Mount& m, const Mount& top);
// `space` has changed: for those who poll its mount table.
void tell_changed(MountNamespace& space);
// All of the tree belongs to `space` from now on.
void enter_space(Mount& top, MountNamespace& space);

// Mounts on their way out; dropped at the end.
class GoingMounts {
  public:
    GoingMounts() = default;
    ~GoingMounts();
    GoingMounts(const GoingMounts&) = delete;
    GoingMounts& operator=(const GoingMounts&) = delete;
    // The whole tree, here alone.
    void take(Mount& top);
    // Also what has propagated from it, where nothing else lies below. ENOMEM, and nothing has happened.
    Result<void> take_everywhere(Mount& top);

  private:
    void remove_marked(Mount& m);
    MountList list_;
};

// A tree that goes again unless it is released: a copy that is not attached yet.
class DetachedTree {
  public:
    explicit DetachedTree(Ref<Mount> top) : top_(std::move(top)) {}
    DetachedTree(DetachedTree&&) noexcept = default;
    DetachedTree& operator=(DetachedTree&&) = delete;
    ~DetachedTree() {
        if (top_) GoingMounts().take(*top_);
    }
    Mount& operator*() const { return *top_; }
    Ref<Mount> release() { return top_.take(); }

  private:
    OptRef<Mount> top_;
};

// What a copy is for: `bind` and `namespaces` stay peers and slaves as the original is; the others as propagation says.
enum class CopyFor : u8 { kBind, kNamespace, kPeer, kSlave, kSharedSlave };
// One mount, shown from `root` on.
Result<Ref<Mount>> copy_mount(const Mount& from, Dentry& root, CopyFor use);
// With what is mounted below `root`, but for what is unbindable (unless for a namespace).
Result<DetachedTree> copy_tree(Mount& top, Dentry& root, CopyFor use);

// Gives every mount of the tree a peer group; undone unless kept.
class FreshGroups {
  public:
    FreshGroups() = default;
    ~FreshGroups();
    FreshGroups(const FreshGroups&) = delete;
    FreshGroups& operator=(const FreshGroups&) = delete;
    Result<void> share(Mount& top, bool recursive);
    void keep() { made_.clear(); }

  private:
    Vector<Mount*> made_;
};

// Attaches `tree`, detached or at some other place, at `place` and wherever that propagates to. ENOMEM, and nothing has
// happened. ENOSPC: a namespace has all the mounts it may have.
Result<void> attach_tree(Ref<Mount> tree, const Path& place);

// /proc/sys/fs/mount-max.
Result<void> init_mount_limit();

// Whether umount(2) has to refuse: in use here, or where it propagates to. The caller holds one reference.
Result<bool> is_busy(const Mount& m);

}  // namespace fs
