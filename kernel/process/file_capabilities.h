// Capabilities of a file: the extended attribute security.capability (capabilities(7)). Pure.
// Callers: process (exec), linux (xattr calls).
// Locks, context: none; values only. Source: Linux 6.1 include/uapi/linux/capability.h, security/commoncap.c.
#pragma once

#include <span>

#include "base/result.h"
#include "object/credentials.h"

namespace process {

inline constexpr usize kMostCapabilityBytes = 24;

struct FileCapabilities {
    bool effective = false;
    object::CapabilitySet permitted, inheritable;
    u32 root = 0;  // of which user namespace's root
    u32 revision = 0;
};
// EINVAL.
Result<FileCapabilities> decode_capabilities(std::span<const u8> bytes);
// Whether setxattr takes the value (revisions 2 and 3 alone).
bool settable_capabilities(std::span<const u8> bytes);

}  // namespace process
