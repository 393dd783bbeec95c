// Access control lists of inodes: as extended attributes, at chmod, and what new files get from their folder.
// Callers: linux (xattr calls), attributes.cc, names.cc, open.cc; file systems that keep lists (tmpfs).
// Locks, context: all but acl_kind() with the inode's `lock` (get, list: shared), inherit_acl() with the folder's.
// Source: Linux 6.1, fs/posix_acl.c.
#pragma once

#include <optional>

#include "fs/inode.h"

namespace fs {

enum class AclKind : u8 { kAccess, kDefault };
// Of an attribute's name; nothing: it is no list.
std::optional<AclKind> acl_kind(std::string_view name);

// The attribute's value and its size in bytes; an empty span asks for the size. EOPNOTSUPP, ENODATA, ERANGE.
Result<usize> get_acl(const Inode& inode, AclKind kind, std::span<u8> value);
// An empty value takes the list away. An access list also sets the mode, and is not kept if that says it all. EINVAL,
// EOPNOTSUPP, EACCES (a default list of what is no folder), EPERM, ENOMEM.
Result<void> set_acl(Inode& inode, const object::Credentials& credentials, AclKind kind, std::span<const u8> value);
// The attributes' names, each with a NUL.
void list_acls(const Inode& inode, base::FormatSink sink);

// chmod changes the access list too. ENOMEM: nothing has changed.
Result<void> set_acl_mode(Inode& inode, u32 mode);

// The mode of what is made in `folder`: the umask counts only where no default list does.
u32 creation_mode(const Inode& folder, u32 mode, u32 umask);
// Gives `fresh`, which nobody else sees yet, what its folder's default list says; also changes its mode. ENOMEM.
Result<void> inherit_acl(const Inode& folder, Inode& fresh);

}  // namespace fs
