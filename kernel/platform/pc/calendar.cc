#include "platform/pc/calendar.h"

namespace platform::pc {
namespace {
constexpr u8 k24Hours = 1 << 1, kBinary = 1 << 2, kAfternoon = 0x80;
u32 from_bcd(u8 v) { return (v >> 4) * 10u + (v & 15u); }
}  // namespace

i64 days_from_civil(i64 year, u32 month, u32 day) {
    // Years begin in March, so that the leap day is the last: H. Hinnant's algorithm "days_from_civil".
    year -= month <= 2;
    i64 era = (year >= 0 ? year : year - 399) / 400;
    u64 of_era = static_cast<u64>(year - era * 400);
    u64 of_year = (153 * (month > 2 ? month - 3u : month + 9u) + 2) / 5 + day - 1;
    u64 day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146'097 + static_cast<i64>(day_of_era) - 719'468;
}

std::optional<i64> unix_time(const CmosTime& raw) {
    auto value = [&](u8 v) -> u32 { return (raw.status_b & kBinary) != 0 ? v : from_bcd(v); };
    bool afternoon = (raw.hour & kAfternoon) != 0;
    u32 hour = value((raw.status_b & k24Hours) != 0 ? raw.hour : raw.hour & static_cast<u8>(~kAfternoon));
    if ((raw.status_b & k24Hours) == 0) hour = hour % 12 + (afternoon ? 12 : 0);
    u32 second = value(raw.second), minute = value(raw.minute), day = value(raw.day), month = value(raw.month);
    u32 year = value(raw.year), century = raw.century == 0 ? (year < 70 ? 20 : 19) : value(raw.century);
    if (second > 60 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12 || year > 99 ||
        century < 19 || century > 29)
        return std::nullopt;
    return days_from_civil(century * 100 + year, month, day) * 86'400 + hour * 3600 + minute * 60 + second;
}

}  // namespace platform::pc
