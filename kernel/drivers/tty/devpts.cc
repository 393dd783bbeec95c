#include "drivers/tty/devpts.h"

#include "base/string.h"
#include "drivers/tty/tty.h"
#include "fs/kernel_caller.h"
#include "fs/mount.h"
#include "fs/operations.h"
#include "fs/tmpfs/tmpfs.h"

namespace drivers::tty::devpts {
namespace {

constexpr u32 kTtyGroup = 5;
[[clang::no_destroy]] constinit OptRef<fs::Mount> g_tree;  // keeps it alive

Result<Ref<fs::Superblock>> mount(const fs::MountRequest&) { return Ref<fs::Superblock>(g_tree->super()); }
constinit fs::FilesystemType g_type{.name = "devpts", .mount = mount};

template <typename Fn>
Result<void> in_tree(Fn fn) {
    const fs::Path start{g_tree.ref(), Ref<fs::Dentry>(g_tree->root())};
    const fs::WalkCtx ctx{fs::kernel_context(), fs::kernel_caller(), &start};
    return fn(ctx);
}

}  // namespace

Result<void> init() {
    auto super = TRY(fs::tmpfs::TmpfsSuper::create(
        "devpts", {.mode = 0755, .shows_limits = false, .has_xattrs = false, .block_size = 1024}));
    g_tree = TRY(fs::mount_superblock(std::move(super), "devpts", 0));
    fs::register_filesystem(g_type);
    return in_tree([](const fs::WalkCtx& ctx) -> Result<void> {
        TRY(fs::mknod(ctx, "ptmx", abi::S_IFCHR | 0666, {kAuxMajor, kPtmxMinor}));
        const fs::Path path = TRY(fs::walk(ctx, "ptmx", 0));
        return path.inode().set_attributes({.what = fs::AttributeChange::kMode, .mode = 0666});
    });
}

Result<void> add(u32 index, object::DeviceNumber number, u32 uid) {
    FixedString<16> name;
    base::format_to(name, "{}", index);
    return in_tree([&](const fs::WalkCtx& ctx) -> Result<void> {
        TRY(fs::mknod(ctx, name.view(), abi::S_IFCHR | 0620, number));
        const fs::Path path = TRY(fs::walk(ctx, name.view(), 0));
        using fs::AttributeChange;
        return path.inode().set_attributes(
            {.what = AttributeChange::kMode | AttributeChange::kUid | AttributeChange::kGid,
             .mode = 0620,
             .uid = uid,
             .gid = kTtyGroup});
    });
}

void remove(u32 index) {
    FixedString<16> name;
    base::format_to(name, "{}", index);
    (void)in_tree([&](const fs::WalkCtx& ctx) { return fs::unlink(ctx, name.view()); });
}

}  // namespace drivers::tty::devpts
