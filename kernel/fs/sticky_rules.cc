#include "fs/sticky_rules.h"

namespace fs {

Result<void> may_follow_link(const Inode& link, const Inode& directory, const object::Credentials& credentials) {
    if (protected_symlinks.get() == 0) [[likely]]
        return {};
    constexpr u32 kOpenToAll = abi::S_ISVTX | 0002;
    if (credentials.fsuid == link.uid() || (directory.mode() & kOpenToAll) != kOpenToAll) return {};
    if (directory.uid() == link.uid()) return {};
    return Errno::kACCES;
}

Result<void> may_link_to(const Inode& inode, const object::Credentials& credentials) {
    if (protected_hardlinks.get() == 0) [[likely]]
        return {};
    const u32 mode = inode.mode();
    const bool set_gid = (mode & (abi::S_ISGID | 010)) == (abi::S_ISGID | 010);
    const bool harmless = inode.is_regular() && (mode & abi::S_ISUID) == 0 && !set_gid &&
                          check_permission(inode, credentials, abi::R_OK | abi::W_OK).ok();
    return harmless || owner_or_capable(inode, credentials) ? Result<void>() : Result<void>(Errno::kPERM);
}

Result<void> may_open_in_sticky(const Inode& inode, const Inode& directory, const object::Credentials& credentials) {
    const bool fifo = inode.type() == abi::S_IFIFO;
    if (!fifo && !inode.is_regular()) return {};
    const u64 level = fifo ? protected_fifos.get() : protected_regular.get();
    if (level == 0) [[likely]]
        return {};
    const u32 mode = directory.mode();
    if ((mode & abi::S_ISVTX) == 0 || inode.uid() == directory.uid() || inode.uid() == credentials.fsuid) return {};
    const bool open_to_others = (mode & 0002) != 0 || ((mode & 0020) != 0 && level >= 2);
    return open_to_others ? Result<void>(Errno::kACCES) : Result<void>();
}

Result<void> init_sticky_rules() {
    TRY(procfs::add_setting<protected_symlinks>("sys/fs/protected_symlinks"));
    TRY(procfs::add_setting<protected_hardlinks>("sys/fs/protected_hardlinks"));
    TRY(procfs::add_setting<protected_fifos>("sys/fs/protected_fifos"));
    return procfs::add_setting<protected_regular>("sys/fs/protected_regular");
}

}  // namespace fs
