#include "fs/devtmpfs/devtmpfs.h"

#include "fs/kernel_caller.h"
#include "fs/operations.h"
#include "fs/start.h"
#include "fs/tmpfs/tmpfs.h"

namespace fs::devtmpfs {
namespace {

[[clang::no_destroy]] constinit OptRef<Mount> internal;  // keeps the tree alive, whoever mounts it

Result<Ref<Superblock>> mount_devtmpfs(const MountRequest&) { return Ref<Superblock>(internal->super()); }
constinit FilesystemType type{.name = "devtmpfs", .mount = mount_devtmpfs};

Path root() { return Path{internal.ref(), Ref<Dentry>(internal->root())}; }

// fn(ctx) with paths relative to the tree's root.
template <typename Fn>
Result<void> in_tree(Fn fn) {
    const Path start = root();
    const WalkCtx ctx{kernel_context(), kernel_caller(), &start};
    return fn(ctx);
}

Result<void> make_folders(const WalkCtx& ctx, std::string_view name) {
    for (usize slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
        Result<void> r = mkdir(ctx, name.substr(0, slash), 0755);
        if (!r.ok() && r.error() != Errno::kEXIST) return r;
    }
    return {};
}

// Past the umask.
Result<void> set_mode(const WalkCtx& ctx, std::string_view name, u32 mode) {
    const Path path = TRY(walk(ctx, name, 0));
    return path.inode().set_attributes({.what = AttributeChange::kMode, .mode = mode});
}

}  // namespace

Result<void> init() {
    Ref<Superblock> super = TRY(tmpfs::TmpfsSuper::create("devtmpfs", {.mode = 0755}));
    internal = TRY(mount_superblock(std::move(super), "devtmpfs", 0));
    register_filesystem(type);
    TRY(add_directory("pts", 0755));
    TRY(add_directory("shm", 01777));
    TRY(add_link("fd", "/proc/self/fd"));
    TRY(add_link("stdin", "/proc/self/fd/0"));
    TRY(add_link("stdout", "/proc/self/fd/1"));
    return add_link("stderr", "/proc/self/fd/2");
}

Result<void> add_node(std::string_view name, u32 mode, object::DeviceNumber number, DeviceKind kind) {
    return in_tree([&](const WalkCtx& ctx) -> Result<void> {
        TRY(make_folders(ctx, name));
        const u32 node_type = kind == DeviceKind::kBlock ? abi::S_IFBLK : abi::S_IFCHR;
        TRY(mknod(ctx, name, node_type | mode, number));
        return set_mode(ctx, name, mode);
    });
}

Result<void> add(std::string_view name, u32 mode, u32 major, u32 minor, DeviceOpener opener, void* context,
                 DeviceKind kind) {
    TRY(register_device(kind, {major, minor}, 1, name, opener, context));
    return add_node(name, mode, {major, minor}, kind);
}

Result<void> add_link(std::string_view name, std::string_view target) {
    return in_tree([&](const WalkCtx& ctx) -> Result<void> {
        TRY(make_folders(ctx, name));
        return symlink(ctx, target, name);
    });
}

Result<void> add_directory(std::string_view name, u32 mode) {
    return in_tree([&](const WalkCtx& ctx) -> Result<void> {
        TRY(make_folders(ctx, name));
        TRY(mkdir(ctx, name, mode));
        return set_mode(ctx, name, mode);
    });
}

void remove(std::string_view name) {
    (void)in_tree([&](const WalkCtx& ctx) { return unlink(ctx, name); });
}

}  // namespace fs::devtmpfs
