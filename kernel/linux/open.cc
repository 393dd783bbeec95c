// open and truncate: by name.
#include "abi/linux/signal.h"
#include "abi/linux/stat.h"
#include "linux/file_args.h"
#include "linux/versioned.h"
#include "process/signal.h"

namespace linux_abi {
namespace {

constexpr u32 kValidFlags = abi::O_ACCMODE | abi::O_CREAT | abi::O_EXCL | abi::O_NOCTTY | abi::O_TRUNC | abi::O_APPEND |
                            abi::O_NONBLOCK | abi::O_SYNC | abi::O_DSYNC | abi::FASYNC | abi::O_DIRECT |
                            abi::O_LARGEFILE | abi::O_DIRECTORY | abi::O_NOFOLLOW | abi::O_NOATIME | abi::O_CLOEXEC |
                            abi::O_PATH | abi::O_TMPFILE;

// O_TMPFILE is for folders, makes what has no name, and to read nothing is made.
bool is_bad_tmpfile(u32 flags) {
    constexpr u32 kOwn = abi::O_TMPFILE & ~abi::O_DIRECTORY;
    if ((flags & abi::O_PATH) != 0 || (flags & kOwn) == 0) return false;
    return (flags & (u32{abi::O_TMPFILE} | abi::O_CREAT)) != u32{abi::O_TMPFILE} ||
           (flags & abi::O_ACCMODE) == abi::O_RDONLY;
}

Result<i64> open_at(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 flags, u32 mode, u32 walk_flags) {
    if (is_bad_tmpfile(flags)) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(filename));
    if (path.empty()) return Errno::kNOENT;
    WalkFrom from(ctx);
    // With RESOLVE_IN_ROOT absolute paths start at the descriptor too.
    TRY(from.at(ctx, dfd, (walk_flags & fs::kInRoot) != 0 ? std::string_view() : path.view()));
    // The number first: without one nothing is opened, and nothing made.
    object::DescriptorTable& files = ctx.task.files();
    const int fd = TRY(files.reserve((flags & abi::O_CLOEXEC) != 0));
    Result<Ref<object::File>> file =
        fs::open(*from, path.view(), {.flags = flags, .mode = mode, .walk_flags = walk_flags});
    if (!file.ok()) {
        files.cancel(fd);
        return file.error();
    }
    files.commit(fd, file.take());
    return fd;
}

// open and openat ignore what they do not know; openat2 does not.
Result<i64> open_loosely(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 flags, u32 mode) {
    flags = (flags & kValidFlags) | abi::O_LARGEFILE;
    if ((flags & abi::O_PATH) != 0) flags &= ~u32{abi::O_LARGEFILE};
    return open_at(ctx, dfd, filename, flags, mode & 07777, 0);
}

Result<void> check_length(Ctx& ctx, i64 length) {
    if (length < 0) return Errno::kINVAL;
    return {};
}

Errno too_big(Ctx& ctx) {
    process::send_signal_to_self(ctx.task, abi::SIGXFSZ);
    return Errno::kFBIG;
}

}  // namespace

Result<i64> sys_open(Ctx& ctx, vm::UserCString filename, u32 flags, u32 mode) {
    return open_loosely(ctx, abi::AT_FDCWD, filename, flags, mode);
}
Result<i64> sys_openat(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 flags, u32 mode) {
    return open_loosely(ctx, dfd, filename, flags, mode);
}
Result<i64> sys_creat(Ctx& ctx, vm::UserCString pathname, u32 mode) {
    return open_loosely(ctx, abi::AT_FDCWD, pathname, abi::O_CREAT | abi::O_WRONLY | abi::O_TRUNC, mode);
}

Result<i64> sys_openat2(Ctx& ctx, i32 dfd, vm::UserCString filename, UserAddr how, usize size) {
    if (size < sizeof(abi::open_how)) return Errno::kINVAL;
    if (size > kPageSize) return Errno::k2BIG;
    const abi::open_how h = TRY(fetch_versioned<abi::open_how>(how, size));
    if ((h.flags & ~u64{kValidFlags}) != 0) return Errno::kINVAL;
    const u32 flags = static_cast<u32>(h.flags);
    constexpr u64 kResolve = abi::RESOLVE_NO_XDEV | abi::RESOLVE_NO_MAGICLINKS | abi::RESOLVE_NO_SYMLINKS |
                             abi::RESOLVE_BENEATH | abi::RESOLVE_IN_ROOT | abi::RESOLVE_CACHED;
    if ((h.resolve & ~kResolve) != 0) return Errno::kINVAL;
    if ((h.resolve & abi::RESOLVE_BENEATH) != 0 && (h.resolve & abi::RESOLVE_IN_ROOT) != 0) return Errno::kINVAL;
    const bool creates = (flags & (abi::O_CREAT | (abi::O_TMPFILE & ~abi::O_DIRECTORY))) != 0;
    if (h.mode != 0 && !creates) return Errno::kINVAL;
    if ((h.mode & ~u64{07777}) != 0) return Errno::kINVAL;
    if ((flags & abi::O_PATH) != 0 &&
        (flags & ~u32{abi::O_PATH | abi::O_DIRECTORY | abi::O_NOFOLLOW | abi::O_CLOEXEC}) != 0)
        return Errno::kINVAL;
    u32 walk = 0;
    if (h.resolve & abi::RESOLVE_NO_XDEV) walk |= fs::kNoXdev;
    if (h.resolve & abi::RESOLVE_NO_MAGICLINKS) walk |= fs::kNoMagicLinks;
    if (h.resolve & abi::RESOLVE_NO_SYMLINKS) walk |= fs::kNoSymlinks | fs::kNoMagicLinks;
    if (h.resolve & abi::RESOLVE_BENEATH) walk |= fs::kBeneath;
    if (h.resolve & abi::RESOLVE_IN_ROOT) walk |= fs::kInRoot;
    if (h.resolve & abi::RESOLVE_CACHED) {
        if ((flags & (abi::O_TRUNC | abi::O_CREAT)) != 0) return Errno::kAGAIN;
        walk |= fs::kCachedOnly;
    }
    const u32 large = (flags & abi::O_PATH) != 0 ? 0u : u32{abi::O_LARGEFILE};
    return open_at(ctx, dfd, filename, flags | large, static_cast<u32>(h.mode), walk);
}

Result<i64> sys_truncate(Ctx& ctx, vm::UserCString path, i64 length) {
    TRY(check_length(ctx, length));
    [[clang::uninitialized]] PathArg name;
    TRY(name.fetch(path));
    WalkFrom from(ctx);
    const fs::Path found = TRY(fs::walk(*from, name.view(), fs::kFollow));
    Result<void> r = fs::truncate(caller_of(ctx), found, static_cast<u64>(length), file_size_limit(ctx));
    if (!r.ok()) return r.error() == Errno::kFBIG ? too_big(ctx) : r.error();
    return 0;
}

}  // namespace linux_abi
