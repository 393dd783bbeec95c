// Writing the vDSO's data page.
// Callers: time/clock.cc under its lock.
// Locks, context: one writer at a time, preemption off.
#pragma once

#include "time/scale.h"

namespace time::vdso {

void update(const Scale& scale, bool tsc, i64 realtime_offset);

}  // namespace time::vdso
