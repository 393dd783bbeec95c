// open(2): finding or making the file, and all that may forbid it.
#include "abi/linux/mount.h"
#include "fs/acl_attributes.h"
#include "fs/dentry_cache.h"
#include "fs/leases.h"
#include "fs/names.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/sticky_rules.h"

namespace fs {
namespace {

constexpr u32 kTmpfile = 020000000;  // O_TMPFILE without the O_DIRECTORY that comes with it

// O_PATH: a name alone.
class PathFile final : public object::File {
  public:
    explicit PathFile(u32 flags) : File(flags) {}
};

// What the access mode asks of permissions. 3 is "for ioctl": Linux checks both.
u32 access_mask(u32 flags) {
    u32 mask = 0;
    switch (flags & abi::O_ACCMODE) {
        case abi::O_RDONLY: mask = abi::R_OK; break;
        case abi::O_WRONLY: mask = abi::W_OK; break;
        default: mask = abi::R_OK | abi::W_OK; break;
    }
    if (flags & abi::O_TRUNC) mask |= abi::W_OK;
    return mask;
}

Result<void> check_type(const Inode& inode, const Mount& mount, u32 flags, u32 mask, bool for_exec) {
    switch (inode.type()) {
        case abi::S_IFLNK: return Errno::kLOOP;
        case abi::S_IFDIR:
            if ((mask & abi::W_OK) != 0) return Errno::kISDIR;
            if (for_exec) return Errno::kACCES;
            return {};
        case abi::S_IFCHR:
        case abi::S_IFBLK:
            if ((mount.flags() & abi::MS_NODEV) != 0) return Errno::kACCES;
            [[fallthrough]];
        case abi::S_IFIFO:
        case abi::S_IFSOCK:
            if (for_exec) return Errno::kACCES;
            return {};
        default:
            if (for_exec && (mount.flags() & abi::MS_NOEXEC) != 0) return Errno::kACCES;
            if ((mask & abi::W_OK) != 0 && mount.read_only()) return Errno::kROFS;
            return {};
    }
}

// Gives the write access back if the file does not come to be.
class Access {
  public:
    static Result<Access> take(Mount& mount, Inode& inode, bool write, bool exec) {
        Access a(mount, inode);
        if (!inode.is_regular()) return a;
        if (exec) {
            TRY(inode.deny_write_access());
            a.kind_ = WriteAccess::kDenies;
        } else if (write) {
            TRY(inode.begin_write_access());
            mount.add_writer();
            a.kind_ = WriteAccess::kWriter;
            // After this file counts as a writer: see change_flags() in mount_operations.cc.
            std::atomic_thread_fence(std::memory_order_seq_cst);
            if (mount.read_only()) return Errno::kROFS;
        } else {
            inode.add_reader();
            a.kind_ = WriteAccess::kReader;
        }
        return a;
    }
    Access(Access&& o) noexcept
        : mount_(o.mount_), inode_(o.inode_), kind_(std::exchange(o.kind_, WriteAccess::kNone)) {}
    Access& operator=(Access&&) = delete;
    ~Access() {
        if (kind_ == WriteAccess::kWriter) {
            inode_.end_write_access();
            mount_.remove_writer();
        }
        if (kind_ == WriteAccess::kReader) inode_.remove_reader();
        if (kind_ == WriteAccess::kDenies) inode_.allow_write_access();
    }
    WriteAccess hand_over() { return std::exchange(kind_, WriteAccess::kNone); }

  private:
    Access(Mount& mount, Inode& inode) : mount_(mount), inode_(inode) {}
    Mount& mount_;
    Inode& inode_;
    WriteAccess kind_ = WriteAccess::kNone;
};

Result<Ref<object::File>> open_found(const Caller& caller, Path path, const OpenRequest& request, bool created) {
    Inode& inode = path.inode();
    u32 flags = request.flags;
    if ((flags & abi::O_DIRECTORY) != 0 && !inode.is_directory()) return Errno::kNOTDIR;
    if (flags & abi::O_PATH) {
        Ref<object::File> file = TRY(make_ref<PathFile>(flags));
        set_place(*file, std::move(path));
        return file;
    }
    const u32 mask = request.for_exec ? u32{abi::X_OK} : access_mask(flags);
    TRY(check_type(inode, *path.mount, flags, mask, request.for_exec));
    if (!created) {
        TRY(check_permission(inode, caller.credentials, mask));
        if ((flags & abi::O_NOATIME) != 0 && !owner_or_capable(inode, caller.credentials)) return Errno::kPERM;
    }
    // FMODE_CAN_ODIRECT of Linux. Sockets cannot be opened at all, which is found out before.
    if ((flags & abi::O_DIRECT) != 0 && !inode.is_regular() && inode.type() != abi::S_IFSOCK) return Errno::kINVAL;
    if (inode.locks.load(std::memory_order_acquire) != nullptr) [[unlikely]]
        TRY(break_leases(inode, (mask & abi::W_OK) != 0, (flags & abi::O_NONBLOCK) != 0));
    Access access = TRY(Access::take(*path.mount, inode, (mask & abi::W_OK) != 0, request.for_exec));
    Ref<object::File> file = TRY(inode.open({caller, flags}));
    const bool truncates = (flags & abi::O_TRUNC) != 0 && !created && inode.is_regular();
    if (truncates) {
        sync::LockGuard guard(inode.lock);
        TRY(inode.set_attributes({.what = AttributeChange::kSize, .size = 0}));
    }
    set_place(*file, std::move(path), access.hand_over());
    if (truncates) notify::file(*file, abi::IN_MODIFY);
    notify::file(*file, abi::IN_OPEN);
    return file;
}

Result<Ref<Inode>> create_unnamed(const WalkCtx& ctx, Inode& directory, u32 mode) {
    sync::LockGuard guard(directory.lock);
    mode = creation_mode(directory, mode & 07777, ctx.fs.umask()) | abi::S_IFREG;
    Ref<Inode> fresh = TRY(directory.create_unnamed(ctx.caller, mode));
    set_initial_owner(ctx.caller, directory, *fresh);
    return fresh;
}

Result<Ref<object::File>> open_unnamed(const WalkCtx& ctx, std::string_view path, const OpenRequest& request) {
    if ((request.flags & abi::O_ACCMODE) == abi::O_RDONLY) return Errno::kINVAL;
    const u32 follow = (request.flags & abi::O_NOFOLLOW) == 0 ? u32{kFollow} : 0;
    const Path directory = TRY(walk(ctx, path, follow | kDirectory | request.walk_flags));
    Inode& inode = directory.inode();
    TRY(check_writable(directory));
    TRY(check_permission(inode, ctx.caller.credentials, abi::W_OK | abi::X_OK));
    Ref<Inode> fresh = TRY(create_unnamed(ctx, inode, request.mode));
    // "#" and the number: what Linux's d_tmpfile calls it.
    FixedString<24> name("#");
    base::format_to(name, "{}", fresh->number());
    Ref<Dentry> dentry = TRY(Dentry::create_unnamed(std::move(fresh), name.view()));
    OpenRequest plain = request;
    plain.flags &= ~(kTmpfile | u32{abi::O_DIRECTORY});
    Ref<object::File> file = TRY(open_found(ctx.caller, Path{directory.mount, std::move(dentry)}, plain, true));
    file->set_status_flags(request.flags & ~u32{abi::O_CLOEXEC});
    return file;
}

// The last component of an open that may create it: what is there, or was made now.
struct Opened {
    Path path;
    bool created;
};
Result<Opened> find_or_create(const WalkCtx& ctx, const ParentPath& parent, const OpenRequest& request) {
    const Path& directory = parent.directory;
    Ref<Dentry> d = TRY(lookup(ctx.caller, directory, parent.last));
    if (d->negative()) {
        Inode& inode = directory.inode();
        sync::LockGuard guard(inode.lock);
        d = TRY(lookup_locked(ctx.caller, *directory.dentry, parent.last));
        if (d->negative()) {
            TRY(check_writable(directory));
            TRY(check_may_create(inode, ctx.caller.credentials));
            const u32 mode = creation_mode(inode, request.mode & 07777, ctx.fs.umask()) | abi::S_IFREG;
            Ref<Inode> fresh = request.maker != nullptr ? TRY(request.maker->make(ctx.caller, inode, parent.last, mode))
                                                        : TRY(inode.create(ctx.caller, parent.last, mode, {}));
            set_initial_owner(ctx.caller, inode, *fresh);
            dentry_cache.instantiate(*d, std::move(fresh));
            notify::entry(inode, abi::IN_CREATE, parent.last.text);
            return Opened{Path{directory.mount, std::move(d)}, true};
        }
    }
    Path path{directory.mount, std::move(d)};
    step_into_mounts(path);
    return Opened{std::move(path), false};
}

// With O_CREAT. Links at the end are followed by starting again where they lead.
Result<Ref<object::File>> open_creating(const WalkCtx& ctx, std::string_view path, const OpenRequest& request) {
    const bool exclusive = (request.flags & abi::O_EXCL) != 0;
    const bool follow = !exclusive && (request.flags & abi::O_NOFOLLOW) == 0;
    String text;
    Path start = ctx.start != nullptr ? *ctx.start : ctx.fs.cwd();
    for (u32 links = 0; links <= kMostLinks; links++) {
        const WalkCtx here{ctx.fs, ctx.caller, &start};
        ParentPath parent = TRY(walk_parent(here, path, request.walk_flags));
        if (parent.kind != LastKind::kNormal) return exclusive ? Errno::kEXIST : Errno::kISDIR;
        if (parent.trailing_slash) return Errno::kISDIR;
        Opened found = TRY(find_or_create(ctx, parent, request));
        if (found.created) return open_found(ctx.caller, std::move(found.path), request, true);
        if (exclusive) return Errno::kEXIST;
        Inode& inode = found.path.inode();
        const Inode& directory = parent.directory.inode();
        if (!inode.is_symlink() || !follow) {
            if (inode.is_directory()) return Errno::kISDIR;
            TRY(may_open_in_sticky(inode, directory, ctx.caller.credentials));
            return open_found(ctx.caller, std::move(found.path), request, false);
        }
        if ((request.walk_flags & kNoSymlinks) != 0) return Errno::kLOOP;
        TRY(may_follow_link(inode, directory, ctx.caller.credentials));
        if (inode.magic_link()) {
            if ((request.walk_flags & kNoMagicLinks) != 0) return Errno::kLOOP;
            Result<Path> followed = inode.follow_magic(ctx.caller);
            if (!followed.ok() && followed.error() == Errno::kNXIO)
                return inode.open_magic({ctx.caller, request.flags});
            Path to = TRY(std::move(followed));
            if (to.inode().is_directory()) return Errno::kISDIR;
            return open_found(ctx.caller, std::move(to), request, false);
        }
        text = TRY(link_text(ctx.caller, inode));
        path = text.view();
        start = std::move(parent.directory);
    }
    return Errno::kLOOP;
}

}  // namespace

Result<Ref<object::File>> open(const WalkCtx& ctx, std::string_view path, const OpenRequest& request) {
    OpenRequest r = request;
    if (r.flags & abi::O_PATH) {
        r.flags &= abi::O_PATH | abi::O_DIRECTORY | abi::O_NOFOLLOW | abi::O_CLOEXEC;
    } else if ((r.flags & kTmpfile) != 0) {
        if ((r.flags & abi::O_DIRECTORY) == 0 || (r.flags & abi::O_CREAT) != 0) return Errno::kINVAL;
        return open_unnamed(ctx, path, r);
    }
    if ((r.flags & abi::O_CREAT) != 0) {
        if ((r.flags & abi::O_DIRECTORY) != 0) {
            // Linux 6.1: an existing directory may be opened so; a new one is never made.
            Result<Path> found = walk(ctx, path, kFollow | r.walk_flags);
            if (!found.ok()) return found.error();
            if ((r.flags & abi::O_EXCL) != 0) return Errno::kEXIST;
            if (found.value().inode().is_directory()) return Errno::kISDIR;
            return Errno::kNOTDIR;
        }
        return open_creating(ctx, path, r);
    }
    u32 flags = r.walk_flags;
    if ((r.flags & abi::O_NOFOLLOW) == 0) flags |= kFollow;
    if ((r.flags & abi::O_DIRECTORY) != 0) flags |= kDirectory;
    Result<Path> found = walk(ctx, path, flags);
    if (!found.ok() && found.error() == Errno::kNXIO) {
        return TRY(walk_to_magic_link(ctx, path, r.walk_flags)).inode().open_magic({ctx.caller, r.flags});
    }
    return open_found(ctx.caller, TRY(std::move(found)), r, false);
}

Result<Ref<object::File>> open_place(const Caller& caller, const Path& path, const OpenRequest& request) {
    return open_found(caller, path, request, false);
}

Result<Ref<object::File>> open_for_exec(const WalkCtx& ctx, std::string_view path, u32 walk_flags) {
    Path found = TRY(walk(ctx, path, walk_flags));
    if (found.inode().is_symlink()) return Errno::kLOOP;
    if (!found.inode().is_regular()) return Errno::kACCES;
    return open_found(ctx.caller, std::move(found), {.flags = abi::O_RDONLY, .for_exec = true}, false);
}

}  // namespace fs
