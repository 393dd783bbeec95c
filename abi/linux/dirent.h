// Directory entries.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/dirent.h, fs_types.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct linux_dirent64 {  // d_name follows d_type at once, NUL-terminated; d_reclen is a multiple of 8
    u64 d_ino;
    i64 d_off;
    u16 d_reclen;
    u8 d_type;
};
inline constexpr int LINUX_DIRENT64_NAME = 19;  // offset of d_name
static_assert(offsetof(linux_dirent64, d_type) == 18);

struct linux_dirent {  // old getdents: d_name follows d_reclen, d_type is the record's last byte
    u64 d_ino;
    u64 d_off;
    u16 d_reclen;
};
inline constexpr int LINUX_DIRENT_NAME = 18;

inline constexpr int DT_UNKNOWN = 0;
inline constexpr int DT_FIFO = 1;
inline constexpr int DT_CHR = 2;
inline constexpr int DT_DIR = 4;
inline constexpr int DT_BLK = 6;
inline constexpr int DT_REG = 8;
inline constexpr int DT_LNK = 10;
inline constexpr int DT_SOCK = 12;
inline constexpr int DT_WHT = 14;

}  // namespace abi
