#include "process/exec_credentials.h"

#include "abi/linux/mount.h"
#include "abi/linux/stat.h"
#include "abi/linux/xattr.h"
#include "fs/path.h"
#include "process/file_capabilities.h"
#include "process/trace.h"

namespace process {

namespace {

using object::CapabilitySet;

// What the file itself gives.
struct FileRights {
    bool set_uid = false, set_gid = false;
    u32 uid = 0, gid = 0;
    bool has_capabilities = false;
    FileCapabilities capabilities;
};

// Linux: get_file_caps(). What cannot be understood counts as not there.
void find_capabilities(fs::Inode& inode, FileRights& rights) {
    if (!inode.has_xattr()) return;
    std::array<u8, kMostCapabilityBytes> bytes;
    inode.lock.lock_shared();
    const Result<usize> size = inode.get_xattr(abi::XATTR_NAME_CAPS, bytes);
    inode.lock.unlock_shared();
    if (!size.ok()) return;
    const Result<FileCapabilities> found = decode_capabilities(std::span<const u8>(bytes).first(size.value()));
    if (!found.ok() || found.value().root != 0) return;
    rights.capabilities = found.value();
    rights.has_capabilities = true;
}

FileRights rights_of(const object::File& file, const object::Credentials& caller) {
    FileRights rights;
    fs::Inode* inode = fs::inode_of(file);
    const fs::Mount* mount = file.place().mount;
    if (inode == nullptr || mount == nullptr || (mount->flags() & static_cast<u64>(abi::MS_NOSUID)) != 0) return rights;
    find_capabilities(*inode, rights);
    if (caller.no_new_privs) return rights;
    const u32 mode = inode->mode();
    rights.set_uid = (mode & abi::S_ISUID) != 0;
    // Without group execution S_ISGID means mandatory locking.
    rights.set_gid = (mode & abi::S_ISGID) != 0 && (mode & abi::S_IXGRP) != 0;
    rights.uid = inode->uid();
    rights.gid = inode->gid();
    return rights;
}

struct Gained {
    CapabilitySet permitted;  // before ambient ones
    bool effective = false;
};

// Linux: bprm_caps_from_vfs_caps(), handle_privileged_root(). EPERM: the file wants more than may be had.
Result<Gained> capabilities_from(const FileRights& rights, const object::Credentials& c) {
    constexpr u32 kNoRoot = 1;  // SECBIT_NOROOT
    Gained g;
    if (rights.has_capabilities) {
        const FileCapabilities& f = rights.capabilities;
        g.permitted = (c.bounding & f.permitted) | (c.inheritable & f.inheritable);
        g.effective = f.effective;
        if (g.effective && !f.permitted.subset_of(g.permitted)) return Errno::kPERM;
    }
    if ((c.securebits & kNoRoot) != 0) return g;
    // A set-user-ID root program with capabilities of its own has these alone, unless root runs it.
    if (rights.has_capabilities && c.uid != 0 && c.euid == 0) return g;
    if (c.euid == 0 || c.uid == 0) g.permitted = c.bounding | c.inheritable;
    if (c.euid == 0) g.effective = true;
    return g;
}

bool nothing_changes(const object::Credentials& c, const FileRights& rights) {
    if (rights.set_uid || rights.set_gid || rights.has_capabilities || c.suid != c.euid || c.fsuid != c.euid ||
        c.sgid != c.egid || c.fsgid != c.egid) {
        return false;
    }
    // Root with all it may have, or a plain user with nothing.
    if (c.uid == 0 && c.euid == 0)
        return c.securebits == 0 && c.permitted == (c.bounding | c.inheritable) && c.effective == c.permitted;
    return c.uid != 0 && c.euid != 0 && c.permitted == CapabilitySet{} && c.ambient == CapabilitySet{};
}

}  // namespace

// Linux: cap_bprm_creds_from_file().
Result<ExecCredentials> credentials_for_exec(const Task& self, const object::File& file) {
    const object::Credentials& old = self.credentials();
    const FileRights rights = rights_of(file, old);
    const bool foreign = old.euid != old.uid || old.egid != old.gid;
    if (nothing_changes(old, rights)) return ExecCredentials{self.credentials_of().take(), foreign};

    Ref<object::Credentials> fresh = TRY(old.copy());
    if (rights.set_uid) fresh->euid = rights.uid;
    if (rights.set_gid) fresh->egid = rights.gid;
    Gained gained = TRY(capabilities_from(rights, *fresh));
    const bool set_id = fresh->euid != old.uid || fresh->egid != old.gid;
    // A tracer without the right to could take the new rights over; NO_NEW_PRIVS forbids them as well.
    const bool unsafe = old.no_new_privs || (is_traced(self) && !self.tracing.tracer_is_capable);
    if (unsafe && (set_id || !gained.permitted.subset_of(old.permitted))) {
        if (old.no_new_privs || !old.capable(abi::CAP_SETUID)) fresh->euid = fresh->uid, fresh->egid = fresh->gid;
        gained.permitted = gained.permitted & old.permitted;
    }
    fresh->suid = fresh->fsuid = fresh->euid;
    fresh->sgid = fresh->fsgid = fresh->egid;
    if (rights.has_capabilities || set_id) fresh->ambient = {};
    fresh->permitted = gained.permitted | fresh->ambient;
    fresh->effective = gained.effective ? fresh->permitted : fresh->ambient;
    const bool grew = !fresh->permitted.subset_of(fresh->ambient);
    const bool secure = set_id || (fresh->uid != 0 && (gained.effective || grew));
    return ExecCredentials{std::move(fresh), secure};
}

}  // namespace process
