#include "vm/tlb.h"

#include "arch/tlb.h"
#include "hw/ipi.h"
#include "memory/page_run.h"
#include "sync/spin_lock.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {
namespace {

// Above this many pages it is cheaper to drop all (Linux: tlb_single_page_flush_ceiling, 33).
constexpr u64 kMostSingle = 33;

struct Request {
    AddressSpace* space;
    u64 first, last;
};

void flush_local(u64 first, u64 last) {
    if ((last - first) >> kPageShift > kMostSingle) {
        arch::flush_all_user();
        return;
    }
    for (u64 a = first; a < last; a += kPageSize) arch::flush_page(a);
}

void on_request(void* context) {
    const Request& r = *static_cast<const Request*>(context);
    if (current_space() == r.space) flush_local(r.first, r.last);
}

}  // namespace

void flush_range(AddressSpace& space, u64 first, u64 last) {
    sync::PreemptGuard guard;
    if (current_space() == &space) flush_local(first, last);
    if (hw::cpus_online() == 1) [[likely]]
        return;
    hw::CpuMask targets = SpaceAccess::cpus(space);
    targets.clear(arch::cpu_id());
    if (!targets.any()) return;
    Request r{&space, first, last};
    hw::call_on(targets, on_request, &r);
}

void TlbBatch::flush() {
    if (first_ < last_ && !unreachable_) flush_range(space_, first_, last_);
    first_ = ~u64{0};
    last_ = 0;
    if (count_ > 0) memory::unref_bulk(std::span(frames_).first(count_));
    count_ = 0;
    for (usize i = 0; i < run_count_; i++) memory::unref_run(runs_[i], tables::kLargeOrder);
    run_count_ = 0;
}

void flush_page_everywhere(AddressSpace& space, u64 address) { flush_range(space, address, address + kPageSize); }

}  // namespace vm
