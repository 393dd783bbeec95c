// Bitmap<N>: N bits in place.
// Callers: everyone.
// Locks: none of its own; AtomicBitmap's single operations are atomic.
#pragma once

#include <array>
#include <atomic>
#include <bit>

#include "base/assert.h"
#include "base/types.h"

template <usize N>
class Bitmap {
  public:
    static constexpr usize kNone = ~usize{0};
    constexpr bool test(usize i) const { return (words_[i / 64] >> (i % 64)) & 1; }
    constexpr void set(usize i) { words_[i / 64] |= u64{1} << (i % 64); }
    constexpr void clear(usize i) { words_[i / 64] &= ~(u64{1} << (i % 64)); }
    constexpr void clear_all() { words_ = {}; }
    constexpr bool any() const {
        for (u64 w : words_)
            if (w != 0) return true;
        return false;
    }
    constexpr usize count() const {
        usize n = 0;
        for (u64 w : words_) n += static_cast<usize>(std::popcount(w));
        return n;
    }
    // The first set bit at or after `from`, or kNone.
    constexpr usize find_set(usize from = 0) const { return find(from, 0); }
    // The first clear bit at or after `from`, or kNone.
    constexpr usize find_clear(usize from = 0) const { return find(from, ~u64{0}); }
    constexpr u64 word(usize i) const { return words_[i]; }
    constexpr void set_word(usize i, u64 w) { words_[i] = w; }
    static constexpr usize words() { return (N + 63) / 64; }
    constexpr bool operator==(const Bitmap&) const = default;

  private:
    constexpr usize find(usize from, u64 flip) const {
        for (usize w = from / 64; w < words(); w++) {
            u64 bits = words_[w] ^ flip;
            if (w == from / 64) bits &= ~u64{0} << (from % 64);
            if (bits != 0) {
                usize i = w * 64 + static_cast<usize>(std::countr_zero(bits));
                return i < N ? i : kNone;
            }
        }
        return kNone;
    }
    std::array<u64, (N + 63) / 64> words_{};
};

template <usize N>
class AtomicBitmap {
  public:
    bool test(usize i) const { return (words_[i / 64].load(std::memory_order_relaxed) >> (i % 64)) & 1; }
    // Both return the bit as it was.
    bool set(usize i) { return (words_[i / 64].fetch_or(u64{1} << (i % 64)) >> (i % 64)) & 1; }
    bool clear(usize i) { return (words_[i / 64].fetch_and(~(u64{1} << (i % 64))) >> (i % 64)) & 1; }
    u64 word(usize i) const { return words_[i].load(std::memory_order_acquire); }
    Bitmap<N> snapshot() const {
        Bitmap<N> b;
        for (usize w = 0; w < words_.size(); w++) b.set_word(w, word(w));
        return b;
    }

  private:
    std::array<std::atomic<u64>, (N + 63) / 64> words_{};
};
