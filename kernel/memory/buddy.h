// Buddy: free memory of one zone as naturally aligned blocks of 2^order pages. Pure.
// Callers: page_allocator.cc.
// Locks: none of its own; the zone's. No allocation. allocate and free take O(orders).
// Source: Knowlton, A Fast Storage Allocator, 1965; Knuth, The Art of Computer Programming 1, 2.5.
#pragma once

#include <array>

#include "memory/frame.h"

namespace memory {

class Buddy {
  public:
    static constexpr unsigned kOrders = 19;

    constexpr Buddy() = default;
    Buddy(const Buddy&) = delete;
    Buddy& operator=(const Buddy&) = delete;

    // The page numbers that may be in this zone. Blocks join only within it; `first` and `last` need no alignment.
    void set_span(u64 first, u64 last) {
        first_ = first;
        last_ = last;
    }
    // Makes pages [first, last) free: memory that was never allocated. Their frames may hold anything (kFresh, then
    // the range must have no free neighbours) or must be cleared (kCleared, which joins neighbours).
    enum class Frames : u8 { kFresh, kCleared };
    void add_range(u64 first, u64 last, Frames frames = Frames::kFresh);
    // The head of a block, kind kAllocated, or null.
    Frame* allocate(unsigned order);
    void free(Frame* frame, unsigned order);

    u64 free_pages() const { return free_pages_; }
    u64 blocks(unsigned order) const { return counts_[order]; }
    u64 first() const { return first_; }
    u64 last() const { return last_; }

  private:
    void push(Frame* f, unsigned order);
    void unlink(Frame* f, unsigned order);

    std::array<Frame*, kOrders> lists_{};
    std::array<u64, kOrders> counts_{};
    u32 filled_ = 0;  // bit n: lists_[n] is not empty
    u64 first_ = 0, last_ = 0;
    u64 free_pages_ = 0;
};

}  // namespace memory
