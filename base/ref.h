// Ref<T>: a counted reference, never null (OptRef<T> may be). T derives from RefCounted<T>.
// Callers: everyone.
// Context: dropping the last reference runs T's destructor (T::on_last_ref() when declared): it may not sleep.
#pragma once

#include <atomic>

#include "base/heap.h"
#include "base/result.h"

// Starts with one reference, which make_ref() or Ref::adopt() takes over.
template <typename T>
class RefCounted {
  public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

    void add_ref() const {
        u32 before = count_.fetch_add(1, std::memory_order_relaxed);
        DEBUG_ASSERT(before != 0);
        (void)before;
    }
    // For finders under RCU or a lock: false when the object is already on its way out.
    [[nodiscard]] bool try_add_ref() const {
        u32 n = count_.load(std::memory_order_relaxed);
        while (n != 0) {
            if (count_.compare_exchange_weak(n, n + 1, std::memory_order_acquire, std::memory_order_relaxed))
                return true;
        }
        return false;
    }
    void drop_ref() const {
        u32 before = count_.fetch_sub(1, std::memory_order_acq_rel);
        DEBUG_ASSERT(before != 0);
        if (before == 1) {
            T* self = const_cast<T*>(static_cast<const T*>(this));
            if constexpr (requires { self->on_last_ref(); }) {
                self->on_last_ref();
            } else {
                base::destroy(self);
            }
        }
    }
    u32 ref_count() const { return count_.load(std::memory_order_relaxed); }

  protected:
    ~RefCounted() = default;

  private:
    mutable std::atomic<u32> count_{1};
};

template <typename T>
class OptRef;

template <typename T>
class [[nodiscard]] Ref {
  public:
    // Takes a new reference on a living object.
    explicit Ref(T& t) : p_(&t) { p_->add_ref(); }
    // Takes over a reference that the caller already holds.
    static Ref adopt(T& t) { return Ref(&t); }

    Ref(const Ref& o) : p_(o.p_) { p_->add_ref(); }
    Ref(Ref&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
    template <typename U>
        requires std::is_convertible_v<U*, T*>
    Ref(const Ref<U>& o) : p_(o.get()) {
        p_->add_ref();
    }  // NOLINT
    template <typename U>
        requires std::is_convertible_v<U*, T*>
    Ref(Ref<U>&& o) noexcept : p_(o.leak()) {}  // NOLINT
    Ref& operator=(Ref o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    ~Ref() {
        if (p_ != nullptr) p_->drop_ref();
    }

    T* get() const { return p_; }
    T& operator*() const { return *p_; }
    T* operator->() const { return p_; }
    // Gives the reference away without dropping it.
    [[nodiscard]] T* leak() { return std::exchange(p_, nullptr); }

  private:
    explicit Ref(T* p) : p_(p) {}
    friend class OptRef<T>;
    T* p_;
};

template <typename T>
class OptRef {
  public:
    constexpr OptRef() = default;
    constexpr OptRef(std::nullptr_t) {}  // NOLINT
    OptRef(Ref<T> r) : p_(r.leak()) {}   // NOLINT
    template <typename U>
        requires std::is_convertible_v<U*, T*>
    OptRef(Ref<U> r) : p_(r.leak()) {}  // NOLINT
    OptRef(const OptRef& o) : p_(o.p_) {
        if (p_ != nullptr) p_->add_ref();
    }
    OptRef(OptRef&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
    OptRef& operator=(OptRef o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    constexpr ~OptRef() {
        if (p_ != nullptr) p_->drop_ref();
    }
    static OptRef adopt(T* p) {
        OptRef r;
        r.p_ = p;
        return r;
    }

    explicit operator bool() const { return p_ != nullptr; }
    T* get() const { return p_; }
    T& operator*() const { return *p_; }
    T* operator->() const { return p_; }
    // A Ref to the same object; must not be null.
    Ref<T> ref() const {
        DEBUG_ASSERT(p_ != nullptr);
        return Ref<T>(*p_);
    }
    Ref<T> take() {
        DEBUG_ASSERT(p_ != nullptr);
        return Ref<T>(std::exchange(p_, nullptr));
    }
    [[nodiscard]] T* leak() { return std::exchange(p_, nullptr); }
    void reset() { *this = OptRef(); }

  private:
    T* p_ = nullptr;
};

// A new T on the heap with one reference, or ENOMEM.
template <typename T, typename... Args>
Result<Ref<T>> make_ref(Args&&... args) {
    T* p = base::try_new<T>(std::forward<Args>(args)...);
    if (p == nullptr) return Errno::kNOMEM;
    return Ref<T>::adopt(*p);
}
