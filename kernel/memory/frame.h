// Frame: what the kernel knows about one physical page; and the ways between frame, physical and direct-map
// address. Callers: memory, vm and whoever owns pages (file systems, drivers). Trusted floors alone use the
// raw pointers. Locks, context: `refs` and `flags` are atomic; the other fields belong to the page's owner.
#pragma once

#include <atomic>
#include <span>

#include "base/assert.h"
#include "base/types.h"

#pragma clang unsafe_buffer_usage begin
namespace memory {

// What a frame is used for. 0 is what a frame table freshly cleared says: not ours to give.
enum class FrameKind : u8 {
    kReserved = 0,
    kFree,       // head of a free block in the buddy's lists
    kCached,     // free, in a CPU's page cache
    kAllocated,  // handed out, no special use
    kSlab,       // every page of a slab; `aux` is the cache
    kHeapLarge,  // head of a heap object of whole pages
    kPageTable,
    kAnonymous,  // private page of processes; Counter::kAnonymous goes down when it is freed
    kObject,     // in a memory object's page tree: `object.owner`, `object.index`
    kStack,
    kHuge,  // of a huge page (huge_pool.h); `object.owner` is set in a memory object's page tree
};

namespace frame_flags {
// States of pages in memory objects.
inline constexpr u8 kDirty = 1 << 0, kUptodate = 1 << 1, kLocked = 1 << 2, kWriteback = 1 << 3, kReferenced = 1 << 4,
                    kError = 1 << 5, kTruncated = 1 << 6;
}  // namespace frame_flags

struct Frame {
    struct Link {
        Frame* prev;
        Frame* next;
    };
    struct Object {
        void* owner;
        u64 index;
    };
    // Holders of the page: 0 while it is free. Page-table entries hold one each. Whoever owns the page changes it by
    // atomic operations too, and leaves the freeing to who takes it to 0: readers of page trees take references on pages
    // that may have become anything since they looked (PageTree::find_and_ref).
    std::atomic<u32> refs;
    FrameKind kind;
    u8 order;  // of the free block or the allocation whose head this is
    std::atomic<u8> flags;
    u8 aux;
    union {
        Link link;      // free lists, slab lists
        Object object;  // pages of memory objects
    };
    union {
        void* free_objects;  // slabs
        u64 data;            // the owner's
    };

    bool has(u8 flag) const { return (flags.load(std::memory_order_acquire) & flag) != 0; }
    // Both return whether the flag was set before.
    bool set(u8 flag) { return (flags.fetch_or(flag, std::memory_order_acq_rel) & flag) != 0; }
    bool clear(u8 flag) { return (flags.fetch_and(static_cast<u8>(~flag), std::memory_order_acq_rel) & flag) != 0; }
};
static_assert(sizeof(Frame) == 32);

#ifdef LINNET_HOST
extern Frame* host_frame_table;  // set by tests
extern u64 host_direct_map;
inline Frame* frame_table() { return host_frame_table; }
inline u64 direct_map_base() { return host_direct_map; }
#else
// Indexed by page number. Pages without memory behind them share one cleared, read-only page: kReserved.
inline constexpr u64 kFrameTableBase = 0xffff'ea00'0000'0000;
inline Frame* frame_table() { return reinterpret_cast<Frame*>(kFrameTableBase); }
extern u64 direct_map_start;  // constant after memory::init
inline u64 direct_map_base() { return direct_map_start; }
#endif

inline Frame* frame_at(u64 page_number) { return frame_table() + page_number; }
inline u64 page_number_of(const Frame* f) { return static_cast<u64>(f - frame_table()); }
// The address must be RAM: see is_ram().
inline Frame* frame_of(PhysAddr p) { return frame_at(p.value >> kPageShift); }
inline PhysAddr phys_of(const Frame* f) { return PhysAddr(page_number_of(f) << kPageShift); }
// All RAM is mapped there, read-write (the kernel's own text and constants: read-only).
inline void* direct_map(PhysAddr p) { return reinterpret_cast<void*>(p.value + direct_map_base()); }
inline PhysAddr phys_of_direct(const void* p) { return PhysAddr(reinterpret_cast<u64>(p) - direct_map_base()); }
inline Frame* frame_of_direct(const void* p) { return frame_of(phys_of_direct(p)); }
inline void* page_address(const Frame* f) { return direct_map(phys_of(f)); }
inline std::span<u8> page_bytes(const Frame* f) { return {static_cast<u8*>(page_address(f)), kPageSize}; }
// Whether the page has a Frame that describes RAM.
bool is_ram(PhysAddr p);

inline void frame_ref(Frame* f) { f->refs.fetch_add(1, std::memory_order_relaxed); }
// Gives the page, of order 0, back when the last reference goes.
void frame_release_last(Frame* f);
inline void frame_unref(Frame* f) {
    const u32 before = f->refs.fetch_sub(1, std::memory_order_acq_rel);
    DEBUG_ASSERT(before != 0);
    if (before == 1) frame_release_last(f);
}

}  // namespace memory
#pragma clang unsafe_buffer_usage end
