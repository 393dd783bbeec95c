// The rules of commitment. Pure.
#include "vm/commit.h"

namespace vm::commit {

u64 limit_of(u64 total_pages, u64 ratio, u64 kbytes) {
    return kbytes != 0 ? kbytes / (kPageSize / 1024) : total_pages / 100 * ratio + total_pages % 100 * ratio / 100;
}

bool allows(const Policy& p, const Request& r) {
    if (p.mode == Mode::kAlways) return true;
    // Only what can never be is refused.
    if (p.mode == Mode::kGuess) return r.pages <= p.total;
    const auto minus = [](u64 a, u64 b) { return a > b ? a - b : 0; };
    u64 allowed = p.limit;
    if (!r.administrator) allowed = minus(allowed, p.admin_reserve);
    const u64 share = r.space_pages / 32;
    allowed = minus(allowed, share < p.user_reserve ? share : p.user_reserve);
    return r.pages < allowed && p.committed < allowed - r.pages;
}

}  // namespace vm::commit
