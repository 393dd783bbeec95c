// mkdir, mknod, symlink, link, unlink, rmdir, rename: calls that change what names there are.
#include "fs/names.h"

#include <optional>

#include "abi/linux/mount.h"
#include "fs/acl_attributes.h"
#include "fs/dentry_cache.h"
#include "fs/mount_operations.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/sticky_rules.h"

namespace fs {
namespace {

using InodeGuard = sync::LockGuard<Inode::Lock>;

// Linux: may_delete(). The directory's lock is held; `d` is positive.
Result<void> check_may_delete(const Inode& directory, const Dentry& d, const object::Credentials& credentials,
                              bool as_directory) {
    const Inode& victim = *d.inode();
    TRY(check_permission(directory, credentials, abi::W_OK | abi::X_OK));
    if ((directory.mode() & abi::S_ISVTX) != 0 && credentials.fsuid != victim.uid() &&
        credentials.fsuid != directory.uid() && !credentials.capable(abi::CAP_FOWNER)) {
        return Errno::kPERM;
    }
    if (as_directory) {
        if (!victim.is_directory()) return Errno::kNOTDIR;
        if (d.is_root()) return Errno::kBUSY;
    } else if (victim.is_directory()) {
        return Errno::kISDIR;
    }
    if (directory.links() == 0) return Errno::kNOENT;
    return {};
}

// Makes a name: `make(directory, key)` gives the inode.
template <typename Make>
Result<void> create_name(const WalkCtx& ctx, std::string_view path, bool is_directory, Make make,
                         const Mount* must_be = nullptr) {
    const ParentPath parent = TRY(walk_parent(ctx, path, 0));
    if (parent.kind != LastKind::kNormal) return Errno::kEXIST;
    Inode& directory = parent.directory.inode();
    InodeGuard guard(directory.lock);
    Ref<Dentry> d = TRY(lookup_locked(ctx.caller, *parent.directory.dentry, parent.last));
    if (!d->negative()) return Errno::kEXIST;
    if (parent.trailing_slash && !is_directory) return Errno::kNOENT;
    TRY(check_writable(parent.directory));
    if (must_be != nullptr && parent.directory.mount.get() != must_be) return Errno::kXDEV;
    TRY(check_may_create(directory, ctx.caller.credentials));
    Ref<Inode> fresh = TRY(make(directory, parent.last));
    dentry_cache.instantiate(*d, std::move(fresh));
    notify::entry(directory, abi::IN_CREATE | (is_directory ? abi::IN_ISDIR : 0), parent.last.text);
    return {};
}

Result<void> remove_name(const WalkCtx& ctx, std::string_view path, bool as_directory) {
    const ParentPath parent = TRY(walk_parent(ctx, path, 0));
    if (parent.kind != LastKind::kNormal) {
        if (!as_directory) return Errno::kISDIR;
        return parent.kind == LastKind::kDot      ? Errno::kINVAL
               : parent.kind == LastKind::kDotDot ? Errno::kNOTEMPTY
                                                  : Errno::kBUSY;
    }
    TRY(check_writable(parent.directory));
    Inode& directory = parent.directory.inode();
    // Held past the lock: its last reference may free much.
    OptRef<Inode> victim;
    {
        InodeGuard guard(directory.lock);
        Ref<Dentry> d = TRY(lookup_locked(ctx.caller, *parent.directory.dentry, parent.last));
        if (d->negative()) return Errno::kNOENT;
        victim = Ref<Inode>(*d->inode());
        if (parent.trailing_slash && !as_directory) return victim->is_directory() ? Errno::kISDIR : Errno::kNOTDIR;
        TRY(check_may_delete(directory, *d, ctx.caller.credentials, as_directory));
        if (is_mountpoint_in(ctx.fs.space(), *d)) return Errno::kBUSY;
        if (as_directory) {
            TRY(directory.rmdir(parent.last, *victim));
        } else {
            TRY(directory.unlink(parent.last, *victim));
            notify::inode(*victim, abi::IN_ATTRIB);
        }
        detach_all_on(*d);
        dentry_cache.forget(*d, directory.super().caches_negative());
        notify::entry(directory, abi::IN_DELETE | (as_directory ? abi::IN_ISDIR : 0), parent.last.text);
    }
    return {};
}

bool is_ancestor(const Dentry& ancestor, const Dentry& d) {
    for (const Dentry* at = &d;; at = at->parent()) {
        if (at == &ancestor) return true;
        if (at->is_root()) return false;
    }
}

// Both directories of a rename, locked in order of address; with the file system's rename lock if they differ.
class TwoDirectories {
  public:
    TwoDirectories(Inode& a, Inode& b) : first_(&a < &b ? a : b), second_(&a < &b ? b : a) {
        if (&a != &b) rename_.emplace(a.super().rename_lock);
        first_.lock.lock();
        if (&a != &b) second_.lock.lock();
    }
    ~TwoDirectories() {
        if (&first_ != &second_) second_.lock.unlock({});
        first_.lock.unlock({});
    }
    TwoDirectories(const TwoDirectories&) = delete;
    TwoDirectories& operator=(const TwoDirectories&) = delete;

  private:
    std::optional<sync::LockGuard<decltype(Superblock::rename_lock)>> rename_;
    Inode& first_;
    Inode& second_;
};

struct RenameEnds {
    const ParentPath& from;
    const ParentPath& to;
    Dentry& source;
    Dentry& target;  // may be negative
    u32 flags;
};

Result<void> check_rename(const WalkCtx& ctx, const RenameEnds& r) {
    const Caller& caller = ctx.caller;
    const bool exchange = (r.flags & kRenameExchange) != 0;
    if (r.source.negative()) return Errno::kNOENT;
    if ((r.flags & kRenameNoReplace) != 0 && !r.target.negative()) return Errno::kEXIST;
    if (exchange && r.target.negative()) return Errno::kNOENT;
    const bool directory = r.source.inode()->is_directory();
    if (exchange && r.to.trailing_slash && !r.target.inode()->is_directory()) return Errno::kNOTDIR;
    if (!directory && (r.from.trailing_slash || (!exchange && r.to.trailing_slash))) return Errno::kNOTDIR;
    if (is_ancestor(r.source, *r.to.directory.dentry)) return Errno::kINVAL;
    if (is_ancestor(r.target, *r.from.directory.dentry)) return exchange ? Errno::kINVAL : Errno::kNOTEMPTY;
    if (r.source.inode() == r.target.inode()) return {};
    Inode& from_dir = r.from.directory.inode();
    Inode& to_dir = r.to.directory.inode();
    TRY(check_may_delete(from_dir, r.source, caller.credentials, directory));
    if (r.target.negative()) {
        TRY(check_may_create(to_dir, caller.credentials));
    } else {
        TRY(check_may_delete(to_dir, r.target, caller.credentials,
                             exchange ? r.target.inode()->is_directory() : directory));
    }
    if (&from_dir != &to_dir) {
        // ".." changes, which is a write to the directory.
        if (directory) TRY(check_permission(*r.source.inode(), caller.credentials, abi::W_OK));
        if (exchange && r.target.inode()->is_directory())
            TRY(check_permission(*r.target.inode(), caller.credentials, abi::W_OK));
    }
    if (is_mountpoint_in(ctx.fs.space(), r.source) || is_mountpoint_in(ctx.fs.space(), r.target)) return Errno::kBUSY;
    return {};
}

}  // namespace

Result<void> check_writable(const Path& path) {
    if (path.mount->read_only()) return Errno::kROFS;
    return {};
}

Result<void> check_may_create(const Inode& directory, const object::Credentials& credentials) {
    if (directory.links() == 0) return Errno::kNOENT;
    return check_permission(directory, credentials, abi::W_OK | abi::X_OK);
}

void set_initial_owner(const Caller& caller, const Inode& directory, Inode& fresh) {
    const bool inherit = (directory.mode() & abi::S_ISGID) != 0;
    const u32 gid = inherit ? directory.gid() : caller.credentials.fsgid;
    fresh.set_owner(caller.credentials.fsuid, gid);
    if (inherit && fresh.is_directory()) {
        fresh.set_mode(fresh.mode() | abi::S_ISGID);
    } else if ((fresh.mode() & (abi::S_ISGID | 010)) == (abi::S_ISGID | 010) && !caller.credentials.in_group(gid) &&
               !caller.credentials.capable(abi::CAP_FSETID)) {
        fresh.set_mode(fresh.mode() & ~u32{abi::S_ISGID});
    }
}

Result<String> link_text(const Caller& caller, Inode& inode) {
    struct Sink {
        String text;
        bool failed = false;
    } sink;
    TRY(inode.read_link(caller, {[](void* s, std::string_view t) {
                                     Sink& to = *static_cast<Sink*>(s);
                                     to.failed = to.failed || !to.text.try_append(t).ok();
                                 },
                                 &sink}));
    if (sink.failed) return Errno::kNOMEM;
    return std::move(sink.text);
}

Result<void> mknod(const WalkCtx& ctx, std::string_view path, u32 mode, object::DeviceNumber special) {
    const u32 type = (mode & abi::S_IFMT) == 0 ? u32{abi::S_IFREG} : mode & abi::S_IFMT;
    // A white-out (a character device 0:0) is no device: anybody may make one (Linux: vfs_mknod).
    const bool device = type == abi::S_IFBLK || (type == abi::S_IFCHR && special.encode() != 0);
    switch (type) {
        case abi::S_IFCHR:
        case abi::S_IFBLK: break;
        case abi::S_IFREG:
        case abi::S_IFIFO:
        case abi::S_IFSOCK: special = {}; break;
        case abi::S_IFDIR: return Errno::kPERM;
        default: return Errno::kINVAL;
    }
    return create_name(ctx, path, false, [&](Inode& directory, const NameKey& key) -> Result<Ref<Inode>> {
        if (device && !ctx.caller.credentials.capable(abi::CAP_MKNOD)) return Errno::kPERM;
        const u32 full = type | creation_mode(directory, mode & 07777, ctx.fs.umask());
        Ref<Inode> fresh = TRY(directory.create(ctx.caller, key, full, special));
        set_initial_owner(ctx.caller, directory, *fresh);
        return fresh;
    });
}

Result<void> mkdir(const WalkCtx& ctx, std::string_view path, u32 mode) {
    return create_name(ctx, path, true, [&](Inode& directory, const NameKey& key) -> Result<Ref<Inode>> {
        const u32 full = abi::S_IFDIR | creation_mode(directory, mode & 01777, ctx.fs.umask());
        Ref<Inode> fresh = TRY(directory.create(ctx.caller, key, full, {}));
        set_initial_owner(ctx.caller, directory, *fresh);
        return fresh;
    });
}

Result<void> symlink(const WalkCtx& ctx, std::string_view target, std::string_view path) {
    if (target.empty()) return Errno::kNOENT;
    return create_name(ctx, path, false, [&](Inode& directory, const NameKey& key) -> Result<Ref<Inode>> {
        Ref<Inode> fresh = TRY(directory.symlink(ctx.caller, key, target));
        set_initial_owner(ctx.caller, directory, *fresh);
        return fresh;
    });
}

Result<void> link(const Path& source, const WalkCtx& to_ctx, std::string_view to) {
    Inode& inode = source.inode();
    return create_name(
        to_ctx, to, false,
        [&](Inode& directory, const NameKey& key) -> Result<Ref<Inode>> {
            if (&inode.super() != &directory.super()) return Errno::kXDEV;
            if (inode.is_directory()) return Errno::kPERM;
            TRY(may_link_to(inode, to_ctx.caller.credentials));
            // Only O_TMPFILE files may come back from having no name.
            if (inode.links() == 0 && !source.dentry->unnamed()) return Errno::kNOENT;
            TRY(directory.link(key, inode));
            notify::inode(inode, abi::IN_ATTRIB);
            return Ref<Inode>(inode);
        },
        source.mount.get());
}

Result<void> unlink(const WalkCtx& ctx, std::string_view path) { return remove_name(ctx, path, false); }
Result<void> rmdir(const WalkCtx& ctx, std::string_view path) { return remove_name(ctx, path, true); }

Result<void> rename(const WalkCtx& from_ctx, std::string_view from_path, const WalkCtx& to_ctx,
                    std::string_view to_path, u32 flags) {
    if ((flags & (kRenameNoReplace | kRenameWhiteout)) != 0 && (flags & kRenameExchange) != 0) return Errno::kINVAL;
    const ParentPath from = TRY(walk_parent(from_ctx, from_path, 0));
    const ParentPath to = TRY(walk_parent(to_ctx, to_path, 0));
    if (from.directory.mount.get() != to.directory.mount.get()) return Errno::kXDEV;
    if (from.kind != LastKind::kNormal) return Errno::kBUSY;
    if (to.kind != LastKind::kNormal) return (flags & kRenameNoReplace) != 0 ? Errno::kEXIST : Errno::kBUSY;
    TRY(check_writable(from.directory));
    Inode& from_dir = from.directory.inode();
    Inode& to_dir = to.directory.inode();
    OptRef<Inode> victim;  // dropped after the locks
    {
        TwoDirectories locks(from_dir, to_dir);
        Ref<Dentry> source = TRY(lookup_locked(from_ctx.caller, *from.directory.dentry, from.last));
        if (source->negative()) return Errno::kNOENT;
        Ref<Dentry> target = TRY(lookup_locked(to_ctx.caller, *to.directory.dentry, to.last));
        TRY(check_rename(to_ctx, {from, to, *source, *target, flags}));
        if (source->inode() == target->inode()) return {};
        Own<LongName> long_name = TRY(DentryCache::prepare_name(to.last.text));
        if (!target->negative()) victim = Ref<Inode>(*target->inode());
        Ref<Inode> moved(*source->inode());
        TRY(from_dir.rename(from.last, *moved, to_dir, to.last, victim.get(), flags));
        if ((flags & kRenameExchange) != 0) {
            dentry_cache.exchange(*source, *target);
            notify::moved(from_dir, from.last.text, to_dir, to.last.text, *moved, nullptr);
            notify::moved(to_dir, to.last.text, from_dir, from.last.text, *victim, nullptr);
        } else {
            detach_all_on(*target);
            dentry_cache.forget(*target, false);
            dentry_cache.move(*source, *to.directory.dentry, to.last, std::move(long_name));
            notify::moved(from_dir, from.last.text, to_dir, to.last.text, *moved, victim.get());
            if ((flags & kRenameWhiteout) != 0) {
                const Ref<Dentry> left = TRY(lookup_locked(from_ctx.caller, *from.directory.dentry, from.last));
                if (!left->negative()) set_initial_owner(from_ctx.caller, from_dir, *left->inode());
            }
        }
    }
    return {};
}

Result<String> read_link(const WalkCtx& ctx, std::string_view path, u32 walk_flags) {
    const Path found = TRY(walk(ctx, path, walk_flags));
    Inode& inode = found.inode();
    if (!inode.is_symlink()) return path.empty() ? Errno::kNOENT : Errno::kINVAL;
    return link_text(ctx.caller, inode);
}

}  // namespace fs
