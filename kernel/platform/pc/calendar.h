// CMOS clock bytes to seconds since 1970: pure.
// Callers: platform/pc, host tests.
// Locks, context: none; values only.
#pragma once

#include <optional>

#include "base/types.h"

namespace platform::pc {

// The registers as read, in the coding that status B tells (MC146818).
struct CmosTime {
    u8 second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0, century = 0;  // century 0: not known
    u8 status_b = 0;
    bool operator==(const CmosTime&) const = default;
};

// Nothing if the fields are no date (a clock that is not there reads as 0xff).
std::optional<i64> unix_time(const CmosTime& raw);
// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
i64 days_from_civil(i64 year, u32 month, u32 day);

}  // namespace platform::pc
