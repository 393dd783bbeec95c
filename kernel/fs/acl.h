// Acl: a POSIX access control list: what named users and groups may do beside a file's three classes.
// Callers: inode.h (permission checks), acl_attributes (extended attributes, chmod, new files). Pure: no inodes in here.
// Locks, context: none; what shares a list sees to that.
// Source: IEEE 1003.1e draft 17, section 23; Linux 6.1, fs/posix_acl.c; abi/linux/xattr.h for the attribute's layout.
#pragma once

#include <span>

#include "abi/linux/xattr.h"
#include "base/result.h"
#include "base/vector.h"

namespace fs {

class Acl {
  public:
    // Of an attribute's value; without entries for a value that has none. EINVAL, EOPNOTSUPP (another version), ENOMEM.
    static Result<Acl> parse(std::span<const u8> value);
    Result<Acl> copy() const;
    bool empty() const { return entries_.empty(); }

    // EINVAL: entries are missing, are twice there, or stand in another order than Linux wants. Of lists that are not
    // empty; what stands below is for those that passed.
    Result<void> check() const;
    // The attribute's value: its size in bytes; `value` of 0 bytes asks for the size alone. ERANGE.
    Result<usize> store(std::span<u8> value) const;

    // May somebody other than the owner do `mask` (abi::R_OK, W_OK, X_OK)? `who` has fsuid and in_group(gid). `group` is
    // the file's.
    template <typename Who>
    bool grants(const Who& who, u32 group, u32 mask) const;

    // The three classes' bits, 0 to 0777: what stat shows.
    u32 mode() const;
    // No more than the mode says: there is no need to keep it.
    bool only_mode() const;
    // chmod.
    void set_mode(u32 mode);
    // A folder's list for what is made in it with `mode`: takes away what `mode` lacks. The new mode, 0 to 0777.
    u32 limit(u32 mode);

  private:
    using Entry = abi::posix_acl_xattr_entry;
    // A tag that is there once at most; null: not at all. E: Entry or const Entry.
    template <typename E>
    static E* find(std::span<E> entries, u32 tag) {
        for (E& e : entries) {
            if (e.e_tag == tag) return &e;
        }
        return nullptr;
    }
    // What the group's bits of the mode stand for.
    template <typename E>
    static E& group_class(std::span<E> entries) {
        E* const mask = find(entries, abi::ACL_MASK);
        return mask != nullptr ? *mask : *find(entries, abi::ACL_GROUP_OBJ);
    }
    Vector<Entry> entries_;
};

template <typename Who>
bool Acl::grants(const Who& who, u32 group, u32 mask) const {
    const Entry* const limit = find(entries_.span(), abi::ACL_MASK);
    const u32 most = limit != nullptr ? limit->e_perm : u32{7};
    bool in_some_group = false;
    for (const Entry& e : entries_) {
        const bool enough = (mask & ~u32{e.e_perm}) == 0;
        switch (e.e_tag) {
            case abi::ACL_USER:
                if (e.e_id == who.fsuid) return enough && (mask & ~most) == 0;
                break;
            case abi::ACL_GROUP_OBJ:
            case abi::ACL_GROUP:
                if (!who.in_group(e.e_tag == abi::ACL_GROUP ? e.e_id : group)) break;
                if (enough) return (mask & ~most) == 0;
                in_some_group = true;
                break;
            case abi::ACL_OTHER: return !in_some_group && enough;
            default: break;
        }
    }
    return false;
}

}  // namespace fs
