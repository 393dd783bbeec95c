// mount, umount2, pivot_root.
#include "fs/mount_operations.h"
#include "linux/file_args.h"
#include "linux/mount_flags.h"

namespace linux_abi {
namespace {

constexpr u64 kPropagation = abi::MS_SHARED | abi::MS_PRIVATE | abi::MS_SLAVE | abi::MS_UNBINDABLE;

Result<fs::Path> find(Ctx& ctx, vm::UserCString name, u32 walk) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    return fs::walk(*from, path.view(), walk);
}

bool may_mount(Ctx& ctx) { return ctx.task.credentials().capable(abi::CAP_SYS_ADMIN); }

// Linux: path_mount(): relatime unless something else is asked for.
u64 mount_flags(u64 flags) {
    u64 result = flags & kMountFlags & ~kAtimeFlags;
    if ((flags & abi::MS_STRICTATIME) != 0) return result;
    return result | ((flags & abi::MS_NOATIME) != 0 ? abi::MS_NOATIME : abi::MS_RELATIME);
}

Result<i64> remount(fs::MountNamespace& space, const fs::Path& at, u64 flags, std::string_view data) {
    constexpr u64 kSaysAtime = abi::MS_NOATIME | abi::MS_NODIRATIME | abi::MS_RELATIME | abi::MS_STRICTATIME;
    fs::MountChange change{.set = mount_flags(flags), .clear = kMountFlags};
    if ((flags & kSaysAtime) == 0) {
        // Unsaid, it stays as it is.
        change.set &= ~kAtimeFlags;
        change.clear &= ~(kAtimeFlags | abi::MS_NODIRATIME);
    }
    if (at.dentry.get() != &at.mount->root() || at.mount->space != &space) return Errno::kINVAL;
    if ((flags & abi::MS_BIND) == 0) {
        const bool read_only = (flags & abi::MS_RDONLY) != 0;
        TRY(fs::set_super_read_only(at.mount->super(), read_only));
        TRY(at.mount->super().remount(data));
    }
    TRY(fs::change_mounts(space, at, change));
    return 0;
}

Result<i64> change_propagation(fs::MountNamespace& space, const fs::Path& at, u64 flags) {
    if ((flags & ~(kPropagation | abi::MS_REC | abi::MS_SILENT)) != 0) return Errno::kINVAL;
    fs::MountChange change{.recursive = (flags & abi::MS_REC) != 0};
    switch (flags & kPropagation) {
        case abi::MS_SHARED: change.propagation = fs::PropagationKind::kShared; break;
        case abi::MS_SLAVE: change.propagation = fs::PropagationKind::kSlave; break;
        case abi::MS_PRIVATE: change.propagation = fs::PropagationKind::kPrivate; break;
        case abi::MS_UNBINDABLE: change.propagation = fs::PropagationKind::kUnbindable; break;
        default: return Errno::kINVAL;
    }
    TRY(fs::change_mounts(space, at, change));
    return 0;
}

Result<i64> mount_new(Ctx& ctx, const fs::Path& at, std::string_view source, const PathArg* type, u64 flags,
                      std::string_view data) {
    if (type == nullptr) return Errno::kINVAL;
    const fs::FilesystemType* t = fs::find_filesystem(type->view());
    if (t == nullptr) return Errno::kNODEV;
    Ref<fs::Superblock> super = TRY(t->mount({&ctx.task, source, data, flags}));
    if ((flags & abi::MS_RDONLY) != 0 && t->needs_device) super->set_read_only(true);
    Ref<fs::Mount> fresh = TRY(
        fs::mount_superblock(std::move(super), source.empty() ? std::string_view("none") : source, mount_flags(flags)));
    TRY(fs::attach(ctx.task.fs().space(), at, std::move(fresh)));
    return 0;
}

// Linux: chroot_fs_refs(): who had the old root as root or directory has the new one.
struct RootChange {
    const fs::Path& from;
    const fs::Path& to;
};
void change_root_of(process::Task& task, void* context) {
    const RootChange& change = *static_cast<const RootChange*>(context);
    const OptRef<fs::FsContext> fs = task.fs_of();
    if (!fs) return;
    if (fs->root() == change.from) fs->set_root(change.to);
    if (fs->cwd() == change.from) fs->set_cwd(change.to);
}

}  // namespace

Result<i64> sys_mount(Ctx& ctx, vm::UserCString dev_name, vm::UserCString dir_name, vm::UserCString type, u64 flags,
                      UserAddr data) {
    if ((flags & abi::MS_MGC_MSK) == abi::MS_MGC_VAL) flags &= ~u64{abi::MS_MGC_MSK};
    [[clang::uninitialized]] PathArg source;
    [[clang::uninitialized]] PathArg options;
    // Fetched also where nobody wants it, and first (Linux: copy_mount_string).
    [[clang::uninitialized]] PathArg type_name;
    if (type) TRY(type_name.fetch(type));
    TRY(source.fetch(dev_name ? dev_name : dir_name));
    const std::string_view device = dev_name ? source.view() : std::string_view();
    if (!data.is_null()) TRY(options.fetch(vm::UserCString(data)));
    const std::string_view text = data.is_null() ? std::string_view() : options.view();
    const fs::Path at = TRY(find(ctx, dir_name, fs::kFollow));
    if ((flags & static_cast<u32>(abi::MS_NOUSER)) != 0) return Errno::kINVAL;
    if (!may_mount(ctx)) return Errno::kPERM;
    fs::MountNamespace& space = ctx.task.fs().space();
    if ((flags & abi::MS_REMOUNT) != 0) return remount(space, at, flags, text);
    if ((flags & abi::MS_BIND) != 0) {
        if (device.empty()) return Errno::kINVAL;
        const fs::Path from = TRY(find(ctx, dev_name, fs::kFollow));
        TRY(fs::bind(space, from, at, (flags & abi::MS_REC) != 0));
        return 0;
    }
    if ((flags & kPropagation) != 0) return change_propagation(space, at, flags);
    if ((flags & abi::MS_MOVE) != 0) {
        if (device.empty()) return Errno::kINVAL;
        const fs::Path from = TRY(find(ctx, dev_name, fs::kFollow));
        TRY(fs::move_mount(space, from, at));
        return 0;
    }
    return mount_new(ctx, at, device, type ? &type_name : nullptr, flags, text);
}

Result<i64> sys_umount2(Ctx& ctx, vm::UserCString name, u32 flags) {
    constexpr u32 kKnown = abi::MNT_FORCE | abi::MNT_DETACH | abi::MNT_EXPIRE | abi::UMOUNT_NOFOLLOW;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    const fs::Path at =
        TRY(find(ctx, name, fs::kUnmount | ((flags & abi::UMOUNT_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0)));
    if (!may_mount(ctx)) return Errno::kPERM;
    fs::MountNamespace& space = ctx.task.fs().space();
    const bool is_root = at.mount.get() == ctx.task.fs().root().mount.get();
    if ((flags & abi::MNT_EXPIRE) != 0) {
        if (is_root || (flags & (abi::MNT_FORCE | abi::MNT_DETACH)) != 0) return Errno::kINVAL;
        TRY(fs::detach(space, at, fs::UnmountKind::kExpire));
        return 0;
    }
    const bool lazy = (flags & abi::MNT_DETACH) != 0;
    if (is_root && !lazy && at.dentry.get() == &at.mount->root() && at.mount->space == &space) {
        // Linux: do_umount_root(): the root cannot go, but it can become read-only.
        TRY(fs::set_super_read_only(at.mount->super(), true));
        return 0;
    }
    TRY(fs::detach(space, at, lazy ? fs::UnmountKind::kLazy : fs::UnmountKind::kNow));
    return 0;
}

Result<i64> sys_pivot_root(Ctx& ctx, vm::UserCString new_root, vm::UserCString put_old) {
    if (!may_mount(ctx)) return Errno::kPERM;
    const fs::Path fresh = TRY(find(ctx, new_root, fs::kFollow | fs::kDirectory));
    const fs::Path old = TRY(find(ctx, put_old, fs::kFollow | fs::kDirectory));
    const fs::Path root = ctx.task.fs().root();
    TRY(fs::pivot_root(ctx.task.fs().space(), root, fresh, old));
    RootChange change{root, fresh};
    process::for_each_task(change_root_of, &change);
    return 0;
}

namespace {

// The file systems in the order of /proc/filesystems, looked through for a name or a number.
struct TypeSearch {
    std::string_view name;
    i64 number = -1;
    i64 count = 0;
    i64 found = -1;
    std::string_view found_name{};
};

TypeSearch search_types(std::string_view name, i64 number) {
    TypeSearch search{.name = name, .number = number};
    fs::for_each_filesystem(
        [](const fs::FilesystemType& type, void* context) {
            TypeSearch& s = *static_cast<TypeSearch*>(context);
            if (s.count == s.number || (!s.name.empty() && type.name == s.name)) {
                s.found = s.count;
                s.found_name = type.name;
            }
            s.count++;
        },
        &search);
    return search;
}

}  // namespace

Result<i64> sys_sysfs(Ctx&, i32 option, u64 arg1, u64 arg2) {
    switch (option) {
        case 1: {
            [[clang::uninitialized]] PathArg name;
            TRY(name.fetch(vm::UserCString(UserAddr(arg1))));
            if (name.empty()) return Errno::kNOENT;
            const TypeSearch search = search_types(name.view(), -1);
            if (search.found < 0) return Errno::kINVAL;
            return search.found;
        }
        case 2: {
            const TypeSearch search = search_types({}, static_cast<u32>(arg1));
            if (search.found < 0) return Errno::kINVAL;
            const vm::UserSpan to{UserAddr(arg2), search.found_name.size() + 1};
            TRY(to.copy_out(base::bytes_of(search.found_name)));
            TRY(to.clear(search.found_name.size(), 1));
            return 0;
        }
        case 3: return search_types({}, -1).count;
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
