#include "memory/page_run.h"

#include "base/bitmap.h"
#include "memory/huge_pool.h"
#include "memory/stats.h"

namespace memory {
namespace {
constexpr usize kMostRun = 512;
}

Frame* allocate_run(unsigned order, FrameKind kind, AllocFlags flags) {
    const Result<Frame*> r = allocate_frames(order, flags);
    if (!r.ok()) return nullptr;
    Frame* first = r.value();
    for (usize i = 0; i < usize{1} << order; i++) {
        first[i].kind = kind;
        first[i].order = 0;
        first[i].aux = 0;
        first[i].flags.store(0, std::memory_order_relaxed);
        first[i].refs.store(1, std::memory_order_relaxed);
    }
    if (kind == FrameKind::kAnonymous) count(Counter::kAnonymous, i64{1} << order);
    return first;
}

void ref_run(Frame* first, unsigned order) {
    for (usize i = 0; i < usize{1} << order; i++) frame_ref(&first[i]);
}

bool is_sole_run(const Frame* first, unsigned order) {
    for (usize i = 0; i < usize{1} << order; i++)
        if (first[i].refs.load(std::memory_order_acquire) != 1) return false;
    return true;
}

void unref_run(Frame* first, unsigned order) {
    const usize pages = usize{1} << order;
    const bool huge = first->kind == FrameKind::kHuge;
    Bitmap<kMostRun> last;  // whose last reference this was
    for (usize i = 0; i < pages; i++)
        if (first[i].refs.fetch_sub(1, std::memory_order_acq_rel) == 1) last.set(i);
    if (huge) {
        if (const usize n = last.count()) huge_pool::drop(first, n);
        return;
    }
    if (last.count() != pages) {
        for (usize i = last.find_set(); i != last.kNone; i = last.find_set(i + 1)) frame_release_last(&first[i]);
        return;
    }
    if (first->kind == FrameKind::kAnonymous) count(Counter::kAnonymous, -static_cast<i64>(pages));
    for (usize i = 0; i < pages; i++) first[i].kind = FrameKind::kAllocated;
    first->order = static_cast<u8>(order);
    frame_release_last(first);
}

}  // namespace memory
