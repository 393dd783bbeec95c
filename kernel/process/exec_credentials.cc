#include "process/exec_credentials.h"

#include "abi/linux/mount.h"
#include "abi/linux/stat.h"
#include "fs/path.h"
#include "process/trace.h"

namespace process {

namespace {

using object::CapabilitySet;

struct FileIds {
    bool set_uid = false, set_gid = false;
    u32 uid = 0, gid = 0;
};

FileIds ids_of(const object::File& file, const object::Credentials& caller) {
    FileIds ids;
    const fs::Inode* inode = fs::inode_of(file);
    if (inode == nullptr || caller.no_new_privs) return ids;
    const fs::Mount* mount = file.place().mount;
    if (mount == nullptr || (mount->flags() & static_cast<u64>(abi::MS_NOSUID)) != 0) return ids;
    const u32 mode = inode->mode();
    ids.set_uid = (mode & abi::S_ISUID) != 0;
    // Without group execution S_ISGID means mandatory locking.
    ids.set_gid = (mode & abi::S_ISGID) != 0 && (mode & abi::S_IXGRP) != 0;
    ids.uid = inode->uid();
    ids.gid = inode->gid();
    return ids;
}

// Linux: cap_bprm_creds_from_file(), for files without capabilities of their own.
void set_capabilities(object::Credentials& c, bool ids_changed) {
    constexpr u32 kNoRoot = 1;  // SECBIT_NOROOT
    if (ids_changed) c.ambient = {};
    CapabilitySet from_file{}, inheritable_file{};
    const bool root_magic = (c.securebits & kNoRoot) == 0;
    if (root_magic && (c.euid == 0 || c.uid == 0)) {
        from_file = c.bounding;
        inheritable_file = CapabilitySet::all();
    }
    c.permitted = (from_file & c.bounding) | (c.inheritable & inheritable_file) | c.ambient;
    c.effective = root_magic && c.euid == 0 ? c.permitted : c.ambient;
}

bool nothing_changes(const object::Credentials& c, const FileIds& ids) {
    if (ids.set_uid || ids.set_gid || c.suid != c.euid || c.fsuid != c.euid || c.sgid != c.egid || c.fsgid != c.egid) {
        return false;
    }
    // Root with all it may have, or a plain user with nothing.
    if (c.uid == 0 && c.euid == 0)
        return c.securebits == 0 && c.permitted == (c.bounding | c.inheritable) && c.effective == c.permitted;
    return c.uid != 0 && c.euid != 0 && c.permitted == CapabilitySet{} && c.ambient == CapabilitySet{};
}

}  // namespace

Result<ExecCredentials> credentials_for_exec(const Task& self, const object::File& file) {
    const object::Credentials& old = self.credentials();
    FileIds ids = ids_of(file, old);
    // A tracer without the right to could take the new rights over.
    if (is_traced(self) && !self.tracing.tracer_is_capable) ids = {};
    const bool foreign = old.euid != old.uid || old.egid != old.gid;
    if (nothing_changes(old, ids)) return ExecCredentials{self.credentials_of().take(), foreign};

    Ref<object::Credentials> fresh = TRY(old.copy());
    if (ids.set_uid) fresh->euid = ids.uid;
    if (ids.set_gid) fresh->egid = ids.gid;
    fresh->suid = fresh->fsuid = fresh->euid;
    fresh->sgid = fresh->fsgid = fresh->egid;
    const bool ids_changed = fresh->euid != old.euid || fresh->egid != old.egid;
    set_capabilities(*fresh, ids_changed);
    const bool secure = fresh->euid != fresh->uid || fresh->egid != fresh->gid ||
                        (fresh->uid != 0 && !(fresh->effective == CapabilitySet{}));
    return ExecCredentials{std::move(fresh), secure};
}

}  // namespace process
