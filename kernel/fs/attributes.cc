// access, chmod, chown, truncate, utimensat: what calls do to a file's attributes.
#include "abi/linux/mount.h"
#include "fs/acl_attributes.h"
#include "fs/leases.h"
#include "fs/names.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "time/clock.h"

namespace fs {
namespace {

using InodeGuard = sync::LockGuard<Inode::Lock>;

// Changes of owner take the set-id bits away (Linux: setattr_should_drop_suidgid).
u32 without_set_id(u32 mode) {
    mode &= ~u32{abi::S_ISUID};
    if ((mode & 010) != 0) mode &= ~u32{abi::S_ISGID};
    return mode;
}

}  // namespace

Result<void> access(const WalkCtx& ctx, std::string_view path, u32 walk_flags, u32 mask) {
    Result<Path> walked = walk(ctx, path, walk_flags);
    if (!walked.ok() && walked.error() == Errno::kNXIO) {
        object::Attributes a;
        TRY(TRY(walk_to_magic_link(ctx, path, walk_flags)).inode().magic_attributes(ctx.caller, a));
        return check_permission(a.mode, a.uid, a.gid, ctx.caller.credentials, mask);
    }
    const Path found = TRY(std::move(walked));
    const Inode& inode = found.inode();
    if ((mask & abi::X_OK) != 0 && inode.is_regular() && (found.mount->flags() & abi::MS_NOEXEC) != 0)
        return Errno::kACCES;
    TRY(check_permission(inode, ctx.caller.credentials, mask));
    if ((mask & abi::W_OK) != 0) {
        const u32 type = inode.type();
        const bool special =
            type == abi::S_IFCHR || type == abi::S_IFBLK || type == abi::S_IFIFO || type == abi::S_IFSOCK;
        if (!special) TRY(check_writable(found));
    }
    return {};
}

Result<void> chmod(const Caller& caller, const Path& path, u32 mode) {
    TRY(check_writable(path));
    Inode& inode = path.inode();
    if (inode.is_symlink()) return Errno::kOPNOTSUPP;
    InodeGuard guard(inode.lock);
    if (!owner_or_capable(inode, caller.credentials)) return Errno::kPERM;
    mode &= 07777;
    if (!caller.credentials.in_group(inode.gid()) && !caller.credentials.capable(abi::CAP_FSETID))
        mode &= ~u32{abi::S_ISGID};
    TRY(set_acl_mode(inode, mode));
    TRY(inode.set_attributes(
        {.what = AttributeChange::kMode | AttributeChange::kChanged, .mode = mode, .changed_ns = time::realtime()}));
    notify::dentry(*path.dentry, abi::IN_ATTRIB);
    return {};
}

bool may_chown(u32 owner, u32 group, const object::Credentials& c, u32 new_owner, u32 new_group) {
    if (c.capable(abi::CAP_CHOWN)) return true;
    const bool own = c.fsuid == owner;
    return (new_owner == ~0u || (own && new_owner == owner)) &&
           (new_group == ~0u || (own && (new_group == group || c.in_group(new_group))));
}

Result<void> chown(const Caller& caller, const Path& path, u32 uid, u32 gid) {
    TRY(check_writable(path));
    Inode& inode = path.inode();
    InodeGuard guard(inode.lock);
    if (!may_chown(inode.uid(), inode.gid(), caller.credentials, uid, gid)) return Errno::kPERM;
    AttributeChange change{.what = AttributeChange::kChanged, .changed_ns = time::realtime()};
    if (uid != ~0u) change.what |= AttributeChange::kUid, change.uid = uid;
    if (gid != ~0u) change.what |= AttributeChange::kGid, change.gid = gid;
    const u32 mode = inode.mode();
    if (!inode.is_directory() && without_set_id(mode) != mode) {
        change.what |= AttributeChange::kMode;
        change.mode = without_set_id(mode) & 07777;
    }
    TRY(inode.set_attributes(change));
    notify::dentry(*path.dentry, abi::IN_ATTRIB);
    return {};
}

Result<void> truncate(const Caller& caller, const Path& path, u64 size, u64 file_size_limit) {
    Inode& inode = path.inode();
    if (inode.is_directory()) return Errno::kISDIR;
    if (!inode.is_regular()) return Errno::kINVAL;
    TRY(check_writable(path));
    TRY(check_permission(inode, caller.credentials, abi::W_OK));
    TRY(break_leases(inode, true, false));
    TRY(inode.begin_write_access());
    Result<void> r;
    {
        InodeGuard guard(inode.lock);
        if (size > inode.size() && size > file_size_limit) {
            r = Errno::kFBIG;
        } else {
            r = inode.set_attributes({.what = AttributeChange::kSize, .size = size});
        }
    }
    inode.end_write_access();
    if (r.ok()) notify::dentry(*path.dentry, abi::IN_MODIFY);
    return r;
}

Result<void> set_times(const Caller& caller, const Path& path, TimeChange accessed, TimeChange modified) {
    using Kind = TimeChange::Kind;
    TRY(check_writable(path));
    Inode& inode = path.inode();
    if (accessed.kind == Kind::kOmit && modified.kind == Kind::kOmit) return {};
    InodeGuard guard(inode.lock);
    if (!owner_or_capable(inode, caller.credentials)) {
        // "Now" for both needs write permission alone.
        if (accessed.kind != Kind::kNow || modified.kind != Kind::kNow) return Errno::kPERM;
        TRY(check_permission(inode, caller.credentials, abi::W_OK));
    }
    const i64 now = time::realtime();
    AttributeChange change{.what = AttributeChange::kChanged, .changed_ns = now};
    if (accessed.kind != Kind::kOmit) {
        change.what |= AttributeChange::kAccessed;
        change.accessed_ns = accessed.kind == Kind::kNow ? now : accessed.ns;
    }
    if (modified.kind != Kind::kOmit) {
        change.what |= AttributeChange::kModified;
        change.modified_ns = modified.kind == Kind::kNow ? now : modified.ns;
    }
    TRY(inode.set_attributes(change));
    // Linux: fsnotify_change(). One time alone counts as what it is the trace of.
    const bool both = accessed.kind != Kind::kOmit && modified.kind != Kind::kOmit;
    notify::dentry(*path.dentry, both                           ? abi::IN_ATTRIB
                                 : accessed.kind != Kind::kOmit ? abi::IN_ACCESS
                                                                : abi::IN_MODIFY);
    return {};
}

}  // namespace fs
