// Device numbers: dev_t as user space sees it (new_encode_dev, 64 bit).
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/kdev_t.h; glibc sys/sysmacros.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

/// 12 bits of major, 20 of minor: minor's low byte, major, the rest of minor.
constexpr u64 makedev(u32 major, u32 minor) {
    return (minor & 0xff) | (static_cast<u64>(major & 0xfff) << 8) | (static_cast<u64>(minor & ~0xffu) << 12) |
           (static_cast<u64>(major & ~0xfffu) << 32);
}
constexpr u32 major(u64 dev) { return static_cast<u32>(((dev >> 8) & 0xfff) | ((dev >> 32) & ~0xfffull)); }
constexpr u32 minor(u64 dev) { return static_cast<u32>((dev & 0xff) | ((dev >> 12) & ~0xffull)); }
static_assert(makedev(8, 1) == 0x801 && major(0x801) == 8 && minor(makedev(4, 300)) == 300);

// Device majors (Documentation/admin-guide/devices.txt).
inline constexpr int MEM_MAJOR = 1;
inline constexpr int RAMDISK_MAJOR = 1;
inline constexpr int TTY_MAJOR = 4;
inline constexpr int TTYAUX_MAJOR = 5;
inline constexpr int LOOP_MAJOR = 7;
inline constexpr int MISC_MAJOR = 10;
inline constexpr int SCSI_DISK0_MAJOR = 8;
inline constexpr int SCSI_CDROM_MAJOR = 11;
inline constexpr int INPUT_MAJOR = 13;
inline constexpr int SOUND_MAJOR = 14;
inline constexpr int FB_MAJOR = 29;
inline constexpr int UNIX98_PTY_MASTER_MAJOR = 128;
inline constexpr int UNIX98_PTY_SLAVE_MAJOR = 136;

inline constexpr int DRM_MAJOR = 226;
inline constexpr int TTY_SERIAL_MINOR = 64;  // ttyS0 is 4:64

}  // namespace abi
