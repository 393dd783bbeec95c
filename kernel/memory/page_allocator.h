// Page frames: allocation and release, single or in power-of-two blocks up to 1 GiB.
// Callers: memory, vm, and owners of pages and DMA memory.
// Locks, context: any but NMI; takes Rank::kZone (interrupts off) when a CPU's page cache runs empty or full.
#pragma once

#include "base/result.h"
#include "memory/frame.h"

#pragma clang unsafe_buffer_usage begin
namespace memory {

enum class AllocFlags : u8 {
    kNone = 0,
    kZero = 1 << 0,      // cleared pages
    kNoWait = 1 << 1,    // no reclaim: for interrupt context and under spin locks; may use half of the reserve
    kDma = 1 << 2,       // below 16 MiB
    kDma32 = 1 << 3,     // below 4 GiB
    kNoFail = 1 << 4,    // not subject to failure injection (still may fail)
    kReserve = 1 << 5,   // may use the last pages
    kOptional = 1 << 6,  // the caller has another way: fails at once rather than end a process
    kSpare = 1 << 7,     // only what lies free, in plenty: no reclaim, and an eighth of memory stays free
};
constexpr AllocFlags operator|(AllocFlags a, AllocFlags b) {
    return static_cast<AllocFlags>(static_cast<u8>(a) | static_cast<u8>(b));
}
constexpr bool has(AllocFlags a, AllocFlags b) { return (static_cast<u8>(a) & static_cast<u8>(b)) != 0; }

inline constexpr unsigned kMaxOrder = 18;  // 1 GiB

// 2^order pages, naturally aligned, with one reference on the head, or ENOMEM. Where the caller may sleep it waits for
// reclaim and the OOM killer (reclaim.h), the latter up to order 3 and never with kNoWait or kOptional.
[[nodiscard]] Result<Frame*> allocate_frames(unsigned order, AllocFlags flags = AllocFlags::kNone);
// One page: the fast path.
[[nodiscard]] Result<Frame*> allocate_frame(AllocFlags flags = AllocFlags::kNone);
// Drops the owner's reference on the block as allocated.
void free_frames(Frame* frame, unsigned order);
// As many single pages as asked for, or none and ENOMEM.
[[nodiscard]] Result<void> allocate_bulk(std::span<Frame*> frames, AllocFlags flags = AllocFlags::kNone);
// Drops one reference on each; pages without more go back to this CPU's cache in one batch.
void unref_bulk(std::span<Frame* const> frames);

// Gives back a page with one reference that holds only zeroes: the next kZero allocation gets it uncleared.
void release_zeroed(Frame* frame);

// A page of usable memory below 1 MiB for real-mode code, or ENOMEM. Not returned.
[[nodiscard]] Result<PhysAddr> allocate_low_page();
// RAM that start-up kept reserved (the initrd), readable until it is freed.
inline std::span<const u8> reserved_bytes(PhysAddr start, u64 size) {
    return {static_cast<const u8*>(direct_map(start)), size};
}
// Gives RAM that start-up kept reserved (the initrd) to the allocator. Page-aligned inwards.
void free_reserved_range(PhysAddr start, u64 size);

// Moves the pages of all CPUs' caches to the zones.
void drain_page_caches();

// A DMA or driver buffer as spans: freed by its destructor.
class PageBlock {
  public:
    PageBlock() = default;
    static Result<PageBlock> create(unsigned order, AllocFlags flags = AllocFlags::kZero);
    PageBlock(PageBlock&& o) noexcept : frame_(std::exchange(o.frame_, nullptr)), order_(o.order_) {}
    PageBlock& operator=(PageBlock&& o) noexcept {
        std::swap(frame_, o.frame_);
        std::swap(order_, o.order_);
        return *this;
    }
    ~PageBlock() {
        if (frame_ != nullptr) free_frames(frame_, order_);
    }
    explicit operator bool() const { return frame_ != nullptr; }
    PhysAddr phys() const { return phys_of(frame_); }
    std::span<u8> bytes() const { return {static_cast<u8*>(page_address(frame_)), kPageSize << order_}; }

  private:
    Frame* frame_ = nullptr;
    unsigned order_ = 0;
};
using DmaBuffer = PageBlock;

}  // namespace memory
#pragma clang unsafe_buffer_usage end
