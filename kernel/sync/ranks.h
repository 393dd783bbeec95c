// The one order of all locks: a thread may take a lock only if its rank stands below those it holds.
// Callers: every floor; the list is sync/ranks.def.
// Locks, context: constants. Checked at run time with CONFIG_LOCKDEP. Two locks of one rank nest by ascending address.
#pragma once

#include "base/types.h"

namespace sync {

enum class Rank : u8 {
#define RANK(name) name,
#define SPIN_RANKS_BEGIN kFirstSpin, kBeforeSpin = kFirstSpin - 1,
#include "sync/ranks.def"
#undef SPIN_RANKS_BEGIN
#undef RANK
    kCount,
};

constexpr bool is_spin_rank(Rank r) { return r >= Rank::kFirstSpin; }

}  // namespace sync
