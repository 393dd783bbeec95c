// mount, umount2, pivot_root.
#include "abi/linux/mount.h"

#include "linux/file_args.h"

namespace linux_abi {
namespace {

// What belongs to the mount and not to the file system.
constexpr u64 kMountFlags = abi::MS_RDONLY | abi::MS_NOSUID | abi::MS_NODEV | abi::MS_NOEXEC | abi::MS_NOATIME |
                            abi::MS_NODIRATIME | abi::MS_RELATIME | abi::MS_STRICTATIME | abi::MS_NOSYMFOLLOW;
constexpr u64 kPropagation = abi::MS_SHARED | abi::MS_PRIVATE | abi::MS_SLAVE | abi::MS_UNBINDABLE;

Result<fs::Path> find(Ctx& ctx, vm::UserCString name, u32 walk) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    return fs::walk(*from, path.view(), walk);
}

Result<i64> remount(const fs::Path& at, u64 flags, std::string_view data) {
    if (at.dentry.get() != &at.mount->root()) return Errno::kINVAL;
    if ((flags & abi::MS_BIND) == 0) {
        TRY(at.mount->super().remount(data));
        at.mount->super().set_read_only((flags & abi::MS_RDONLY) != 0);
    }
    at.mount->set_flags(flags & kMountFlags);
    return 0;
}

Result<i64> mount_new(Ctx& ctx, const fs::Path& at, std::string_view source, vm::UserCString type, u64 flags,
                      std::string_view data) {
    if (!type) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg type_name;
    TRY(type_name.fetch(type));
    const fs::FilesystemType* t = fs::find_filesystem(type_name.view());
    if (t == nullptr) return Errno::kNODEV;
    Ref<fs::Superblock> super = TRY(t->mount({&ctx.task, source, data, flags}));
    Ref<fs::Mount> fresh = TRY(fs::mount_superblock(
        std::move(super), source.empty() ? std::string_view("none") : source, flags & kMountFlags));
    TRY(fs::attach(ctx.task.fs().space(), at, std::move(fresh)));
    return 0;
}

}  // namespace

Result<i64> sys_mount(Ctx& ctx, vm::UserCString dev_name, vm::UserCString dir_name, vm::UserCString type, u64 flags,
                      UserAddr data) {
    if ((flags & abi::MS_MGC_MSK) == abi::MS_MGC_VAL) flags &= ~u64{abi::MS_MGC_MSK};
    [[clang::uninitialized]] PathArg source;
    [[clang::uninitialized]] PathArg options;
    TRY(source.fetch(dev_name ? dev_name : dir_name));
    const std::string_view device = dev_name ? source.view() : std::string_view();
    if (!data.is_null()) TRY(options.fetch(vm::UserCString(data)));
    const std::string_view text = data.is_null() ? std::string_view() : options.view();
    const fs::Path at = TRY(find(ctx, dir_name, fs::kFollow));
    if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    if ((flags & abi::MS_REMOUNT) != 0) return remount(at, flags, text);
    fs::MountNamespace& space = ctx.task.fs().space();
    if ((flags & abi::MS_BIND) != 0) {
        if (!dev_name) return Errno::kINVAL;
        const fs::Path from = TRY(find(ctx, dev_name, fs::kFollow));
        TRY(fs::bind(space, from, at, (flags & abi::MS_REC) != 0));
        return 0;
    }
    if ((flags & kPropagation) != 0) {
        // One name space: nothing to propagate to. The mount must exist, as on Linux.
        return at.dentry.get() == &at.mount->root() ? Result<i64>(0) : Result<i64>(Errno::kINVAL);
    }
    if ((flags & abi::MS_MOVE) != 0) {
        if (!dev_name) return Errno::kINVAL;
        const fs::Path from = TRY(find(ctx, dev_name, fs::kFollow));
        TRY(fs::move_mount(space, from, at));
        return 0;
    }
    return mount_new(ctx, at, device, type, flags, text);
}

Result<i64> sys_umount2(Ctx& ctx, vm::UserCString name, u32 flags) {
    constexpr u32 kKnown = abi::MNT_FORCE | abi::MNT_DETACH | abi::MNT_EXPIRE | abi::UMOUNT_NOFOLLOW;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    const fs::Path at = TRY(find(ctx, name, (flags & abi::UMOUNT_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0));
    if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    TRY(fs::detach(at, (flags & abi::MNT_DETACH) != 0));
    return 0;
}

Result<i64> sys_pivot_root(Ctx& ctx, vm::UserCString new_root, vm::UserCString put_old) {
    if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    const fs::Path fresh = TRY(find(ctx, new_root, fs::kFollow | fs::kDirectory));
    const fs::Path old = TRY(find(ctx, put_old, fs::kFollow | fs::kDirectory));
    TRY(fs::pivot_root(ctx.task.fs().space(), fresh, old));
    ctx.task.fs().set_root(fresh);
    ctx.task.fs().set_cwd(fresh);
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
