// Extended attributes.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{xattr,limits}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr char XATTR_NAME_CAPS[] = "security.capability";

inline constexpr int XATTR_CREATE = 0x1;
inline constexpr int XATTR_REPLACE = 0x2;
inline constexpr int XATTR_NAME_MAX = 255;
inline constexpr int XATTR_SIZE_MAX = 65536;
inline constexpr int XATTR_LIST_MAX = 65536;

}  // namespace abi
