// How much would be won by ending a process when memory is out, and how /proc shows that. Pure.
// Callers: oom.cc, procfs.
// Locks, context: values only.
// Source: Linux 6.1, mm/oom_kill.c (oom_badness), fs/proc/base.c (proc_oom_score, oom_adj).
#pragma once

#include <optional>

#include "base/types.h"

namespace process::oom {

inline constexpr i32 kLeastAdjustment = -1000, kMostAdjustment = 1000;

// Pages in memory and page tables, corrected by `adjustment` thousandths of all memory. Nothing: not to be ended.
std::optional<i64> badness(u64 resident, u64 page_tables, i32 adjustment, u64 total_pages);
// /proc/PID/oom_score: 0..2000, untouched and unadjusted processes near 667.
u64 shown_score(std::optional<i64> badness, u64 total_pages);

// /proc/PID/oom_adj, the older scale from -17 (never) to 15.
i32 old_adjustment(i32 adjustment);
// Nothing: out of range.
std::optional<i32> from_old_adjustment(i64 old);

}  // namespace process::oom
