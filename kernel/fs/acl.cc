#include "fs/acl.h"

#include <utility>

#include "base/bytes.h"

namespace fs {

Result<Acl> Acl::parse(std::span<const u8> value) {
    Acl acl;
    if (value.empty()) return acl;
    const auto header = TRY(base::read_at<abi::posix_acl_xattr_header>(value, 0));
    if (header.a_version != abi::POSIX_ACL_XATTR_VERSION) return Errno::kOPNOTSUPP;
    value = value.subspan(sizeof header);
    if (value.size() % sizeof(Entry) != 0) return Errno::kINVAL;
    TRY(acl.entries_.try_reserve(value.size() / sizeof(Entry)));
    for (usize at = 0; at < value.size(); at += sizeof(Entry)) {
        Entry e = TRY(base::read_at<Entry>(value, at));
        switch (e.e_tag) {
            case abi::ACL_USER:
            case abi::ACL_GROUP:
                if (e.e_id == abi::ACL_UNDEFINED_ID) return Errno::kINVAL;
                break;
            case abi::ACL_USER_OBJ:
            case abi::ACL_GROUP_OBJ:
            case abi::ACL_MASK:
            case abi::ACL_OTHER: e.e_id = abi::ACL_UNDEFINED_ID; break;
            default: return Errno::kINVAL;
        }
        acl.entries_.push_reserved(e);
    }
    return acl;
}

Result<Acl> Acl::copy() const {
    Acl acl;
    TRY(acl.entries_.try_reserve(entries_.size()));
    for (const Entry& e : entries_) acl.entries_.push_reserved(e);
    return acl;
}

// Linux: posix_acl_valid.
Result<void> Acl::check() const {
    enum Next { kOwner, kUsers, kGroups, kOther, kDone } next = kOwner;
    const auto step = [&next](Next here, Next then) { return std::exchange(next, then) == here; };
    bool needs_mask = false;
    for (const Entry& e : entries_) {
        bool fits = (e.e_perm & ~7) == 0;
        switch (e.e_tag) {
            case abi::ACL_USER_OBJ: fits &= step(kOwner, kUsers); break;
            case abi::ACL_USER:
                fits &= step(kUsers, kUsers);
                needs_mask = true;
                break;
            case abi::ACL_GROUP_OBJ: fits &= step(kUsers, kGroups); break;
            case abi::ACL_GROUP:
                fits &= step(kGroups, kGroups);
                needs_mask = true;
                break;
            case abi::ACL_MASK: fits &= step(kGroups, kOther); break;
            default: fits &= step(needs_mask || next == kOther ? kOther : kGroups, kDone);
        }
        if (!fits) return Errno::kINVAL;
    }
    return next == kDone ? Result<void>() : Errno::kINVAL;
}

Result<usize> Acl::store(std::span<u8> value) const {
    const abi::posix_acl_xattr_header header{.a_version = abi::POSIX_ACL_XATTR_VERSION};
    const usize size = sizeof header + entries_.size() * sizeof(Entry);
    if (value.empty()) return size;
    if (value.size() < size) return Errno::kRANGE;
    base::copy(value, base::bytes_of(header));
    for (usize i = 0; i < entries_.size(); i++)
        base::copy(value.subspan(sizeof header + i * sizeof(Entry)), base::bytes_of(entries_[i]));
    return size;
}

u32 Acl::mode() const {
    const std::span<const Entry> all = entries_.span();
    return u32{find(all, abi::ACL_USER_OBJ)->e_perm} << 6 | u32{group_class(all).e_perm} << 3 |
           u32{find(all, abi::ACL_OTHER)->e_perm};
}

// Of a user or group that is named there is none without a mask.
bool Acl::only_mode() const { return find(entries_.span(), abi::ACL_MASK) == nullptr; }

void Acl::set_mode(u32 mode) {
    const std::span<Entry> all = entries_.span();
    find(all, abi::ACL_USER_OBJ)->e_perm = mode >> 6 & 7;
    group_class(all).e_perm = mode >> 3 & 7;
    find(all, abi::ACL_OTHER)->e_perm = mode & 7;
}

u32 Acl::limit(u32 mode) {
    set_mode(this->mode() & mode);
    return this->mode();
}

}  // namespace fs
