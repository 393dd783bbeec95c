// Result<T>: a value or an Errno. TRY(expr) takes the value or returns the error to the caller.
// Callers: everyone; every function that can fail.
// Locks, context: none; values only. Result<i64> travels in two registers.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/errno.h"

template <typename T>
class [[nodiscard]] Result {
    static_assert(!std::is_reference_v<T>, "return Ref<T>, a pointer or a value");
    static constexpr bool kTrivial = std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>;

  public:
    using Value = T;

    constexpr Result(Errno e) : error_(static_cast<i32>(e)) {}  // NOLINT: implicit by design
    constexpr Result(const T& v)                                // NOLINT
        requires std::is_copy_constructible_v<T>
        : value_(v), error_(0) {}
    constexpr Result(T&& v) : value_(std::move(v)), error_(0) {}  // NOLINT
    // Anything that makes a T: Own<Derived> into Result<Own<Base>>, an int into Result<i64>.
    template <typename U>
        requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, Errno>)
    constexpr Result(U&& v) : value_(std::forward<U>(v)), error_(0) {}  // NOLINT

    constexpr Result(const Result&)
        requires kTrivial
    = default;
    constexpr Result& operator=(const Result&)
        requires kTrivial
    = default;
    constexpr Result(Result&&)
        requires kTrivial
    = default;
    constexpr Result& operator=(Result&&)
        requires kTrivial
    = default;
    constexpr Result(Result&& other) : error_(other.error_) {
        if (ok()) new (&value_) T(std::move(other.value_));
    }
    constexpr Result& operator=(Result&& other) {
        if (this != &other) {
            this->~Result();
            new (this) Result(std::move(other));
        }
        return *this;
    }
    constexpr ~Result()
        requires kTrivial
    = default;
    constexpr ~Result() {
        if (ok()) value_.~T();
    }

    constexpr bool ok() const { return error_ == 0; }
    constexpr explicit operator bool() const { return ok(); }
    constexpr Errno error() const {
        DEBUG_ASSERT(!ok());
        return static_cast<Errno>(error_);
    }
    constexpr T& value() & {
        DEBUG_ASSERT(ok());
        return value_;
    }
    constexpr const T& value() const& {
        DEBUG_ASSERT(ok());
        return value_;
    }
    // The value by move; leaves a moved-from value behind.
    constexpr T take() {
        DEBUG_ASSERT(ok());
        return std::move(value_);
    }
    constexpr T value_or(T other) { return ok() ? std::move(value_) : std::move(other); }
    constexpr T& operator*() { return value(); }
    constexpr const T& operator*() const { return value(); }
    constexpr T* operator->() { return &value(); }
    constexpr const T* operator->() const { return &value(); }

  private:
    union {
        T value_;
        char nothing_;
    };
    i32 error_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    using Value = void;
    constexpr Result() = default;
    constexpr Result(Errno e) : error_(static_cast<i32>(e)) {}  // NOLINT
    constexpr bool ok() const { return error_ == 0; }
    constexpr explicit operator bool() const { return ok(); }
    constexpr Errno error() const {
        DEBUG_ASSERT(!ok());
        return static_cast<Errno>(error_);
    }
    constexpr void take() const {}
    constexpr void value() const {}

  private:
    i32 error_ = 0;
};

// The value of `expr`, or return its error from the enclosing function.
#define TRY(...)                            \
    ({                                      \
        auto _try_result = (__VA_ARGS__);   \
        if (!_try_result.ok()) [[unlikely]] \
            return _try_result.error();     \
        _try_result.take();                 \
    })
// The same in a coroutine.
#define CO_TRY(...)                         \
    ({                                      \
        auto _try_result = (__VA_ARGS__);   \
        if (!_try_result.ok()) [[unlikely]] \
            co_return _try_result.error();  \
        _try_result.take();                 \
    })

// The value, or stop the machine with `reason`. For main/ and tests only.
[[noreturn]] void must_failed(Errno e, const char* reason);
template <typename T>
T must(Result<T> r, const char* reason) {
    if (!r.ok()) must_failed(r.error(), reason);
    return r.take();
}
inline void must(Result<void> r, const char* reason) {
    if (!r.ok()) must_failed(r.error(), reason);
}
