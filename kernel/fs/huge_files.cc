// hugetlbfs, and its nameless files: memfd_create(MFD_HUGETLB), mmap(MAP_HUGETLB).
#include "abi/linux/mount.h"
#include "fs/operations.h"
#include "fs/start.h"
#include "fs/tmpfs/tmpfs.h"

namespace fs {
namespace {

[[clang::no_destroy]] constinit OptRef<Mount> huge_mount;

tmpfs::Options defaults() {
    return {.mode = 0755, .shows_limits = false, .has_xattrs = false, .block_size = vm::kHugeSize, .huge = true};
}

// mode=, uid=, gid=, nr_inodes= as tmpfs; pagesize= of the one size there is. A mount has no pages of its own: size= and
// min_size= are refused.
Result<tmpfs::Options> parse_options(std::string_view text) {
    tmpfs::Options o = defaults();
    while (!text.empty()) {
        const usize comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        if (word.empty() || word == "pagesize=2M" || word == "pagesize=2048K" || word == "pagesize=2097152") continue;
        const std::string_view key = word.substr(0, word.find('='));
        if (key != "mode" && key != "uid" && key != "gid" && key != "nr_inodes") return Errno::kINVAL;
        const tmpfs::Options one = TRY(tmpfs::parse_options(word, 0));
        if (key == "mode") o.mode = one.mode & 01777;
        if (key == "uid") o.uid = one.uid;
        if (key == "gid") o.gid = one.gid;
        if (key == "nr_inodes") o.most_inodes = one.most_inodes;
    }
    return o;
}

constinit FilesystemType type{.name = "hugetlbfs", .mount = [](const MountRequest& request) -> Result<Ref<Superblock>> {
                                  return tmpfs::TmpfsSuper::create("hugetlbfs", TRY(parse_options(request.data)));
                              }};

}  // namespace

Result<void> init_huge_files() {
    register_filesystem(type);
    Ref<Superblock> super = TRY(tmpfs::TmpfsSuper::create("hugetlbfs", defaults()));
    huge_mount = TRY(mount_superblock(std::move(super), "none", abi::MS_RELATIME));
    return {};
}

Result<Ref<object::File>> create_huge_file(const Caller& caller, std::string_view name, u64 size, u32 seals) {
    tmpfs::TmpfsSuper& super = static_cast<tmpfs::TmpfsSuper&>(huge_mount->super());
    Ref<Inode> inode = TRY(tmpfs::make_huge_file(super, abi::S_IFREG | 0777, size, seals));
    inode->set_links(0);
    inode->set_owner(caller.credentials.fsuid, caller.credentials.fsgid);
    Ref<Dentry> dentry = TRY(Dentry::create_unnamed(std::move(inode), name));
    return open_place(caller, Path{huge_mount.ref(), std::move(dentry)}, {.flags = abi::O_RDWR | abi::O_LARGEFILE});
}

}  // namespace fs
