// Own<T>: the sole owner of a heap object.
// Callers: everyone.
// Context: destruction frees memory: not from NMI.
#pragma once

#include "base/heap.h"
#include "base/result.h"

template <typename T>
class Own {
  public:
    constexpr Own() = default;
    constexpr Own(std::nullptr_t) {}  // NOLINT
    explicit constexpr Own(T* p) : p_(p) {}
    constexpr Own(Own&& o) noexcept : p_(o.release()) {}
    template <typename U>
        requires std::is_convertible_v<U*, T*>
    constexpr Own(Own<U>&& o) noexcept : p_(o.release()) {}  // NOLINT
    Own& operator=(Own&& o) noexcept {
        if (this != &o) reset(o.release());
        return *this;
    }
    Own(const Own&) = delete;
    Own& operator=(const Own&) = delete;
    constexpr ~Own() { reset(); }

    constexpr T* get() const { return p_; }
    constexpr T& operator*() const { return *p_; }
    constexpr T* operator->() const { return p_; }
    constexpr explicit operator bool() const { return p_ != nullptr; }
    constexpr T* release() { return std::exchange(p_, nullptr); }
    constexpr void reset(T* p = nullptr) {
        T* old = std::exchange(p_, p);
        if (old != nullptr) base::destroy(old);
    }

  private:
    T* p_ = nullptr;
};

// A new T on the heap, or ENOMEM.
template <typename T, typename... Args>
Result<Own<T>> make_own(Args&&... args) {
    T* p = base::try_new<T>(std::forward<Args>(args)...);
    if (p == nullptr) return Errno::kNOMEM;
    return Own<T>(p);
}
