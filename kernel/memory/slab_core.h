// SlabCore: the bookkeeping of one slab cache: slabs with free objects, and lists of free objects in slabs. Pure.
// Callers: slab.cc.
// Locks: none of its own; the cache's. No allocation: slabs are given by add() and handed back by give().
// Source: Bonwick, The Slab Allocator, USENIX 1994 (objects' states here live in Frame, not in the slab).
#pragma once

#include "memory/frame.h"

namespace memory {

// A free object's first word.
struct FreeObject {
    FreeObject* next;
};

class SlabCore {
  public:
    constexpr SlabCore() = default;
    constexpr SlabCore(u32 object_size, u8 order)
        : size_(object_size), per_slab_(static_cast<u32>((kPageSize << order) / object_size)), order_(order) {}

    u32 object_size() const { return size_; }
    u32 per_slab() const { return per_slab_; }
    u8 order() const { return order_; }
    u64 slabs() const { return slabs_; }
    u64 in_use() const { return in_use_; }

    // Takes a fresh block of `order()` pages whose memory is at `memory`.
    void add(Frame* head, void* memory);
    // An object, or null when a slab is needed.
    void* take();
    // Puts an object of the slab `head` back. True when the slab is empty and no longer the cache's: the caller
    // frees its pages. One empty slab is kept.
    [[nodiscard]] bool give(void* object, Frame* head);
    // The kept empty slab, if any, for the caller to free.
    Frame* release_empty();

  private:
    void link(Frame* f);
    void unlink(Frame* f);

    u32 size_ = 0, per_slab_ = 0;
    u8 order_ = 0;
    // Slabs with a free object. A head's `refs` counts the cache and each object in use. A reader of a page tree may add
    // itself for a moment (PageTree::find_and_ref): at worst an empty slab then stays here until it is used again.
    Frame* partial_ = nullptr;
    Frame* empty_ = nullptr;
    u64 slabs_ = 0, in_use_ = 0;
};

}  // namespace memory
