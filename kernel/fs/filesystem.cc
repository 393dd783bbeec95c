#include "fs/filesystem.h"

#include <algorithm>
#include <bit>

#include "abi/linux/mount.h"
#include "fs/cpio/unpack.h"
#include "fs/dentry_cache.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "fs/kernel_caller.h"
#include "fs/leases.h"
#include "fs/log_rights.h"
#include "fs/mount_tree.h"
#include "fs/procfs/procfs.h"
#include "fs/start.h"
#include "fs/sticky_rules.h"
#include "fs/sysfs/sysfs.h"
#include "fs/tmpfs/tmpfs.h"
#include "memory/reclaim.h"
#include "sched/thread.h"

namespace fs {
namespace {

[[clang::no_destroy]] constinit const object::Credentials kKernel;
[[clang::no_destroy]] constinit OptRef<FsContext> context;
constinit u64 memory_size = 0;  // pages
[[clang::no_destroy]] constinit OptRef<Superblock> root_super;

Result<Ref<Superblock>> mount_tmpfs(const MountRequest& request) {
    return tmpfs::TmpfsSuper::create("tmpfs", TRY(tmpfs::parse_options(request.data, memory_size)));
}
Result<Ref<Superblock>> mount_ramfs(const MountRequest& request) {
    tmpfs::Options o = TRY(tmpfs::parse_options(request.data, memory_size));
    o.most_pages = o.most_inodes = 0;
    o.mode = request.data.find("mode=") == std::string_view::npos ? 0755 : o.mode;
    return tmpfs::TmpfsSuper::create("ramfs", o);
}
Result<void> check_tmpfs_option(std::string_view option) {
    TRY(tmpfs::parse_options(option, memory_size));
    return {};
}
constinit FilesystemType tmpfs_type{.name = "tmpfs", .mount = mount_tmpfs, .check_option = check_tmpfs_option};
constinit FilesystemType ramfs_type{.name = "ramfs", .mount = mount_ramfs};

// A dentry and its inode take about half a kilobyte; a page is what reclaim counts in.
u64 shrink(u64 pages) { return shrink_dentries(pages * 8) / 8; }

Result<void> mount_root() {
    const tmpfs::Options options{.most_pages = memory_size, .mode = 0755, .shows_limits = false};
    Ref<Superblock> super = TRY(tmpfs::TmpfsSuper::create("rootfs", options));
    Ref<Mount> root = TRY(mount_superblock(super, "rootfs", abi::MS_RELATIME));
    root_super = std::move(super);
    set_initial_namespace(TRY(MountNamespace::create(std::move(root))));
    context = TRY(initial_context());
    return {};
}

}  // namespace

Caller kernel_caller() { return {sched::current(), kKernel}; }
FsContext& kernel_context() { return *context; }
void limit_root(u64 memory_pages) { static_cast<tmpfs::TmpfsSuper&>(*root_super).limit_to_half(memory_pages); }

Result<void> init(u64 memory_pages) {
    memory_size = memory_pages;
    const usize buckets = std::bit_floor(std::clamp<usize>(memory_pages / 8, 1024, 1 << 17));
    TRY(dentry_cache.init(buckets, std::max<usize>(memory_pages / 4, 512)));
    register_filesystem(tmpfs_type);
    register_filesystem(ramfs_type);
    TRY(mount_root());
    TRY(init_memory_files());
    TRY(init_huge_files());
    TRY(devtmpfs::init());
    TRY(procfs::init());
    TRY(sysfs::init());
    TRY(init_leases());
    TRY(init_sticky_rules());
    TRY(add_log_rights());
    TRY(init_mount_limit());
    memory::register_shrinker(shrink);
    return {};
}

Result<void> unpack_initrd(sched::Thread&, std::span<const u8> archive) { return cpio::unpack(archive); }

usize shrink_dentries(usize count) { return dentry_cache.shrink(count); }

}  // namespace fs
