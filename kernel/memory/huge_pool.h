// The pool of huge pages: blocks of 2 MiB that the administrator keeps for mmap(MAP_HUGETLB) and its like.
// A page that is handed out is 512 frames of kind kHuge, each with a count of its own, so that whoever pins one of them
// (futex, ptrace, a pipe) needs to know nothing; the block comes back when the last reference on any of them has gone.
// Callers: vm (mappings of huge pages), main (what /proc and /sys show and set), page_allocator (last references).
// Locks, context: any but NMI, where pages are given back; thread context else. Takes Rank::kHugePool, interrupts off.
// docs/decisions/0123
#pragma once

#include "base/result.h"
#include "memory/frame.h"
#include "memory/huge_counts.h"

namespace memory::huge_pool {

inline constexpr unsigned kOrder = 9;
inline constexpr u64 kPages = u64{1} << kOrder;

HugeCounts counts();
// Grows or shrinks what the administrator keeps to `pages`, as far as memory can be had; pages in use or promised
// become surplus instead of going. Counts beyond it show what came of it.
void resize(u64 pages);
void set_most_surplus(u64 pages);

// Promises `pages` more, getting surplus pages for it where that is allowed. ENOMEM.
Result<void> promise(u64 pages);
void unpromise(u64 pages);

// A page for who has been promised one, or one beyond all promises: the first of its frames, each with one reference,
// `object` {} and contents undefined. Null: there is none; never if `promised`.
[[nodiscard]] Frame* take(bool promised);
// Gives back a page from take() that nobody has seen, and the promise with it.
void undo_take(Frame* first, bool promised);
// The last references on `frames` frames of the page around `f` have gone: for page_allocator and page_run alone.
void drop(Frame* f, u64 frames);

}  // namespace memory::huge_pool
