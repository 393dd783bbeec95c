// Attributes: what stat(2) tells about a file, in Linnet's own terms.
// Callers: object and up; linux/ encodes it as struct stat and struct statx.
// Locks, context: none; values only.
#pragma once

#include "base/types.h"

namespace object {

// Linux's dev_t: 12 bits major, 20 bits minor.
struct DeviceNumber {
    u32 major = 0;
    u32 minor = 0;
    constexpr bool operator==(const DeviceNumber&) const = default;
    // The 64-bit form of struct stat (new_encode_dev; glibc's makedev for numbers of this size).
    constexpr u64 encode() const { return (minor & 0xff) | (u64{major} << 8) | (u64{minor & ~0xffu} << 12); }
    // As mknod(2) takes it.
    static constexpr DeviceNumber decode(u64 v) {
        return {static_cast<u32>((v >> 8) & 0xfff), static_cast<u32>((v & 0xff) | ((v >> 12) & 0xfff00))};
    }
};

struct Attributes {
    DeviceNumber device;   // of the file system
    DeviceNumber special;  // of a device node
    u64 inode = 0;
    u64 links = 1;
    u64 size = 0;                                                       // bytes
    u64 blocks = 0;                                                     // of 512 bytes
    i64 accessed_ns = 0, modified_ns = 0, changed_ns = 0, born_ns = 0;  // since 1970; born 0: unknown
    u64 mount_id = 0;
    u32 mode = 0;  // S_IF* and permission bits
    u32 uid = 0, gid = 0;
    u32 block_size = 4096;
    bool mount_root = false;
};

}  // namespace object
