#include "vm/commit.h"

#include "memory/huge_pool.h"
#include "memory/stats.h"

namespace vm::commit {

constinit Settings settings;

namespace {

constexpr u64 pages_of(u64 kbytes) { return kbytes / (kPageSize / 1024); }
u64 get(const std::atomic<u64>& value) { return value.load(std::memory_order_relaxed); }

}  // namespace

u64 limit() {
    return limit_of(memory::total_pages() - memory::huge_pool::counts().total * memory::huge_pool::kPages,
                    get(settings.ratio), get(settings.kbytes));
}

Result<void> check(const Request& request) {
    const Policy policy{.mode = mode(),
                        .total = memory::total_pages(),
                        .limit = mode() == Mode::kNever ? limit() : 0,
                        .committed = mode() == Mode::kNever ? committed() : 0,
                        .admin_reserve = pages_of(get(settings.admin_kbytes)),
                        .user_reserve = pages_of(get(settings.user_kbytes))};
    if (!allows(policy, request)) return Errno::kNOMEM;
    return {};
}

void add(i64 pages) { memory::count(memory::Counter::kCommitted, pages); }
u64 committed() { return memory::counted(memory::Counter::kCommitted); }

// Linux: init_user_reserve, init_admin_reserve: 1/32 of what is free, at most 128 and 8 MiB.
void init() {
    const u64 share = memory::stats().free * (kPageSize / 1024) / 32;
    settings.user_kbytes.store(share < (128u << 10) ? share : 128u << 10, std::memory_order_relaxed);
    settings.admin_kbytes.store(share < (8u << 10) ? share : 8u << 10, std::memory_order_relaxed);
}

}  // namespace vm::commit
