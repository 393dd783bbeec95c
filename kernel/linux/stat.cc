// stat, statx, statfs, access.
#include "abi/linux/stat.h"

#include "abi/linux/mount.h"
#include "fs/mount_operations.h"
#include "linux/file_args.h"

namespace linux_abi {
namespace {

constexpr i64 kSecond = 1'000'000'000;
// Seconds and nanoseconds of a time before 1970 too: the nanoseconds stay positive.
struct Split {
    i64 seconds;
    u32 ns;
};
Split split(i64 t) {
    i64 s = t / kSecond;
    i64 n = t % kSecond;
    if (n < 0) {
        n += kSecond;
        s--;
    }
    return {s, static_cast<u32>(n)};
}

Result<i64> store(vm::UserOut<abi::stat> to, const object::Attributes& a) {
    const Split at = split(a.accessed_ns), mt = split(a.modified_ns), ct = split(a.changed_ns);
    const abi::stat s{.st_dev = a.device.encode(),
                      .st_ino = a.inode,
                      .st_nlink = a.links,
                      .st_mode = a.mode,
                      .st_uid = a.uid,
                      .st_gid = a.gid,
                      .pad0 = 0,
                      .st_rdev = a.special.encode(),
                      .st_size = static_cast<i64>(a.size),
                      .st_blksize = a.block_size,
                      .st_blocks = static_cast<i64>(a.blocks),
                      .st_atime = static_cast<u64>(at.seconds),
                      .st_atime_nsec = at.ns,
                      .st_mtime = static_cast<u64>(mt.seconds),
                      .st_mtime_nsec = mt.ns,
                      .st_ctime = static_cast<u64>(ct.seconds),
                      .st_ctime_nsec = ct.ns,
                      .unused = {}};
    TRY(to.store(s));
    return 0;
}

// What an open file is, for fstat and AT_EMPTY_PATH.
Result<void> attributes_of_descriptor(Ctx& ctx, i32 fd, object::Attributes& out) {
    object::FileRef f = TRY(ctx.task.files().get_any(fd));
    return f->stat(out);
}

Result<void> attributes_at(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 flags, object::Attributes& out) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(filename));
    if (path.empty() && (flags & abi::AT_EMPTY_PATH) != 0 && dfd != abi::AT_FDCWD)
        return attributes_of_descriptor(ctx, dfd, out);
    WalkFrom from(ctx);
    u32 walk = (flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    TRY(from.at(ctx, dfd, path.view(), walk));
    return fs::walk_attributes(*from, path.view(), walk, out);
}

Result<i64> stat_path(Ctx& ctx, vm::UserCString filename, vm::UserOut<abi::stat> to, u32 flags) {
    object::Attributes a;
    TRY(attributes_at(ctx, abi::AT_FDCWD, filename, flags, a));
    return store(to, a);
}

// access of what is in no file system: by its mode alone.
Result<void> access_nameless(object::File& file, const object::Credentials& credentials, u32 mode) {
    object::Attributes a;
    TRY(file.stat(a));
    return fs::check_permission(a.mode, a.uid, a.gid, credentials, mode);
}

Result<i64> access_at(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 mode, u32 flags) {
    if ((mode & ~7u) != 0) return Errno::kINVAL;
    if ((flags & ~u32{abi::AT_EACCESS | abi::AT_SYMLINK_NOFOLLOW | abi::AT_EMPTY_PATH}) != 0) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(filename));
    WalkFrom from(ctx);
    u32 walk = (flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const Result<void> started = from.at(ctx, dfd, path.view(), walk);
    if (!started.ok() && from.nameless() == nullptr) return started.error();
    const auto decide = [&](const fs::WalkCtx& as) {
        return from.nameless() != nullptr ? access_nameless(*from.nameless(), as.caller.credentials, mode)
                                          : fs::access(as, path.view(), walk, mode);
    };
    const object::Credentials& mine = ctx.task.credentials();
    if ((flags & abi::AT_EACCESS) != 0 || (mine.fsuid == mine.uid && mine.fsgid == mine.gid)) {
        TRY(decide(*from));
        return 0;
    }
    // By the real ids, with the capabilities these would have.
    Ref<object::Credentials> real = TRY(mine.copy());
    real->fsuid = real->uid;
    real->fsgid = real->gid;
    real->effective = real->uid == 0 ? real->permitted : object::CapabilitySet{};
    const fs::WalkCtx as_real{from->fs, {ctx.task, *real}, from->start};
    TRY(decide(as_real));
    return 0;
}

Result<i64> store_statfs(vm::UserOut<abi::statfs> to, const fs::Path& path) {
    const fs::Statistics s = TRY(path.mount->super().statistics());
    const u64 f = path.mount->flags();
    // ST_*: the mount's flags by other numbers (include/linux/statfs.h).
    u64 flags = 0x0020;  // ST_VALID
    if (path.mount->read_only()) flags |= 0x0001;
    if (f & abi::MS_NOSUID) flags |= 0x0002;
    if (f & abi::MS_NODEV) flags |= 0x0004;
    if (f & abi::MS_NOEXEC) flags |= 0x0008;
    if (f & abi::MS_NOATIME) flags |= 0x0400;
    if (f & abi::MS_NODIRATIME) flags |= 0x0800;
    if (f & abi::MS_RELATIME) flags |= 0x1000;
    if (f & abi::MS_NOSYMFOLLOW) flags |= 0x2000;
    const abi::statfs out{.f_type = static_cast<i64>(s.magic),
                          .f_bsize = static_cast<i64>(s.block_size),
                          .f_blocks = s.blocks,
                          .f_bfree = s.blocks_free,
                          .f_bavail = s.blocks_available,
                          .f_files = s.files,
                          .f_ffree = s.files_free,
                          .f_fsid = {{static_cast<i32>(path.mount->super().device().encode()), 0}},
                          .f_namelen = static_cast<i64>(s.name_max),
                          .f_frsize = static_cast<i64>(s.block_size),
                          .f_flags = static_cast<i64>(flags),
                          .f_spare = {}};
    TRY(to.store(out));
    return 0;
}

abi::statx_timestamp timestamp(i64 t) {
    const Split s = split(t);
    return {s.seconds, s.ns, 0};
}

}  // namespace

Result<i64> sys_stat(Ctx& ctx, vm::UserCString filename, vm::UserOut<abi::stat> statbuf) {
    return stat_path(ctx, filename, statbuf, 0);
}
Result<i64> sys_lstat(Ctx& ctx, vm::UserCString filename, vm::UserOut<abi::stat> statbuf) {
    return stat_path(ctx, filename, statbuf, abi::AT_SYMLINK_NOFOLLOW);
}
Result<i64> sys_fstat(Ctx& ctx, i32 fd, vm::UserOut<abi::stat> statbuf) {
    object::Attributes a;
    TRY(attributes_of_descriptor(ctx, fd, a));
    return store(statbuf, a);
}
Result<i64> sys_newfstatat(Ctx& ctx, i32 dfd, vm::UserCString filename, vm::UserOut<abi::stat> statbuf, u32 flag) {
    constexpr u32 kKnown =
        abi::AT_SYMLINK_NOFOLLOW | abi::AT_NO_AUTOMOUNT | abi::AT_EMPTY_PATH | abi::AT_STATX_SYNC_TYPE;
    if ((flag & ~kKnown) != 0) return Errno::kINVAL;
    object::Attributes a;
    TRY(attributes_at(ctx, dfd, filename, flag, a));
    return store(statbuf, a);
}

Result<i64> sys_statx(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 flags, u32 mask,
                      vm::UserOut<abi::statx> buffer) {
    constexpr u32 kKnown =
        abi::AT_SYMLINK_NOFOLLOW | abi::AT_NO_AUTOMOUNT | abi::AT_EMPTY_PATH | abi::AT_STATX_SYNC_TYPE;
    if ((flags & ~kKnown) != 0 || (mask & 0x80000000u) != 0) return Errno::kINVAL;
    if ((flags & abi::AT_STATX_SYNC_TYPE) == abi::AT_STATX_SYNC_TYPE) return Errno::kINVAL;
    object::Attributes a;
    TRY(attributes_at(ctx, dfd, filename, flags, a));
    abi::statx s{};
    // The birth is told to those who ask for it only (Linux: shmem_getattr).
    const bool born = a.born_ns != 0 && (mask & abi::STATX_BTIME) != 0;
    s.stx_mask =
        abi::STATX_BASIC_STATS | (a.mount_id != 0 ? u32{abi::STATX_MNT_ID} : 0) | (born ? u32{abi::STATX_BTIME} : 0);
    s.stx_blksize = a.block_size;
    s.stx_attributes = a.mount_root ? u64{abi::STATX_ATTR_MOUNT_ROOT} : 0;
    s.stx_attributes_mask = abi::STATX_ATTR_MOUNT_ROOT;
    s.stx_nlink = static_cast<u32>(a.links);
    s.stx_uid = a.uid;
    s.stx_gid = a.gid;
    s.stx_mode = static_cast<u16>(a.mode);
    s.stx_ino = a.inode;
    s.stx_size = a.size;
    s.stx_blocks = a.blocks;
    s.stx_atime = timestamp(a.accessed_ns);
    s.stx_mtime = timestamp(a.modified_ns);
    s.stx_ctime = timestamp(a.changed_ns);
    if (born) s.stx_btime = timestamp(a.born_ns);
    s.stx_rdev_major = a.special.major;
    s.stx_rdev_minor = a.special.minor;
    s.stx_dev_major = a.device.major;
    s.stx_dev_minor = a.device.minor;
    s.stx_mnt_id = a.mount_id;
    TRY(buffer.store(s));
    return 0;
}

Result<i64> sys_access(Ctx& ctx, vm::UserCString filename, u32 mode) {
    return access_at(ctx, abi::AT_FDCWD, filename, mode, 0);
}
Result<i64> sys_faccessat(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 mode) {
    return access_at(ctx, dfd, filename, mode, 0);
}
Result<i64> sys_faccessat2(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 mode, u32 flags) {
    return access_at(ctx, dfd, filename, mode, flags);
}

Result<i64> sys_statfs(Ctx& ctx, vm::UserCString pathname, vm::UserOut<abi::statfs> buf) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(pathname));
    WalkFrom from(ctx);
    return store_statfs(buf, TRY(fs::walk(*from, path.view(), fs::kFollow)));
}

Result<i64> sys_fstatfs(Ctx& ctx, i32 fd, vm::UserOut<abi::statfs> buf) {
    object::FileRef f = TRY(ctx.task.files().get_any(fd));
    Result<fs::Path> path = fs::path_of(*f);
    if (path.ok()) return store_statfs(buf, path.value());
    // Pipes, sockets and the like: file systems inside the kernel.
    object::Attributes a;
    TRY(f->stat(a));
    const u32 type = a.mode & abi::S_IFMT;
    abi::statfs out{};
    out.f_type = type == abi::S_IFIFO ? 0x50495045 : type == abi::S_IFSOCK ? 0x534F434B : 0x09041934;
    out.f_bsize = out.f_frsize = 4096;
    out.f_namelen = 255;
    out.f_flags = 0x0020;
    TRY(buf.store(out));
    return 0;
}

// By the number of the device a mounted file system is on.
Result<i64> sys_ustat(Ctx& ctx, u32 dev, UserAddr ubuf) {
    struct Search {
        u64 device;
        OptRef<fs::Superblock> found;
    } search{dev, nullptr};
    fs::for_each_mount(
        ctx.task.fs().space(),
        [](const fs::Mount& m, void* context) {
            Search& s = *static_cast<Search*>(context);
            if (!s.found && m.super().device().encode() == s.device) s.found = Ref<fs::Superblock>(m.super());
        },
        &search);
    if (!search.found) return Errno::kINVAL;
    const fs::Statistics s = TRY(search.found->statistics());
    const abi::ustat out{.f_tfree = static_cast<i32>(s.blocks_free),
                         .pad0 = 0,
                         .f_tinode = s.files_free,
                         .f_fname = {},
                         .f_fpack = {},
                         .pad1 = 0};
    TRY(vm::UserOut<abi::ustat>(ubuf).store(out));
    return 0;
}

}  // namespace linux_abi
