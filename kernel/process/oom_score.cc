#include "process/oom_score.h"

#include <algorithm>

namespace process::oom {

namespace {
constexpr i32 kOldNever = -17, kOldLeast = -16, kOldMost = 15;
}

std::optional<i64> badness(u64 resident, u64 page_tables, i32 adjustment, u64 total_pages) {
    if (adjustment == kLeastAdjustment) return std::nullopt;
    return static_cast<i64>(resident + page_tables) + adjustment * static_cast<i64>(total_pages / 1000);
}

u64 shown_score(std::optional<i64> badness, u64 total_pages) {
    if (!badness) return 0;
    const i64 total = static_cast<i64>(std::max<u64>(total_pages, 1));
    return static_cast<u64>((1000 + *badness * 1000 / total) * 2 / 3);
}

i32 old_adjustment(i32 adjustment) {
    if (adjustment == kMostAdjustment) return kOldMost;
    return std::min(adjustment * -kOldNever / kMostAdjustment, kOldMost);
}

std::optional<i32> from_old_adjustment(i64 old) {
    if (old != kOldNever && (old < kOldLeast || old > kOldMost)) return std::nullopt;
    if (old == kOldMost) return kMostAdjustment;
    return static_cast<i32>(old) * kMostAdjustment / -kOldNever;
}

}  // namespace process::oom
