// The kernel heap: slab caches in size classes with per-CPU lists of free objects; typed caches.
// Callers: base/heap.h (Own, Ref, containers); typed caches for objects that are made often.
// Locks, context: any but NMI. The fast path turns interrupts off and takes no lock; refills take Rank::kSlab.
#pragma once

#include <atomic>
#include <new>

#include "base/heap.h"
#include "base/result.h"

namespace memory {

// Size classes 16..8192; above, whole pages.
inline constexpr usize kMaxSlabObject = 8192;

// Objects of one fixed size, packed tighter than the size classes allow; `id` is given at first use.
class ObjectCache {
  public:
    constexpr ObjectCache(const char* name, usize size, usize align) : name_(name), size_(size), align_(align) {}
    ObjectCache(const ObjectCache&) = delete;
    // Null when memory is short.
    [[nodiscard]] void* allocate();
    void free(void* p);

  private:
    u8 id();
    const char* name_;
    usize size_, align_;
    std::atomic<u8> id_{0};  // 0: not registered yet
};

template <typename T>
class SlabCache {
  public:
    constexpr explicit SlabCache(const char* name) : cache_(name, sizeof(T), alignof(T)) {}
    template <typename... Args>
    [[nodiscard]] T* create(Args&&... args) {
        void* p = cache_.allocate();
        return p == nullptr ? nullptr : ::new (p) T(std::forward<Args>(args)...);
    }
    void destroy(T* t) {
        t->~T();
        cache_.free(t);
    }

  private:
    ObjectCache cache_;
};

// How many bytes the allocation that holds `p` can use.
usize heap_usable_size(const void* p);

}  // namespace memory
