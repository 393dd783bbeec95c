// What mount(2), umount2(2), pivot_root(2), open_tree(2), move_mount(2), mount_setattr(2) do to trees of mounts.
// Callers: linux/mount, linux/mount_api, which check the caller's privilege first.
// Locks, context: thread context, no locks held; each takes the tree lock. Errors are those of Linux's fs/namespace.c.
#pragma once

#include "fs/context.h"
#include "fs/mount.h"
#include "fs/path.h"

namespace fs {

// Attaches a mount of its own over `place`. EBUSY: the same root is there already. EINVAL: not in `space`. ENOENT: the
// place was removed. ENOTDIR.
Result<void> attach(MountNamespace& space, const Path& place, Ref<Mount> mount);
// Shows `from` (and, if recursive, what is mounted below it) at `to` also.
Result<void> bind(MountNamespace& space, const Path& from, const Path& to, bool recursive);
// MS_MOVE and move_mount: `from` is a mount of `space`, or a tree that a file owns. EINVAL, ELOOP.
Result<void> move_mount(MountNamespace& space, const Path& from, const Path& to);
// MOVE_MOUNT_SET_GROUP: `to` becomes peer and slave as `from` is.
Result<void> set_group(MountNamespace& space, const Path& from, const Path& to);

enum class UnmountKind : u8 { kNow, kLazy, kExpire };
// Detaches the mount whose root is `path`, the caller's only reference. EINVAL: not the root of a mount of `space`.
// EBUSY: in use (unless lazy). EAGAIN: marked to expire.
Result<void> detach(MountNamespace& space, const Path& path, UnmountKind kind);

// pivot_root(2) of the tree at `root`; tasks' roots and directories are the caller's affair.
Result<void> pivot_root(MountNamespace& space, const Path& root, const Path& new_root, const Path& put_old);

enum class PropagationKind : u8 { kKeep, kShared, kSlave, kPrivate, kUnbindable };
struct MountChange {
    u64 set = 0, clear = 0;  // abi::MS_* flags of a mount
    PropagationKind propagation = PropagationKind::kKeep;
    bool recursive = false;
};
// EINVAL: `path` is no mount of `space` or of a tree that a file owns. EBUSY: to be read-only and written to.
Result<void> change_mounts(MountNamespace& space, const Path& path, const MountChange& change);
// The file system as a whole. EBUSY.
Result<void> set_super_read_only(Superblock& super, bool on);

// A file (O_PATH) at the root of a tree that it owns: the tree goes with the file unless it was attached meanwhile.
Result<Ref<object::File>> open_detached(Ref<Mount> mount);
// The same for a copy of what is at `path`.
Result<Ref<object::File>> open_detached_copy(MountNamespace& space, const Path& path, bool recursive);

// CLONE_NEWNS: the context in a copy of its namespace. ENOMEM.
Result<Ref<FsContext>> in_new_namespace(const FsContext& context);

// Something is mounted on `dentry` in `space`: it may not be removed. Elsewhere it may, and what is mounted goes.
bool is_mountpoint_in(const MountNamespace& space, const Dentry& dentry);
void detach_all_on(const Dentry& dentry);

// fn for each mount of the namespace, oldest first, with the tree's lock held.
void for_each_mount(MountNamespace& space, void (*fn)(const Mount&, void*), void* context);

}  // namespace fs
