// Extended attributes.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{xattr,limits,posix_acl,posix_acl_xattr}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr char XATTR_NAME_CAPS[] = "security.capability";

inline constexpr char XATTR_NAME_POSIX_ACL_ACCESS[] = "system.posix_acl_access";
inline constexpr char XATTR_NAME_POSIX_ACL_DEFAULT[] = "system.posix_acl_default";

inline constexpr int XATTR_CREATE = 0x1;
inline constexpr int XATTR_REPLACE = 0x2;
inline constexpr int XATTR_NAME_MAX = 255;
inline constexpr int XATTR_SIZE_MAX = 65536;
inline constexpr int XATTR_LIST_MAX = 65536;

// The value of an access control list's attribute: a header, then entries.
inline constexpr u32 POSIX_ACL_XATTR_VERSION = 0x0002;
struct posix_acl_xattr_header {
    u32 a_version;
};
struct posix_acl_xattr_entry {
    u16 e_tag;
    u16 e_perm;
    u32 e_id;
};
static_assert(sizeof(posix_acl_xattr_entry) == 8);
inline constexpr u16 ACL_USER_OBJ = 0x01;
inline constexpr u16 ACL_USER = 0x02;
inline constexpr u16 ACL_GROUP_OBJ = 0x04;
inline constexpr u16 ACL_GROUP = 0x08;
inline constexpr u16 ACL_MASK = 0x10;
inline constexpr u16 ACL_OTHER = 0x20;
inline constexpr u32 ACL_UNDEFINED_ID = ~0u;

}  // namespace abi
