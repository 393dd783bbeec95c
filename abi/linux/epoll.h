// epoll: operations, events, struct epoll_event (packed on x86-64).
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/eventpoll.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int EPOLL_CLOEXEC = 524288;
inline constexpr int EPOLL_CTL_ADD = 1;
inline constexpr int EPOLL_CTL_DEL = 2;
inline constexpr int EPOLL_CTL_MOD = 3;

// Events. EPOLL* up to EPOLLRDHUP equal the POLL* of poll.h.
inline constexpr int EPOLLIN = 0x1;
inline constexpr int EPOLLPRI = 0x2;
inline constexpr int EPOLLOUT = 0x4;
inline constexpr int EPOLLERR = 0x8;
inline constexpr int EPOLLHUP = 0x10;
inline constexpr int EPOLLNVAL = 0x20;
inline constexpr int EPOLLRDNORM = 0x40;
inline constexpr int EPOLLRDBAND = 0x80;
inline constexpr int EPOLLWRNORM = 0x100;
inline constexpr int EPOLLWRBAND = 0x200;
inline constexpr int EPOLLMSG = 0x400;
inline constexpr int EPOLLRDHUP = 0x2000;
inline constexpr int EPOLLEXCLUSIVE = 0x10000000;
inline constexpr int EPOLLWAKEUP = 0x20000000;
inline constexpr int EPOLLONESHOT = 0x40000000;
inline constexpr u32 EPOLLET = 0x80000000;

struct [[gnu::packed]] epoll_event {
    u32 events;
    u64 data;
};
static_assert(sizeof(epoll_event) == 12);

}  // namespace abi
