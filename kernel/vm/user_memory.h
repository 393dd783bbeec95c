// User memory: typed values, spans, strings, and the cursors (IoReader, IoWriter) that carry buffers down the
// floors. Callers: UserIn, UserOut, UserSpan and UserCString come from the system-call glue alone; cursors go
// everywhere. Locks, context: copies may fault and so sleep: no spin locks held. Every value is fetched once.
#pragma once

#include <cstring>
#include <span>
#include <type_traits>

#include "arch/user_copy.h"
#include "base/bytes.h"
#include "base/result.h"

#pragma clang unsafe_buffer_usage begin
namespace vm {

namespace detail {
template <typename T>
concept Copyable = std::is_trivially_copyable_v<T>;
template <Copyable T>
inline Result<void> fetch(T* to, u64 from) {
    if constexpr (sizeof(T) == 4 && alignof(T) == 4) {
        if (arch::get_user32(reinterpret_cast<u32*>(to), from) != 0) [[unlikely]]
            return Errno::kFAULT;
    } else if constexpr (sizeof(T) == 8 && alignof(T) == 8) {
        if (arch::get_user64(reinterpret_cast<u64*>(to), from) != 0) [[unlikely]]
            return Errno::kFAULT;
    } else {
        if (arch::copy_from_user(to, from, sizeof(T)) != 0) [[unlikely]]
            return Errno::kFAULT;
    }
    return {};
}
template <Copyable T>
inline Result<void> store(u64 to, const T& v) {
    if constexpr (sizeof(T) == 4 && alignof(T) == 4) {
        if (arch::put_user32(to, std::bit_cast<u32>(v)) != 0) [[unlikely]]
            return Errno::kFAULT;
    } else if constexpr (sizeof(T) == 8 && alignof(T) == 8) {
        if (arch::put_user64(to, std::bit_cast<u64>(v)) != 0) [[unlikely]]
            return Errno::kFAULT;
    } else {
        // Padding would carry kernel bytes out.
        static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>,
                      "give the structure explicit padding fields");
        if (arch::copy_to_user(to, &v, sizeof(T)) != 0) [[unlikely]]
            return Errno::kFAULT;
    }
    return {};
}
}  // namespace detail

// A T that user space passes in.
template <typename T>
class UserIn {
  public:
    constexpr UserIn() = default;
    constexpr explicit UserIn(UserAddr a) : address_(a) {}
    constexpr UserAddr address() const { return address_; }
    constexpr explicit operator bool() const { return !address_.is_null(); }
    // EFAULT.
    Result<T> fetch() const {
        T t;
        if (!detail::fetch(&t, address_.value).ok()) [[unlikely]]
            return Errno::kFAULT;
        return t;
    }
    // The `index`-th of an array of T.
    Result<T> fetch_at(usize index) const { return UserIn(address_ + index * sizeof(T)).fetch(); }
    Result<void> fetch_array(std::span<T> to) const {
        if (to.size() > kUserLimit / sizeof(T)) return Errno::kFAULT;
        if (arch::copy_from_user(to.data(), address_.value, to.size() * sizeof(T)) != 0) return Errno::kFAULT;
        return {};
    }

  private:
    UserAddr address_;
};

// Where user space wants a T.
template <typename T>
class UserOut {
  public:
    constexpr UserOut() = default;
    constexpr explicit UserOut(UserAddr a) : address_(a) {}
    constexpr UserAddr address() const { return address_; }
    constexpr explicit operator bool() const { return !address_.is_null(); }
    // EFAULT.
    Result<void> store(const T& v) const { return detail::store(address_.value, v); }
    Result<void> store_at(usize index, const T& v) const { return UserOut(address_ + index * sizeof(T)).store(v); }
    Result<void> store_array(std::span<const T> from) const {
        static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>);
        if (arch::copy_to_user(address_.value, from.data(), from.size_bytes()) != 0) return Errno::kFAULT;
        return {};
    }

  private:
    UserAddr address_;
};

template <typename T>
class UserInOut {
  public:
    constexpr UserInOut() = default;
    constexpr explicit UserInOut(UserAddr a) : address_(a) {}
    constexpr UserAddr address() const { return address_; }
    constexpr explicit operator bool() const { return !address_.is_null(); }
    Result<T> fetch() const { return UserIn<T>(address_).fetch(); }
    Result<void> store(const T& v) const { return detail::store(address_.value, v); }
    UserIn<T> in() const { return UserIn<T>(address_); }
    UserOut<T> out() const { return UserOut<T>(address_); }

  private:
    UserAddr address_;
};

// `len` untyped bytes.
struct UserSpan {
    UserAddr addr;
    usize len = 0;

    explicit operator bool() const { return !addr.is_null(); }
    // All of `to` from byte `offset` on, or EFAULT (also beyond `len`).
    Result<void> copy_in(std::span<u8> to, usize offset = 0) const {
        if (offset > len || len - offset < to.size()) return Errno::kFAULT;
        if (arch::copy_from_user(to.data(), addr.value + offset, to.size()) != 0) return Errno::kFAULT;
        return {};
    }
    Result<void> copy_out(std::span<const u8> from, usize offset = 0) const {
        if (offset > len || len - offset < from.size()) return Errno::kFAULT;
        if (arch::copy_to_user(addr.value + offset, from.data(), from.size()) != 0) return Errno::kFAULT;
        return {};
    }
    Result<void> clear(usize offset, usize n) const {
        if (offset > len || len - offset < n) return Errno::kFAULT;
        if (arch::clear_user(addr.value + offset, n) != 0) return Errno::kFAULT;
        return {};
    }
    UserSpan subspan(usize offset) const { return {addr + offset, len - offset}; }
};

class UserCString {
  public:
    constexpr UserCString() = default;
    constexpr explicit UserCString(UserAddr a) : address_(a) {}
    constexpr UserAddr address() const { return address_; }
    constexpr explicit operator bool() const { return !address_.is_null(); }
    // Copies the string and its NUL. The length without NUL; EFAULT, or ENAMETOOLONG when the NUL does not
    // fit.
    Result<usize> fetch(std::span<char> to) const {
        const i64 n = arch::strncpy_from_user(to.data(), address_.value, to.size());
        if (n < 0) [[unlikely]]
            return Errno::kFAULT;
        if (static_cast<usize>(n) == to.size()) [[unlikely]]
            return Errno::kNAMETOOLONG;
        return static_cast<usize>(n);
    }
    // The length without NUL, `max` when there is none in the first `max` bytes; EFAULT.
    Result<usize> length(usize max) const {
        const i64 n = arch::strnlen_user(address_.value, max);
        if (n < 0) return Errno::kFAULT;
        return static_cast<usize>(n);
    }

  private:
    UserAddr address_;
};

// One piece of a scattered buffer, laid out as Linux's struct iovec.
struct IoSegment {
    u64 address;
    u64 length;
};
// The most that one read or write moves, and how many pieces it may have (Linux: MAX_RW_COUNT, UIO_MAXIOV).
inline constexpr usize kMaxTransfer = 0x7fff'f000;
inline constexpr usize kMaxSegments = 1024;

namespace detail {
// A position in one range of user or kernel memory, and the ranges that follow it.
class Cursor {
  public:
    usize remaining() const { return total_; }
    bool empty() const { return total_ == 0; }
    bool is_user() const { return user_; }
    // Leaves out the next `n` bytes (at most what remains).
    void skip(usize n) {
        while (n > left_) {
            n -= left_;
            total_ -= left_;
            next_segment();
        }
        advance(n);
    }
    // At most `n` more bytes from here on.
    void truncate(usize n) {
        if (n < total_) total_ = n;
        if (left_ > total_) left_ = total_;
    }
    // The piece at hand, for owners that move pages or look for buffer ends.
    u64 segment_address() const { return address_; }
    usize segment_length() const { return left_; }

  protected:
    constexpr Cursor(u64 address, usize length, bool user)
        : address_(address), left_(length), total_(length), user_(user) {}
    constexpr Cursor(std::span<const IoSegment> segments, usize total, bool user)
        : total_(total), next_(segments.data()), count_(segments.size()), user_(user) {
        if (total_ > 0) next_segment();
    }
    // To the next piece that is not empty; `total_` says that there is one.
    constexpr void next_segment() {
        do {
            address_ = next_->address;
            left_ = next_->length;
            next_++;
            count_--;
        } while (left_ == 0 && count_ > 0);
        if (left_ > total_) left_ = total_;
    }
    void advance(usize n) {
        address_ += n;
        left_ -= n;
        total_ -= n;
    }
    // Moves up to `n` bytes with copy(address, offset, n) -> bytes not copied; the number moved.
    template <typename Copy>
    usize transfer(usize n, Copy copy) {
        if (n > total_) n = total_;
        usize done = 0;
        while (done < n) {
            if (left_ == 0) [[unlikely]]
                next_segment();
            const usize piece = n - done < left_ ? n - done : left_;
            const usize missed = copy(address_, done, piece);
            const usize moved = piece - missed;
            advance(moved);
            done += moved;
            if (missed != 0) [[unlikely]]
                break;
        }
        return done;
    }

    u64 address_ = 0;
    usize left_ = 0;   // in this piece; never more than total_
    usize total_ = 0;  // in all
    const IoSegment* next_ = nullptr;
    usize count_ = 0;
    bool user_;
};
}  // namespace detail

// Where the bytes of a read go. A fault after some bytes gives a short count, at once EFAULT.
class IoWriter : public detail::Cursor {
  public:
    static IoWriter from_user(UserAddr a, usize n) { return {a.value, n, true}; }
    static IoWriter from_user(UserSpan s) { return {s.addr.value, s.len, true}; }
    // The segments (user addresses) must outlive the cursor and hold `total` bytes in all.
    static IoWriter from_iovec(std::span<const IoSegment> segments, usize total) { return {segments, total, true}; }
    static IoWriter from_kernel(std::span<u8> s) { return {reinterpret_cast<u64>(s.data()), s.size(), false}; }

    // The number of bytes taken: all, or fewer when the destination ends or a page is missing.
    Result<usize> write(std::span<const u8> from) {
        // Most buffers are one user range: one copy, no loop.
        if (from.size() <= left_ && user_) [[likely]] {
            const usize missed = arch::copy_to_user(address_, from.data(), from.size());
            const usize moved = from.size() - missed;
            advance(moved);
            if (moved == 0 && missed != 0) [[unlikely]]
                return Errno::kFAULT;
            return moved;
        }
        return write_pieces(from);
    }
    [[gnu::noinline]] Result<usize> write_pieces(std::span<const u8> from) {
        const usize n =
            user_ ? transfer(from.size(),
                             [&](u64 to, usize at, usize len) { return arch::copy_to_user(to, from.data() + at, len); })
                  : transfer(from.size(), [&](u64 to, usize at, usize len) {
                        std::memcpy(reinterpret_cast<void*>(to), from.data() + at, len);
                        return usize{0};
                    });
        if (n == 0 && !from.empty() && total_ > 0) [[unlikely]]
            return Errno::kFAULT;
        return n;
    }
    Result<usize> write_zero(usize count) {
        const usize n = transfer(count, [&](u64 to, usize, usize len) -> usize {
            if (user_) return arch::clear_user(to, len);
            std::memset(reinterpret_cast<void*>(to), 0, len);
            return 0;
        });
        if (n == 0 && count > 0 && total_ > 0) [[unlikely]]
            return Errno::kFAULT;
        return n;
    }
    // A whole T, or EFAULT or (destination too short) EINVAL.
    template <typename T>
    Result<void> write_value(const T& v) {
        static_assert(std::has_unique_object_representations_v<T>);
        if (total_ < sizeof(T)) return Errno::kINVAL;
        if (TRY(write(base::bytes_of(v))) != sizeof(T)) return Errno::kFAULT;
        return {};
    }

  private:
    using Cursor::Cursor;
};

// Where the bytes of a write come from.
class IoReader : public detail::Cursor {
  public:
    static IoReader from_user(UserAddr a, usize n) { return {a.value, n, true}; }
    static IoReader from_user(UserSpan s) { return {s.addr.value, s.len, true}; }
    static IoReader from_iovec(std::span<const IoSegment> segments, usize total) { return {segments, total, true}; }
    static IoReader from_kernel(std::span<const u8> s) { return {reinterpret_cast<u64>(s.data()), s.size(), false}; }

    // The number of bytes given: all of `to`, or fewer when the source ends or a page is missing.
    Result<usize> read(std::span<u8> to) {
        if (to.size() <= left_ && user_) [[likely]] {
            const usize missed = arch::copy_from_user(to.data(), address_, to.size());
            const usize moved = to.size() - missed;
            advance(moved);
            if (moved == 0 && missed != 0) [[unlikely]]
                return Errno::kFAULT;
            return moved;
        }
        return read_pieces(to);
    }
    [[gnu::noinline]] Result<usize> read_pieces(std::span<u8> to) {
        const usize n =
            user_ ? transfer(to.size(), [&](u64 from, usize at,
                                            usize len) { return arch::copy_from_user(to.data() + at, from, len); })
                  : transfer(to.size(), [&](u64 from, usize at, usize len) {
                        std::memcpy(to.data() + at, reinterpret_cast<const void*>(from), len);
                        return usize{0};
                    });
        if (n == 0 && !to.empty() && total_ > 0) [[unlikely]]
            return Errno::kFAULT;
        return n;
    }
    template <typename T>
        requires std::is_trivially_copyable_v<T>
    Result<T> read_value() {
        T t;
        if (total_ < sizeof(T)) return Errno::kINVAL;
        if (TRY(read(base::writable_bytes_of(t))) != sizeof(T)) return Errno::kFAULT;
        return t;
    }

  private:
    using Cursor::Cursor;
};

}  // namespace vm
#pragma clang unsafe_buffer_usage end
