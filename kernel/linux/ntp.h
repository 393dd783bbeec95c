// adjtimex(2)'s values: what time daemons tell the kernel about its clock, and read back.
// Callers: linux/time.cc.
// Locks, context: thread context; a leaf lock of its own.
#pragma once

#include "abi/linux/time.h"
#include "base/result.h"

namespace linux_abi::ntp {

// Applies values.modes and fills `values`; TIME_OK or TIME_ERROR (not synchronised). EPERM, EINVAL.
// The clock steps by ADJ_SETOFFSET. Frequency, tick and phase are kept and told, but do not steer it.
Result<i64> adjust(abi::timex& values, bool privileged);
// Seconds that CLOCK_TAI is ahead of CLOCK_REALTIME.
i64 tai_offset();

}  // namespace linux_abi::ntp
