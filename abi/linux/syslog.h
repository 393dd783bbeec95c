// syslog(2) actions.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/syslog.h; syslog(2).
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int SYSLOG_ACTION_CLOSE = 0;
inline constexpr int SYSLOG_ACTION_OPEN = 1;
inline constexpr int SYSLOG_ACTION_READ = 2;
inline constexpr int SYSLOG_ACTION_READ_ALL = 3;
inline constexpr int SYSLOG_ACTION_READ_CLEAR = 4;
inline constexpr int SYSLOG_ACTION_CLEAR = 5;
inline constexpr int SYSLOG_ACTION_CONSOLE_OFF = 6;
inline constexpr int SYSLOG_ACTION_CONSOLE_ON = 7;
inline constexpr int SYSLOG_ACTION_CONSOLE_LEVEL = 8;
inline constexpr int SYSLOG_ACTION_SIZE_UNREAD = 9;
inline constexpr int SYSLOG_ACTION_SIZE_BUFFER = 10;

}  // namespace abi
