// Commitment: how much memory has been promised to processes, and whether more may be (Linux: overcommit).
// Callers: vm where mappings come and go, shared memory; process (what a space may use); main shows and sets it.
// Locks, context: any; sums over CPUs without locks. Two promises made at once may both pass by a little.
// Source: Linux 6.1, mm/util.c, __vm_enough_memory; Documentation/mm/overcommit-accounting.rst.
#pragma once

#include <atomic>

#include "base/result.h"
#include "base/types.h"

namespace vm::commit {

// /proc/sys/vm/overcommit_memory.
enum class Mode : u8 { kGuess = 0, kAlways = 1, kNever = 2 };

struct Settings {
    std::atomic<u64> mode{0};                          // a Mode
    std::atomic<u64> ratio{50};                        // percent of memory; 0 when `kbytes` says it
    std::atomic<u64> kbytes{0};                        // instead of the ratio
    std::atomic<u64> admin_kbytes{0}, user_kbytes{0};  // kept for administrators, for a user's recovery
};
extern Settings settings;

// One request; `space_pages` is the size of the asking space, `administrator` its CAP_SYS_ADMIN.
struct Request {
    u64 pages = 0;
    u64 space_pages = 0;
    bool administrator = false;
};
// The state of the machine that decides. Pure.
struct Policy {
    Mode mode = Mode::kGuess;
    u64 total = 0, limit = 0, committed = 0;  // pages
    u64 admin_reserve = 0, user_reserve = 0;
};
bool allows(const Policy& policy, const Request& request);
// CommitLimit, in pages. Pure.
u64 limit_of(u64 total_pages, u64 ratio, u64 kbytes);

// ENOMEM.
Result<void> check(const Request& request);
// Promised (or with a minus taken back), in pages: never fails, check first.
void add(i64 pages);
u64 committed();
u64 limit();
inline Mode mode() { return static_cast<Mode>(settings.mode.load(std::memory_order_relaxed)); }
// The reserves by the size of memory.
void init();

}  // namespace vm::commit
