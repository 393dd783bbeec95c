// Runs: naturally aligned pages that came as one block and are counted singly, so that parts may go their own ways.
// Callers: vm, for memory mapped by one large entry.
// Locks, context: thread context; no locks.
#pragma once

#include "memory/page_allocator.h"

namespace memory {

// 2^order pages, 512 at most, of `kind` with a reference each, or null. Counted as anonymous if they are.
[[nodiscard]] Frame* allocate_run(unsigned order, FrameKind kind, AllocFlags flags);
// One more reference on each.
void ref_run(Frame* first, unsigned order);
// Whether the caller's are the only references.
bool is_sole_run(const Frame* first, unsigned order);
inline Frame* nth(Frame* first, usize page) { return frame_at(page_number_of(first) + page); }
// Drops a reference on each page; what has no more goes back, as one block when that is all.
void unref_run(Frame* first, unsigned order);

}  // namespace memory
