// Vector<T>: a growing array whose growth can fail and says so.
// Callers: everyone.
// Context: growing allocates; not under a spin lock.
#pragma once

#include <span>

#include "base/heap.h"
#include "base/result.h"

template <typename T>
class Vector {
  public:
    constexpr Vector() = default;
    Vector(Vector&& o) noexcept
        : data_(std::exchange(o.data_, nullptr)),
          size_(std::exchange(o.size_, 0)),
          capacity_(std::exchange(o.capacity_, 0)) {}
    Vector& operator=(Vector&& o) noexcept {
        if (this != &o) {
            this->~Vector();
            new (this) Vector(std::move(o));
        }
        return *this;
    }
    Vector(const Vector&) = delete;
    Vector& operator=(const Vector&) = delete;
    ~Vector() {
        clear();
        base::heap_free(data_);
    }

    usize size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](usize i) {
        ASSERT(i < size_);
        return data_[i];
    }
    const T& operator[](usize i) const {
        ASSERT(i < size_);
        return data_[i];
    }
    T& back() { return (*this)[size_ - 1]; }
    std::span<T> span() { return {data_, size_}; }
    std::span<const T> span() const { return {data_, size_}; }

    Result<void> try_reserve(usize n) {
        if (n <= capacity_) return {};
        usize bytes;
        if (__builtin_mul_overflow(n, sizeof(T), &bytes)) return Errno::kNOMEM;
        T* fresh = static_cast<T*>(base::heap_allocate(bytes, alignof(T)));
        if (fresh == nullptr) return Errno::kNOMEM;
        for (usize i = 0; i < size_; i++) {
            new (&fresh[i]) T(std::move(data_[i]));
            data_[i].~T();
        }
        base::heap_free(data_);
        data_ = fresh;
        capacity_ = n;
        return {};
    }
    Result<void> try_push(T value) {
        if (size_ == capacity_) TRY(try_reserve(capacity_ == 0 ? 8 : capacity_ * 2));
        push_reserved(std::move(value));
        return {};
    }
    // `n` more elements of plain data, to be filled by the caller: what they hold is undefined until then.
    Result<std::span<T>> try_extend(usize n)
        requires std::is_trivially_copyable_v<T>
    {
        if (n > capacity_ - size_) TRY(try_reserve(size_ + n > capacity_ * 2 ? size_ + n : capacity_ * 2));
        size_ += n;
        return std::span<T>(data_ + size_ - n, n);
    }
    // Room must have been reserved: cannot fail.
    void push_reserved(T value) {
        ASSERT(size_ < capacity_);
        new (&data_[size_++]) T(std::move(value));
    }
    Result<void> try_resize(usize n)
        requires std::is_default_constructible_v<T>
    {
        TRY(try_reserve(n));
        while (size_ < n) new (&data_[size_++]) T();
        while (size_ > n) pop();
        return {};
    }
    void pop() {
        ASSERT(size_ > 0);
        data_[--size_].~T();
    }
    void erase(usize i) {
        ASSERT(i < size_);
        for (; i + 1 < size_; i++) data_[i] = std::move(data_[i + 1]);
        pop();
    }
    void clear() {
        while (size_ > 0) pop();
    }

  private:
    T* data_ = nullptr;
    usize size_ = 0;
    usize capacity_ = 0;
};
