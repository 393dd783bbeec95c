// Extended attributes.
#include "abi/linux/xattr.h"

#include <algorithm>

#include "abi/linux/stat.h"
#include "fs/acl_attributes.h"
#include "fs/notify.h"
#include "linux/file_args.h"
#include "process/file_capabilities.h"

namespace linux_abi {
namespace {

// What an attribute call works on.
Result<fs::Path> by_path(Ctx& ctx, vm::UserCString name, bool follow) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    return fs::walk(*from, path.view(), follow ? u32{fs::kFollow} : 0);
}
Result<fs::Path> by_descriptor(Ctx& ctx, i32 fd) {
    object::FileRef f = TRY(ctx.task.files().get(fd));
    Result<fs::Path> path = fs::path_of(*f);
    if (!path.ok()) return Errno::kOPNOTSUPP;
    return path;
}

class AttributeName {
  public:
    AttributeName() {}  // leaves the buffer as it is
    Result<std::string_view> fetch(vm::UserCString name) {
        Result<usize> n = name.fetch(text_);
        if (!n.ok()) return n.error() == Errno::kNAMETOOLONG ? Errno::kRANGE : n.error();
        if (n.value() == 0) return Errno::kRANGE;
        return std::string_view(text_.data(), n.value());
    }

  private:
    std::array<char, abi::XATTR_NAME_MAX + 1> text_;
};

// Linux: xattr_permission.
Result<void> check(const object::Credentials& c, const fs::Inode& inode, std::string_view name, bool write) {
    if (name.starts_with("trusted.")) {
        if (!c.capable(abi::CAP_SYS_ADMIN)) return write ? Errno::kPERM : Errno::kNODATA;
        return {};
    }
    if (name.starts_with("security.")) {
        const int needed = name == abi::XATTR_NAME_CAPS ? abi::CAP_SETFCAP : abi::CAP_SYS_ADMIN;
        return write && !c.capable(needed) ? Result<void>(Errno::kPERM) : Result<void>();
    }
    if (name.starts_with("user.")) {
        if (!inode.is_regular() && !inode.is_directory()) return write ? Errno::kPERM : Errno::kNODATA;
        if (inode.is_directory() && (inode.mode() & abi::S_ISVTX) != 0 && write && !fs::owner_or_capable(inode, c))
            return Errno::kPERM;
    }
    return fs::check_permission(inode, c, write ? abi::W_OK : abi::R_OK);
}

Result<i64> set(Ctx& ctx, const fs::Path& path, vm::UserCString name, vm::UserSpan value, u32 flags) {
    if ((flags & ~u32{abi::XATTR_CREATE | abi::XATTR_REPLACE}) != 0) return Errno::kINVAL;
    [[clang::uninitialized]] AttributeName text;
    const std::string_view key = TRY(text.fetch(name));
    if (value.len > abi::XATTR_SIZE_MAX) return Errno::k2BIG;
    Vector<u8> bytes;
    TRY(bytes.try_resize(value.len));
    TRY(value.copy_in(bytes.span()));
    TRY(fs::check_writable(path));
    fs::Inode& inode = path.inode();
    if (key == abi::XATTR_NAME_CAPS && !bytes.empty() && !process::settable_capabilities(bytes.span()))
        return Errno::kINVAL;
    const object::Credentials& credentials = ctx.task.credentials();
    if (const auto acl = fs::acl_kind(key)) {
        sync::LockGuard guard(inode.lock);
        TRY(fs::set_acl(inode, credentials, *acl, bytes.span()));
    } else {
        TRY(check(credentials, inode, key, true));
        sync::LockGuard guard(inode.lock);
        TRY(inode.set_xattr(key, bytes.span(), flags));
    }
    fs::notify::dentry(*path.dentry, abi::IN_ATTRIB);
    return 0;
}

Result<i64> get(Ctx& ctx, const fs::Path& path, vm::UserCString name, vm::UserSpan value) {
    [[clang::uninitialized]] AttributeName text;
    const std::string_view key = TRY(text.fetch(name));
    fs::Inode& inode = path.inode();
    const auto acl = fs::acl_kind(key);
    if (!acl) TRY(check(ctx.task.credentials(), inode, key, false));
    Vector<u8> bytes;
    TRY(bytes.try_resize(std::min<usize>(value.len, abi::XATTR_SIZE_MAX)));
    inode.lock.lock_shared();
    const Result<usize> n = acl ? fs::get_acl(inode, *acl, bytes.span()) : inode.get_xattr(key, bytes.span());
    inode.lock.unlock_shared();
    if (!n.ok()) return n.error();
    if (value.len != 0) TRY(value.copy_out(std::as_const(bytes).span().first(n.value())));
    return static_cast<i64>(n.value());
}

Result<i64> list(Ctx& ctx, const fs::Path& path, vm::UserSpan to) {
    fs::Inode& inode = path.inode();
    TextSink names;
    inode.lock.lock_shared();
    const Result<void> r = inode.list_xattr(names.sink());
    inode.lock.unlock_shared();
    if (!r.ok()) return r.error();
    if (names.failed) return Errno::kNOMEM;
    String shown;
    const bool all = ctx.task.credentials().capable(abi::CAP_SYS_ADMIN);
    for (std::string_view rest = names.text.view(); !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find('\0') + 1);
        rest.remove_prefix(name.size());
        if (all || !name.starts_with("trusted.")) TRY(shown.try_append(name));
    }
    const usize n = shown.size();
    if (to.len == 0) return static_cast<i64>(n);
    if (n > to.len) return Errno::kRANGE;
    TRY(to.copy_out(base::bytes_of(shown.view())));
    return static_cast<i64>(n);
}

Result<i64> remove(Ctx& ctx, const fs::Path& path, vm::UserCString name) {
    [[clang::uninitialized]] AttributeName text;
    const std::string_view key = TRY(text.fetch(name));
    TRY(fs::check_writable(path));
    fs::Inode& inode = path.inode();
    const object::Credentials& credentials = ctx.task.credentials();
    if (const auto acl = fs::acl_kind(key)) {
        sync::LockGuard guard(inode.lock);
        TRY(fs::set_acl(inode, credentials, *acl, {}));
    } else {
        TRY(check(credentials, inode, key, true));
        sync::LockGuard guard(inode.lock);
        TRY(inode.remove_xattr(key));
    }
    fs::notify::dentry(*path.dentry, abi::IN_ATTRIB);
    return 0;
}

}  // namespace

Result<i64> sys_setxattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name, vm::UserSpan value, u32 flags) {
    return set(ctx, TRY(by_path(ctx, pathname, true)), name, value, flags);
}
Result<i64> sys_lsetxattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name, vm::UserSpan value, u32 flags) {
    return set(ctx, TRY(by_path(ctx, pathname, false)), name, value, flags);
}
Result<i64> sys_fsetxattr(Ctx& ctx, i32 fd, vm::UserCString name, vm::UserSpan value, u32 flags) {
    return set(ctx, TRY(by_descriptor(ctx, fd)), name, value, flags);
}
Result<i64> sys_getxattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name, vm::UserSpan value) {
    return get(ctx, TRY(by_path(ctx, pathname, true)), name, value);
}
Result<i64> sys_lgetxattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name, vm::UserSpan value) {
    return get(ctx, TRY(by_path(ctx, pathname, false)), name, value);
}
Result<i64> sys_fgetxattr(Ctx& ctx, i32 fd, vm::UserCString name, vm::UserSpan value) {
    return get(ctx, TRY(by_descriptor(ctx, fd)), name, value);
}
Result<i64> sys_listxattr(Ctx& ctx, vm::UserCString pathname, vm::UserSpan to) {
    return list(ctx, TRY(by_path(ctx, pathname, true)), to);
}
Result<i64> sys_llistxattr(Ctx& ctx, vm::UserCString pathname, vm::UserSpan to) {
    return list(ctx, TRY(by_path(ctx, pathname, false)), to);
}
Result<i64> sys_flistxattr(Ctx& ctx, i32 fd, vm::UserSpan to) { return list(ctx, TRY(by_descriptor(ctx, fd)), to); }
Result<i64> sys_removexattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name) {
    return remove(ctx, TRY(by_path(ctx, pathname, true)), name);
}
Result<i64> sys_lremovexattr(Ctx& ctx, vm::UserCString pathname, vm::UserCString name) {
    return remove(ctx, TRY(by_path(ctx, pathname, false)), name);
}
Result<i64> sys_fremovexattr(Ctx& ctx, i32 fd, vm::UserCString name) {
    return remove(ctx, TRY(by_descriptor(ctx, fd)), name);
}

}  // namespace linux_abi
