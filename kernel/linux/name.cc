// mkdir, unlink, rename, link, symlink, readlink, mknod and their *at forms.
#include <algorithm>

#include "abi/linux/stat.h"
#include "linux/file_args.h"

namespace linux_abi {
namespace {

// Device numbers come in Linux's old 32-bit form here: 12 bits of major, 20 of minor (new_decode_dev).
object::DeviceNumber decode_device(u32 dev) { return {(dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00)}; }

Result<i64> mkdir_at(Ctx& ctx, i32 dfd, vm::UserCString name, u32 mode) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch_name(name));
    WalkFrom from(ctx);
    TRY(from.at(ctx, dfd, path.view()));
    TRY(fs::mkdir(*from, path.view(), mode));
    return 0;
}
// Linux: may_mknod, before the name is looked at.
Result<void> check_node_type(u32 mode) {
    switch (mode & abi::S_IFMT) {
        case 0:
        case abi::S_IFREG:
        case abi::S_IFCHR:
        case abi::S_IFBLK:
        case abi::S_IFIFO:
        case abi::S_IFSOCK: return {};
        case abi::S_IFDIR: return Errno::kPERM;
        default: return Errno::kINVAL;
    }
}
Result<i64> mknod_at(Ctx& ctx, i32 dfd, vm::UserCString name, u32 mode, u32 dev) {
    TRY(check_node_type(mode));
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch_name(name));
    WalkFrom from(ctx);
    TRY(from.at(ctx, dfd, path.view()));
    TRY(fs::mknod(*from, path.view(), mode, decode_device(dev)));
    return 0;
}
Result<i64> unlink_at(Ctx& ctx, i32 dfd, vm::UserCString name, bool directory) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch_name(name));
    WalkFrom from(ctx);
    TRY(from.at(ctx, dfd, path.view()));
    TRY(directory ? fs::rmdir(*from, path.view()) : fs::unlink(*from, path.view()));
    return 0;
}
Result<i64> rename_at(Ctx& ctx, i32 old_dfd, vm::UserCString old_name, i32 new_dfd, vm::UserCString new_name,
                      u32 flags) {
    if ((flags & ~u32{abi::RENAME_NOREPLACE | abi::RENAME_EXCHANGE | abi::RENAME_WHITEOUT}) != 0) return Errno::kINVAL;
    if ((flags & abi::RENAME_EXCHANGE) != 0 && flags != u32{abi::RENAME_EXCHANGE}) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg from_path;
    [[clang::uninitialized]] PathArg to_path;
    WalkFrom from(ctx);
    WalkFrom to(ctx);
    TRY(from_path.fetch_name(old_name));
    TRY(from.at(ctx, old_dfd, from_path.view()));
    const auto find_new_place = [&]() -> Result<void> {
        TRY(to_path.fetch_name(new_name));
        return to.at(ctx, new_dfd, to_path.view());
    };
    if (const Result<void> found = find_new_place(); !found.ok()) {
        // The way to the old name comes first.
        TRY(fs::walk_parent(*from, from_path.view(), 0));
        return found.error();
    }
    TRY(fs::rename(*from, from_path.view(), *to, to_path.view(), flags));
    return 0;
}
Result<i64> link_at(Ctx& ctx, i32 old_dfd, vm::UserCString old_name, i32 new_dfd, vm::UserCString new_name, u32 flags) {
    if ((flags & ~u32{abi::AT_SYMLINK_FOLLOW | abi::AT_EMPTY_PATH}) != 0) return Errno::kINVAL;
    const bool empty = (flags & abi::AT_EMPTY_PATH) != 0;
    if (empty && !ctx.task.credentials().capable(abi::CAP_DAC_READ_SEARCH)) return Errno::kNOENT;
    [[clang::uninitialized]] PathArg from_path;
    [[clang::uninitialized]] PathArg to_path;
    WalkFrom from(ctx);
    WalkFrom to(ctx);
    TRY(from_path.fetch(old_name));
    u32 walk = (flags & abi::AT_SYMLINK_FOLLOW) != 0 ? u32{fs::kFollow} : 0;
    if (empty) walk |= fs::kEmptyPath;
    TRY(from.at(ctx, old_dfd, from_path.view(), walk));
    const fs::Path source = TRY(fs::walk(*from, from_path.view(), walk));
    TRY(to_path.fetch_name(new_name));
    TRY(to.at(ctx, new_dfd, to_path.view()));
    TRY(fs::link(source, *to, to_path.view()));
    return 0;
}
Result<i64> symlink_at(Ctx& ctx, vm::UserCString target, i32 dfd, vm::UserCString name) {
    [[clang::uninitialized]] PathArg text;
    [[clang::uninitialized]] PathArg path;
    TRY(text.fetch_name(target));
    TRY(path.fetch_name(name));
    WalkFrom from(ctx);
    TRY(from.at(ctx, dfd, path.view()));
    TRY(fs::symlink(*from, text.view(), path.view()));
    return 0;
}
Result<i64> readlink_at(Ctx& ctx, i32 dfd, vm::UserCString name, vm::UserSpan buf) {
    if (static_cast<i32>(buf.len) <= 0) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    const Result<void> start = from.at(ctx, dfd, path.view());
    // What has no name is no link.
    if (!start.ok()) return path.empty() && start.error() == Errno::kNOTDIR ? Errno::kNOENT : start.error();
    const bool empty = path.empty() && dfd != abi::AT_FDCWD;  // an O_PATH descriptor of a link
    String text = TRY(fs::read_link(*from, path.view(), empty ? u32{fs::kEmptyPath} : 0));
    const usize n = std::min(text.size(), buf.len);
    TRY(buf.copy_out(base::bytes_of(text.view().substr(0, n))));
    return static_cast<i64>(n);
}

}  // namespace

Result<i64> sys_mkdir(Ctx& ctx, vm::UserCString pathname, u32 mode) {
    return mkdir_at(ctx, abi::AT_FDCWD, pathname, mode);
}
Result<i64> sys_mkdirat(Ctx& ctx, i32 dfd, vm::UserCString pathname, u32 mode) {
    return mkdir_at(ctx, dfd, pathname, mode);
}
Result<i64> sys_mknod(Ctx& ctx, vm::UserCString filename, u32 mode, u32 dev) {
    return mknod_at(ctx, abi::AT_FDCWD, filename, mode, dev);
}
Result<i64> sys_mknodat(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 mode, u32 dev) {
    return mknod_at(ctx, dfd, filename, mode, dev);
}
Result<i64> sys_rmdir(Ctx& ctx, vm::UserCString pathname) { return unlink_at(ctx, abi::AT_FDCWD, pathname, true); }
Result<i64> sys_unlink(Ctx& ctx, vm::UserCString pathname) { return unlink_at(ctx, abi::AT_FDCWD, pathname, false); }
Result<i64> sys_unlinkat(Ctx& ctx, i32 dfd, vm::UserCString pathname, u32 flag) {
    if ((flag & ~u32{abi::AT_REMOVEDIR}) != 0) return Errno::kINVAL;
    return unlink_at(ctx, dfd, pathname, flag != 0);
}
Result<i64> sys_rename(Ctx& ctx, vm::UserCString oldname, vm::UserCString newname) {
    return rename_at(ctx, abi::AT_FDCWD, oldname, abi::AT_FDCWD, newname, 0);
}
Result<i64> sys_renameat(Ctx& ctx, i32 olddfd, vm::UserCString oldname, i32 newdfd, vm::UserCString newname) {
    return rename_at(ctx, olddfd, oldname, newdfd, newname, 0);
}
Result<i64> sys_renameat2(Ctx& ctx, i32 olddfd, vm::UserCString oldname, i32 newdfd, vm::UserCString newname,
                          u32 flags) {
    return rename_at(ctx, olddfd, oldname, newdfd, newname, flags);
}
Result<i64> sys_link(Ctx& ctx, vm::UserCString oldname, vm::UserCString newname) {
    return link_at(ctx, abi::AT_FDCWD, oldname, abi::AT_FDCWD, newname, 0);
}
Result<i64> sys_linkat(Ctx& ctx, i32 olddfd, vm::UserCString oldname, i32 newdfd, vm::UserCString newname, u32 flags) {
    return link_at(ctx, olddfd, oldname, newdfd, newname, flags);
}
Result<i64> sys_symlink(Ctx& ctx, vm::UserCString old, vm::UserCString newname) {
    return symlink_at(ctx, old, abi::AT_FDCWD, newname);
}
Result<i64> sys_symlinkat(Ctx& ctx, vm::UserCString oldname, i32 newdfd, vm::UserCString newname) {
    return symlink_at(ctx, oldname, newdfd, newname);
}
Result<i64> sys_readlink(Ctx& ctx, vm::UserCString path, vm::UserSpan buf) {
    return readlink_at(ctx, abi::AT_FDCWD, path, buf);
}
Result<i64> sys_readlinkat(Ctx& ctx, i32 dfd, vm::UserCString pathname, vm::UserSpan buf) {
    return readlink_at(ctx, dfd, pathname, buf);
}

}  // namespace linux_abi
