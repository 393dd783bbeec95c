// open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr.
#include <bit>

#include "fs/mount_config.h"
#include "fs/mount_operations.h"
#include "linux/file_args.h"
#include "linux/mount_flags.h"
#include "linux/versioned.h"
#include "process/procfs/handles.h"

namespace linux_abi {
namespace {

using fs::MountConfig;

bool may_mount(Ctx& ctx) { return ctx.task.credentials().capable(abi::CAP_SYS_ADMIN); }

// The three ways of access times are one field of MOUNT_ATTR_*: relatime is its 0.
constexpr u64 kAttrAtime = 0x70;
constexpr u64 kAttrKnown = abi::MOUNT_ATTR_RDONLY | abi::MOUNT_ATTR_NOSUID | abi::MOUNT_ATTR_NODEV |
                           abi::MOUNT_ATTR_NOEXEC | kAttrAtime | abi::MOUNT_ATTR_NODIRATIME |
                           abi::MOUNT_ATTR_NOSYMFOLLOW;

struct FlagPair {
    u64 attribute, flag;
};
constexpr std::array<FlagPair, 6> kFlagPairs = {{{abi::MOUNT_ATTR_RDONLY, abi::MS_RDONLY},
                                                 {abi::MOUNT_ATTR_NOSUID, abi::MS_NOSUID},
                                                 {abi::MOUNT_ATTR_NODEV, abi::MS_NODEV},
                                                 {abi::MOUNT_ATTR_NOEXEC, abi::MS_NOEXEC},
                                                 {abi::MOUNT_ATTR_NODIRATIME, abi::MS_NODIRATIME},
                                                 {abi::MOUNT_ATTR_NOSYMFOLLOW, abi::MS_NOSYMFOLLOW}}};

u64 flags_of(u64 attributes) {
    u64 flags = 0;
    for (const FlagPair& p : kFlagPairs) {
        if ((attributes & p.attribute) != 0) flags |= p.flag;
    }
    return flags;
}

Result<u64> atime_flags(u64 attributes) {
    switch (attributes & kAttrAtime) {
        case abi::MOUNT_ATTR_RELATIME: return u64{abi::MS_RELATIME};
        case abi::MOUNT_ATTR_NOATIME: return u64{abi::MS_NOATIME};
        case abi::MOUNT_ATTR_STRICTATIME: return u64{0};
        default: return Errno::kINVAL;
    }
}

Result<fs::Path> find_at(Ctx& ctx, i32 dfd, vm::UserCString name, u32 walk) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    TRY(from.at(ctx, dfd, path.view(), walk));
    return fs::walk(*from, path.view(), walk);
}

Result<i64> install(Ctx& ctx, Ref<object::File> file, bool cloexec) {
    return static_cast<i64>(TRY(ctx.task.files().install(std::move(file), cloexec)));
}

// Linux: build_mount_idmapped(): the one user namespace there is cannot map anything.
Result<void> check_id_mapping(Ctx& ctx, const abi::mount_attr& attr) {
    if ((attr.attr_clr & abi::MOUNT_ATTR_IDMAP) != 0) return Errno::kINVAL;
    if ((attr.attr_set & abi::MOUNT_ATTR_IDMAP) == 0) return {};
    if (attr.userns_fd > 0x7fffffff) return Errno::kINVAL;
    const object::FileRef file = TRY(ctx.task.files().get(static_cast<i32>(attr.userns_fd)));
    return process::procfs::namespace_type(*file) == abi::CLONE_NEWUSER ? Errno::kPERM : Errno::kINVAL;
}

// Linux: build_mount_kattr().
Result<fs::MountChange> change_of(Ctx& ctx, const abi::mount_attr& attr, bool recursive) {
    constexpr u64 kPropagation = abi::MS_UNBINDABLE | abi::MS_PRIVATE | abi::MS_SLAVE | abi::MS_SHARED;
    fs::MountChange change{.recursive = recursive};
    if ((attr.propagation & ~kPropagation) != 0 || std::popcount(attr.propagation) > 1) return Errno::kINVAL;
    switch (attr.propagation) {
        case abi::MS_SHARED: change.propagation = fs::PropagationKind::kShared; break;
        case abi::MS_SLAVE: change.propagation = fs::PropagationKind::kSlave; break;
        case abi::MS_PRIVATE: change.propagation = fs::PropagationKind::kPrivate; break;
        case abi::MS_UNBINDABLE: change.propagation = fs::PropagationKind::kUnbindable; break;
        default: break;
    }
    if (((attr.attr_set | attr.attr_clr) & ~(kAttrKnown | abi::MOUNT_ATTR_IDMAP)) != 0) return Errno::kINVAL;
    change.set = flags_of(attr.attr_set);
    change.clear = flags_of(attr.attr_clr);
    if ((attr.attr_clr & kAttrAtime) != 0) {
        if ((attr.attr_clr & kAttrAtime) != kAttrAtime) return Errno::kINVAL;
        change.clear |= kAtimeFlags;
        change.set |= TRY(atime_flags(attr.attr_set));
    } else if ((attr.attr_set & kAttrAtime) != 0) {
        return Errno::kINVAL;
    }
    TRY(check_id_mapping(ctx, attr));
    return change;
}

// Linux: fsconfig(2)'s first look at its arguments.
Result<void> check_arguments(i32 cmd, bool key, bool value, i32 aux) {
    bool right = false;
    switch (cmd) {
        case abi::FSCONFIG_SET_FLAG: right = key && !value && aux == 0; break;
        case abi::FSCONFIG_SET_STRING: right = key && value && aux == 0; break;
        case abi::FSCONFIG_SET_BINARY: right = key && value && aux > 0 && aux <= 1024 * 1024; break;
        case abi::FSCONFIG_SET_PATH:
        case abi::FSCONFIG_SET_PATH_EMPTY: right = key && value && (aux == abi::AT_FDCWD || aux >= 0); break;
        case abi::FSCONFIG_SET_FD: right = key && !value && aux >= 0; break;
        case abi::FSCONFIG_CMD_CREATE:
        case abi::FSCONFIG_CMD_RECONFIGURE: right = !key && !value && aux == 0; break;
        default: return Errno::kOPNOTSUPP;
    }
    return right ? Result<void>() : Result<void>(Errno::kINVAL);
}

// Keys and values: 255 bytes at most, longer ones give EINVAL (Linux: strndup_user).
class ShortText {
  public:
    Result<void> fetch(vm::UserCString from) {
        const Result<usize> n = from.fetch(bytes_);
        if (!n.ok()) return n.error() == Errno::kNAMETOOLONG ? Errno::kINVAL : n.error();
        view_ = std::string_view(bytes_.data(), n.value());
        return {};
    }
    std::string_view view() const { return view_; }

  private:
    std::array<char, 256> bytes_;
    std::string_view view_;
};

}  // namespace

Result<i64> sys_open_tree(Ctx& ctx, i32 dfd, vm::UserCString path, u32 flags) {
    constexpr u32 kKnown = abi::AT_EMPTY_PATH | abi::AT_NO_AUTOMOUNT | abi::AT_RECURSIVE | abi::AT_SYMLINK_NOFOLLOW |
                           abi::OPEN_TREE_CLONE | abi::OPEN_TREE_CLOEXEC;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    const bool clone = (flags & abi::OPEN_TREE_CLONE) != 0;
    const bool recursive = (flags & abi::AT_RECURSIVE) != 0;
    if (recursive && !clone) return Errno::kINVAL;
    if (clone && !may_mount(ctx)) return Errno::kPERM;
    u32 walk = (flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const fs::Path at = TRY(find_at(ctx, dfd, path, walk));
    Ref<object::File> file = clone ? TRY(fs::open_detached_copy(ctx.task.fs().space(), at, recursive))
                                   : TRY(fs::open_place(caller_of(ctx), at, {.flags = abi::O_PATH}));
    return install(ctx, std::move(file), (flags & abi::OPEN_TREE_CLOEXEC) != 0);
}

Result<i64> sys_move_mount(Ctx& ctx, i32 from_dfd, vm::UserCString from_path, i32 to_dfd, vm::UserCString to_path,
                           u32 flags) {
    if (!may_mount(ctx)) return Errno::kPERM;
    if ((flags & ~u32{abi::MOVE_MOUNT__MASK}) != 0) return Errno::kINVAL;
    u32 walk = (flags & abi::MOVE_MOUNT_F_SYMLINKS) != 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::MOVE_MOUNT_F_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const fs::Path from = TRY(find_at(ctx, from_dfd, from_path, walk));
    walk = (flags & abi::MOVE_MOUNT_T_SYMLINKS) != 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::MOVE_MOUNT_T_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const fs::Path to = TRY(find_at(ctx, to_dfd, to_path, walk));
    fs::MountNamespace& space = ctx.task.fs().space();
    if ((flags & abi::MOVE_MOUNT_SET_GROUP) != 0) {
        TRY(fs::set_group(space, from, to));
    } else {
        TRY(fs::move_mount(space, from, to));
    }
    return 0;
}

Result<i64> sys_fsopen(Ctx& ctx, vm::UserCString fs_name, u32 flags) {
    if (!may_mount(ctx)) return Errno::kPERM;
    if ((flags & ~u32{abi::FSOPEN_CLOEXEC}) != 0) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg name;
    if (const Result<void> r = name.fetch(fs_name); !r.ok())
        return r.error() == Errno::kNAMETOOLONG ? Errno::kINVAL : r.error();
    const fs::FilesystemType* type = fs::find_filesystem(name.view());
    if (type == nullptr) return Errno::kNODEV;
    return install(ctx, TRY(MountConfig::create(*type)), (flags & abi::FSOPEN_CLOEXEC) != 0);
}

Result<i64> sys_fspick(Ctx& ctx, i32 dfd, vm::UserCString path, u32 flags) {
    constexpr u32 kKnown =
        abi::FSPICK_CLOEXEC | abi::FSPICK_SYMLINK_NOFOLLOW | abi::FSPICK_NO_AUTOMOUNT | abi::FSPICK_EMPTY_PATH;
    if (!may_mount(ctx)) return Errno::kPERM;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    u32 walk = (flags & abi::FSPICK_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::FSPICK_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const fs::Path at = TRY(find_at(ctx, dfd, path, walk));
    if (at.dentry.get() != &at.mount->root()) return Errno::kINVAL;
    return install(ctx, TRY(MountConfig::pick(Ref<fs::Superblock>(at.mount->super()))),
                   (flags & abi::FSPICK_CLOEXEC) != 0);
}

namespace {
// No file system here takes binary values, paths or descriptors; that they are there is told first.
Result<void> check_unwanted(Ctx& ctx, i32 cmd, UserAddr value, i32 aux) {
    [[clang::uninitialized]] PathArg path;
    switch (cmd) {
        case abi::FSCONFIG_SET_PATH: return path.fetch_name(vm::UserCString(value));
        case abi::FSCONFIG_SET_PATH_EMPTY: return path.fetch(vm::UserCString(value));
        case abi::FSCONFIG_SET_FD: TRY(ctx.task.files().get_any(aux)); return {};
        default: break;
    }
    std::array<u8, 256> bytes;
    const usize size = static_cast<usize>(aux);
    for (usize done = 0; done < size; done += bytes.size())
        TRY(vm::UserSpan(value + done, size - done)
                .copy_in(std::span(bytes).first(std::min(bytes.size(), size - done))));
    return {};
}
}  // namespace

Result<i64> sys_fsconfig(Ctx& ctx, i32 fs_fd, i32 cmd, vm::UserCString key, UserAddr value, i32 aux) {
    if (fs_fd < 0) return Errno::kINVAL;
    TRY(check_arguments(cmd, static_cast<bool>(key), !value.is_null(), aux));
    const object::FileRef file = TRY(ctx.task.files().get(fs_fd));
    MountConfig* config = file->as<MountConfig>();
    if (config == nullptr) return Errno::kINVAL;
    ShortText name, text;
    if (key) TRY(name.fetch(key));
    switch (cmd) {
        case abi::FSCONFIG_SET_FLAG: TRY(config->set_flag(name.view())); return 0;
        case abi::FSCONFIG_SET_STRING:
            TRY(text.fetch(vm::UserCString(value)));
            TRY(config->set_string(name.view(), text.view()));
            return 0;
        case abi::FSCONFIG_CMD_CREATE: TRY(config->make(ctx.task)); return 0;
        case abi::FSCONFIG_CMD_RECONFIGURE: TRY(config->reconfigure()); return 0;
        default:
            TRY(check_unwanted(ctx, cmd, value, aux));
            TRY(config->set_other(name.view()));
            return 0;
    }
}

Result<i64> sys_fsmount(Ctx& ctx, i32 fs_fd, u32 flags, u32 ms_flags) {
    if (!may_mount(ctx)) return Errno::kPERM;
    if ((flags & ~u32{abi::FSMOUNT_CLOEXEC}) != 0 || (ms_flags & ~kAttrKnown) != 0) return Errno::kINVAL;
    const u64 mount_flags = flags_of(ms_flags) | TRY(atime_flags(ms_flags));
    const object::FileRef file = TRY(ctx.task.files().get(fs_fd));
    MountConfig* config = file->as<MountConfig>();
    if (config == nullptr) return Errno::kINVAL;
    Ref<fs::Mount> mount = TRY(config->mount(mount_flags));
    return install(ctx, TRY(fs::open_detached(std::move(mount))), (flags & abi::FSMOUNT_CLOEXEC) != 0);
}

Result<i64> sys_mount_setattr(Ctx& ctx, i32 dfd, vm::UserCString path, u32 flags, UserAddr uattr, usize usize_) {
    constexpr u32 kKnown = abi::AT_EMPTY_PATH | abi::AT_RECURSIVE | abi::AT_SYMLINK_NOFOLLOW | abi::AT_NO_AUTOMOUNT;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    if (usize_ > kPageSize) return Errno::k2BIG;
    if (usize_ < sizeof(abi::mount_attr)) return Errno::kINVAL;
    if (!may_mount(ctx)) return Errno::kPERM;
    const abi::mount_attr attr = TRY(fetch_versioned<abi::mount_attr>(uattr, usize_));
    if (attr.attr_set == 0 && attr.attr_clr == 0 && attr.propagation == 0) return 0;
    const fs::MountChange change = TRY(change_of(ctx, attr, (flags & abi::AT_RECURSIVE) != 0));
    u32 walk = (flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const fs::Path at = TRY(find_at(ctx, dfd, path, walk));
    TRY(fs::change_mounts(ctx.task.fs().space(), at, change));
    return 0;
}

}  // namespace linux_abi
