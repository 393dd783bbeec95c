// Path: a place in the tree: a dentry as seen through a mount.
// Callers: everyone from fs up.
// Locks, context: values that hold references.
#pragma once

#include "base/format.h"
#include "base/ref.h"
#include "fs/dentry.h"
#include "fs/mount.h"
#include "object/file.h"

namespace fs {

struct Path {
    Ref<Mount> mount;
    Ref<Dentry> dentry;

    Inode& inode() const { return *dentry->inode(); }
    bool operator==(const Path& o) const { return mount.get() == o.mount.get() && dentry.get() == o.dentry.get(); }
};

// The place of an open file, if fs/ opened it.
inline bool has_path(const object::File& file) { return file.place().dentry != nullptr; }
// EBADF for pipes, sockets and other files that have none (of their own).
Result<Path> path_of(const object::File& file);
// Its inode; null when it has no place. Lives as long as the file.
Inode* inode_of(const object::File& file);
// A read through the file: the access time, unless O_NOATIME or the mount say no.
void touch_accessed(const object::File& file);
// Gives `file` the place; with what was taken of the inode's write access, which the file's end gives back.
enum class WriteAccess : u8 { kNone, kReader, kWriter, kDenies };
void set_place(object::File& file, Path path, WriteAccess access = WriteAccess::kNone);

// How a path's text came out.
enum class PathKind : u8 { kReachable, kUnreachable, kDeleted };
// The absolute name of `path` below `root`, as getcwd and /proc show it. A deleted name is followed by
// " (deleted)" when `mark_deleted`. ENAMETOOLONG, ENOMEM.
struct PathText {
    String text;
    PathKind kind = PathKind::kReachable;
};
Result<PathText> path_text(const Path& path, const Path& root, bool mark_deleted);
// The same within its file system, whatever is mounted where.
Result<PathText> path_in_super(const Dentry& dentry);

}  // namespace fs
