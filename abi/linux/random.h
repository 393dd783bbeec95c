// getrandom and /dev/random requests.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/random.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int GRND_NONBLOCK = 0x0001;
inline constexpr int GRND_RANDOM = 0x0002;
inline constexpr int GRND_INSECURE = 0x0004;
inline constexpr u32 RNDGETENTCNT = 0x80045200;
inline constexpr int RNDADDTOENTCNT = 0x40045201;
inline constexpr u32 RNDGETPOOL = 0x80085202;
inline constexpr int RNDADDENTROPY = 0x40085203;
inline constexpr int RNDZAPENTCNT = 0x5204;
inline constexpr int RNDCLEARPOOL = 0x5206;
inline constexpr int RNDRESEEDCRNG = 0x5207;

}  // namespace abi
