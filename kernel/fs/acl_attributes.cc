#include "fs/acl_attributes.h"

namespace fs {
namespace {

const Acl* acl_of(const Inode& inode, AclKind kind) {
    const AccessLists* const lists = inode.access_lists();
    if (lists == nullptr) return nullptr;
    const Acl& acl = kind == AclKind::kAccess ? lists->access : lists->inherited;
    return acl.empty() ? nullptr : &acl;
}

// The inode's lists with one of them changed, for set_access_lists(); null when none is left.
Result<Own<AccessLists>> replaced(const Inode& inode, AclKind kind, Acl acl) {
    const AclKind other = kind == AclKind::kAccess ? AclKind::kDefault : AclKind::kAccess;
    const Acl* const kept = acl_of(inode, other);
    if (acl.empty() && kept == nullptr) return Own<AccessLists>();
    Own<AccessLists> fresh = TRY(make_own<AccessLists>());
    Acl kept_copy;
    if (kept != nullptr) kept_copy = TRY(kept->copy());
    const bool access = kind == AclKind::kAccess;
    fresh->access = std::move(access ? acl : kept_copy);
    fresh->inherited = std::move(access ? kept_copy : acl);
    return fresh;
}

bool may_have(const Inode& inode) { return inode.super().has_acls() && !inode.is_symlink(); }

}  // namespace

std::optional<AclKind> acl_kind(std::string_view name) {
    if (name == abi::XATTR_NAME_POSIX_ACL_ACCESS) return AclKind::kAccess;
    if (name == abi::XATTR_NAME_POSIX_ACL_DEFAULT) return AclKind::kDefault;
    return {};
}

Result<usize> get_acl(const Inode& inode, AclKind kind, std::span<u8> value) {
    if (!may_have(inode)) return Errno::kOPNOTSUPP;
    const Acl* const acl = acl_of(inode, kind);
    if (acl == nullptr) return Errno::kNODATA;
    return acl->store(value);
}

Result<void> set_acl(Inode& inode, const object::Credentials& credentials, AclKind kind, std::span<const u8> value) {
    Acl acl = TRY(Acl::parse(value));
    if (!may_have(inode)) return Errno::kOPNOTSUPP;
    if (kind == AclKind::kDefault && !inode.is_directory()) return acl.empty() ? Result<void>() : Errno::kACCES;
    if (!owner_or_capable(inode, credentials)) return Errno::kPERM;
    u32 mode = inode.mode();
    if (!acl.empty()) TRY(acl.check());
    if (kind == AclKind::kAccess) {
        if (!acl.empty()) {
            mode = (mode & ~0777u) | acl.mode();
            if (acl.only_mode()) acl = Acl();
        }
        if (!credentials.in_group(inode.gid()) && !credentials.capable(abi::CAP_FSETID)) mode &= ~u32{abi::S_ISGID};
    }
    Own<AccessLists> fresh = TRY(replaced(inode, kind, std::move(acl)));
    // Lists first: whoever looks in between is never allowed more than both say.
    inode.set_access_lists(std::move(fresh));
    inode.set_mode(mode);
    inode.touch_changed();
    return {};
}

void list_acls(const Inode& inode, base::FormatSink sink) {
    const auto show = [&](AclKind kind, std::string_view name) {
        if (acl_of(inode, kind) == nullptr) return;
        sink.write(sink.self, name);
        sink.write(sink.self, std::string_view("\0", 1));
    };
    show(AclKind::kAccess, abi::XATTR_NAME_POSIX_ACL_ACCESS);
    show(AclKind::kDefault, abi::XATTR_NAME_POSIX_ACL_DEFAULT);
}

Result<void> set_acl_mode(Inode& inode, u32 mode) {
    const Acl* const old = acl_of(inode, AclKind::kAccess);
    if (old == nullptr) return {};
    Acl acl = TRY(old->copy());
    acl.set_mode(mode);
    inode.set_access_lists(TRY(replaced(inode, AclKind::kAccess, std::move(acl))));
    return {};
}

u32 creation_mode(const Inode& folder, u32 mode, u32 umask) {
    return acl_of(folder, AclKind::kDefault) != nullptr ? mode : mode & ~umask;
}

Result<void> inherit_acl(const Inode& folder, Inode& fresh) {
    const Acl* const standard = acl_of(folder, AclKind::kDefault);
    if (standard == nullptr || fresh.is_symlink()) return {};
    Own<AccessLists> lists = TRY(make_own<AccessLists>());
    lists->access = TRY(standard->copy());
    const u32 permissions = lists->access.limit(fresh.mode());
    if (lists->access.only_mode()) lists->access = Acl();
    if (fresh.is_directory()) lists->inherited = TRY(standard->copy());
    if (lists->access.empty() && lists->inherited.empty()) lists.reset();
    fresh.set_mode((fresh.mode() & ~0777u) | permissions);
    fresh.set_access_lists(std::move(lists));
    return {};
}

}  // namespace fs
