// The heap as base/ sees it: implemented by memory/ in the kernel and by malloc on the host.
// Callers: Own, Ref, containers; nobody else calls it directly.
// Context: thread context or spin lock held without waiting; returns null when there is no memory.
#pragma once

#include <new>
#include <utility>

#include "base/types.h"

namespace base {
// `size` > 0 bytes aligned to `align` (a power of two, at most a page). Null when memory is short.
[[nodiscard]] void* heap_allocate(usize size, usize align);
// Null is ignored.
void heap_free(void* p);

template <typename T, typename... Args>
[[nodiscard]] T* try_new(Args&&... args) {
    void* p = heap_allocate(sizeof(T), alignof(T));
    return p == nullptr ? nullptr : ::new (p) T(std::forward<Args>(args)...);
}
template <typename T>
void destroy(T* p) {
    if (p == nullptr) return;
    // The start of the most derived object: what heap_allocate gave.
    void* start = p;
    if constexpr (std::is_polymorphic_v<T>) start = dynamic_cast<void*>(const_cast<std::remove_cv_t<T>*>(p));
    p->~T();
    heap_free(start);
}
}  // namespace base
