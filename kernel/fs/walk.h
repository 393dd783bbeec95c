// walk: from a path name to a place in the tree.
// Callers: operations.h, linux/*, process (exec).
// Locks, context: thread context, no locks held; may sleep unless everything is cached.
#pragma once

#include <string_view>

#include "fs/context.h"
#include "fs/inode.h"
#include "fs/path.h"

namespace fs {

struct WalkCtx {
    FsContext& fs;
    Caller caller;
    // Where relative paths start; null: the current directory. For openat and friends.
    const Path* start = nullptr;
};

// Flags of a walk.
enum WalkFlags : u32 {
    kFollow = 1,     // the last component, if a link
    kDirectory = 2,  // ENOTDIR unless the result is one
    kEmptyPath = 4,  // AT_EMPTY_PATH: "" is the start itself
    kNoXdev = 8,     // openat2's RESOLVE_*
    kNoMagicLinks = 16,
    kNoSymlinks = 32,
    kBeneath = 64,
    kInRoot = 128,
    kCachedOnly = 256,  // RESOLVE_CACHED: EAGAIN rather than sleep
    kUnmount = 512,     // umount2: no use of the mount as MNT_EXPIRE counts it
};

// ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, and what the file system says. The result is positive and the
// topmost mount there.
Result<Path> walk(const WalkCtx& ctx, std::string_view path, u32 flags);

// The last component is not looked up: for calls that create, remove or rename a name.
enum class LastKind : u8 { kNormal, kDot, kDotDot, kRoot };
struct ParentPath {
    Path directory;
    NameKey last;  // points into the caller's path
    LastKind kind = LastKind::kNormal;
    bool trailing_slash = false;
};
Result<ParentPath> walk_parent(const WalkCtx& ctx, std::string_view path, u32 flags);

// After walk() said ENXIO: the magic link that the path leads to, whose target has no path (a pipe in /proc/PID/fd).
Result<Path> walk_to_magic_link(const WalkCtx& ctx, std::string_view path, u32 flags);

// Attributes of what `path` names, without taking references when everything is cached: stat(2)'s fast path.
Result<void> walk_attributes(const WalkCtx& ctx, std::string_view path, u32 flags, object::Attributes& out);

// The dentry of a name in a directory, from the cache or the file system; negative if there is none. Takes the
// directory's lock shared.
Result<Ref<Dentry>> lookup(const Caller& caller, const Path& directory, const NameKey& name);
// The same for those who hold the directory's lock.
Result<Ref<Dentry>> lookup_locked(const Caller& caller, Dentry& directory, const NameKey& name);

// Attributes of a place, as stat shows them.
void attributes_of(const Path& path, object::Attributes& out);

// Linux: MAXSYMLINKS.
inline constexpr u32 kMostLinks = 40;

}  // namespace fs
