// reboot.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/reboot.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr u32 LINUX_REBOOT_MAGIC1 = 0xfee1dead;
inline constexpr int LINUX_REBOOT_MAGIC2 = 672274793;
inline constexpr int LINUX_REBOOT_MAGIC2A = 85072278;
inline constexpr int LINUX_REBOOT_MAGIC2B = 369367448;
inline constexpr int LINUX_REBOOT_MAGIC2C = 537993216;
inline constexpr int LINUX_REBOOT_CMD_RESTART = 0x01234567;
inline constexpr u32 LINUX_REBOOT_CMD_HALT = 0xCDEF0123;
inline constexpr u32 LINUX_REBOOT_CMD_CAD_ON = 0x89ABCDEF;
inline constexpr int LINUX_REBOOT_CMD_CAD_OFF = 0x00000000;
inline constexpr int LINUX_REBOOT_CMD_POWER_OFF = 0x4321FEDC;
inline constexpr u32 LINUX_REBOOT_CMD_RESTART2 = 0xA1B2C3D4;
inline constexpr u32 LINUX_REBOOT_CMD_SW_SUSPEND = 0xD000FCE2;
inline constexpr int LINUX_REBOOT_CMD_KEXEC = 0x45584543;

}  // namespace abi
