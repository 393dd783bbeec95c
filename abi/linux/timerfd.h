// timerfd flags and requests.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/timerfd.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int TFD_TIMER_ABSTIME = 1 << 0;
inline constexpr int TFD_TIMER_CANCEL_ON_SET = 1 << 1;
inline constexpr int TFD_CLOEXEC = 02000000;
inline constexpr int TFD_NONBLOCK = 04000;
inline constexpr int TFD_IOC_SET_TICKS = 010002052000;

}  // namespace abi
