#include "time/vdso/update.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"
#include "time/vdso/data.h"
#include "time/vdso/image.h"

// image.S lays it out.
#pragma GCC visibility push(hidden)
extern "C" const std::span<const u8> vdso_image;
#pragma GCC visibility pop

namespace time::vdso {
namespace {

// A page of its own: user space maps it, so nothing else may lie beside it.
struct alignas(kPageSize) DataPage {
    VdsoData data{};
    std::array<u8, kPageSize - sizeof(VdsoData)> rest{};
};
static_assert(sizeof(DataPage) == kPageSize);
constinit DataPage page;

}  // namespace

void update(const Scale& scale, bool tsc, i64 realtime_offset) {
    VdsoData& d = page.data;
    __atomic_store_n(&d.sequence, d.sequence + 1, __ATOMIC_RELAXED);
    std::atomic_thread_fence(std::memory_order_release);
    d.use_tsc = tsc && scale.mask == ~u64{0} ? 1 : 0;
    d.mult = scale.mult;
    d.base_count = scale.base_count;
    d.base_ns = scale.base_ns;
    d.realtime_offset = realtime_offset;
    d.cpu_by_tsc_aux = arch::features().rdtscp ? 1 : 0;
    __atomic_store_n(&d.sequence, d.sequence + 1, __ATOMIC_RELEASE);
}

void set_timezone(Timezone zone) {
    __atomic_store_n(&page.data.minutes_west, zone.minutes_west, __ATOMIC_RELAXED);
    __atomic_store_n(&page.data.dst_time, zone.dst_time, __ATOMIC_RELAXED);
}
Timezone timezone() {
    return {__atomic_load_n(&page.data.minutes_west, __ATOMIC_RELAXED),
            __atomic_load_n(&page.data.dst_time, __ATOMIC_RELAXED)};
}

std::span<const u8> image() { return vdso_image; }
const void* data_page() { return &page; }

}  // namespace time::vdso
