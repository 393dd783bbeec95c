// memfd_create(2): files of a tmpfs that nobody has mounted.
#include "abi/linux/mount.h"
#include "fs/operations.h"
#include "fs/start.h"
#include "fs/tmpfs/tmpfs.h"

namespace fs {
namespace {

[[clang::no_destroy]] constinit OptRef<Mount> memory_mount;

}  // namespace

Result<void> init_memory_files() {
    Ref<Superblock> super = TRY(tmpfs::TmpfsSuper::create("tmpfs", {}));
    memory_mount = TRY(mount_superblock(std::move(super), "none", abi::MS_RELATIME));
    return {};
}

Result<Ref<object::File>> create_memory_file(const Caller& caller, std::string_view name, u32 seals) {
    tmpfs::TmpfsSuper& super = static_cast<tmpfs::TmpfsSuper&>(memory_mount->super());
    Ref<Inode> inode = TRY(tmpfs::make_file(super, abi::S_IFREG | 0777, seals));
    inode->set_links(0);
    inode->set_owner(caller.credentials.fsuid, caller.credentials.fsgid);
    Ref<Dentry> dentry = TRY(Dentry::create_unnamed(std::move(inode), name));
    return open_place(caller, Path{memory_mount.ref(), std::move(dentry)}, {.flags = abi::O_RDWR | abi::O_LARGEFILE});
}

}  // namespace fs
