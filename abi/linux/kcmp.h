// kcmp, keyctl, io priorities, quota: small sets of numbers.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{kcmp,keyctl,ioprio}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// kcmp.
inline constexpr int KCMP_FILE = 0;
inline constexpr int KCMP_VM = 1;
inline constexpr int KCMP_FILES = 2;
inline constexpr int KCMP_FS = 3;
inline constexpr int KCMP_SIGHAND = 4;
inline constexpr int KCMP_IO = 5;
inline constexpr int KCMP_SYSVSEM = 6;
inline constexpr int KCMP_EPOLL_TFD = 7;

// keyctl.
inline constexpr int KEY_SPEC_THREAD_KEYRING = -1;
inline constexpr int KEY_SPEC_PROCESS_KEYRING = -2;
inline constexpr int KEY_SPEC_SESSION_KEYRING = -3;
inline constexpr int KEY_SPEC_USER_KEYRING = -4;
inline constexpr int KEY_SPEC_USER_SESSION_KEYRING = -5;
inline constexpr int KEY_SPEC_GROUP_KEYRING = -6;
inline constexpr int KEY_SPEC_REQKEY_AUTH_KEY = -7;
inline constexpr int KEY_SPEC_REQUESTOR_KEYRING = -8;
inline constexpr int KEYCTL_GET_KEYRING_ID = 0;
inline constexpr int KEYCTL_JOIN_SESSION_KEYRING = 1;
inline constexpr int KEYCTL_UPDATE = 2;
inline constexpr int KEYCTL_REVOKE = 3;
inline constexpr int KEYCTL_CHOWN = 4;
inline constexpr int KEYCTL_SETPERM = 5;
inline constexpr int KEYCTL_DESCRIBE = 6;
inline constexpr int KEYCTL_CLEAR = 7;
inline constexpr int KEYCTL_LINK = 8;
inline constexpr int KEYCTL_UNLINK = 9;
inline constexpr int KEYCTL_SEARCH = 10;
inline constexpr int KEYCTL_READ = 11;

// ioprio_get, ioprio_set.
inline constexpr int IOPRIO_CLASS_SHIFT = 13;
inline constexpr int IOPRIO_WHO_PROCESS = 1;
inline constexpr int IOPRIO_WHO_PGRP = 2;
inline constexpr int IOPRIO_WHO_USER = 3;
inline constexpr int IOPRIO_CLASS_NONE = 0;
inline constexpr int IOPRIO_CLASS_RT = 1;
inline constexpr int IOPRIO_CLASS_BE = 2;
inline constexpr int IOPRIO_CLASS_IDLE = 3;

}  // namespace abi
