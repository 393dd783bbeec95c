// poll, ppoll, select, pselect6: events and sets.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/asm-generic/poll.h, linux/posix_types.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int POLLIN = 0x0001;
inline constexpr int POLLPRI = 0x0002;
inline constexpr int POLLOUT = 0x0004;
inline constexpr int POLLERR = 0x0008;
inline constexpr int POLLHUP = 0x0010;
inline constexpr int POLLNVAL = 0x0020;
inline constexpr int POLLRDNORM = 0x0040;
inline constexpr int POLLRDBAND = 0x0080;
inline constexpr int POLLWRNORM = 0x0100;
inline constexpr int POLLWRBAND = 0x0200;
inline constexpr int POLLMSG = 0x0400;
inline constexpr int POLLREMOVE = 0x1000;
inline constexpr int POLLRDHUP = 0x2000;

struct pollfd {
    i32 fd;
    i16 events;
    i16 revents;
};
static_assert(sizeof(pollfd) == 8);

inline constexpr int FD_SETSIZE = 1024;  // of the C library; the kernel takes any number of descriptors

/// The sixth argument of pselect6.
struct sigset_argpack {
    u64 p;     // address of the signal set
    u64 size;  // its size in bytes, 8
};

}  // namespace abi
