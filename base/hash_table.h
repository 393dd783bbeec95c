// HashTable: intrusive chained hash table with a fixed number of buckets.
// Callers: everyone (pid table, dentry cache, futexes).
// Locks: none of its own. No allocation; insert and remove cannot fail.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/list.h"

namespace base {
// FNV-1a, folded with a multiply: for names and keys that are not an attacker's choice alone.
constexpr u64 hash_bytes(std::string_view text, u64 seed = 0xcbf29ce484222325) {
    u64 h = seed;
    for (char c : text) h = (h ^ static_cast<u8>(c)) * 0x100000001b3;
    return h ^ (h >> 32);
}
// Finaliser of MurmurHash3.
constexpr u64 hash_u64(u64 x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
    return x ^ (x >> 33);
}
}  // namespace base

template <typename T, ListNode T::* Member, usize kBuckets>
class HashTable {
    static_assert((kBuckets & (kBuckets - 1)) == 0);

  public:
    using Bucket = IntrusiveList<T, Member>;
    void insert(T& t, u64 hash) { buckets_[hash & (kBuckets - 1)].push_front(t); }
    static void remove(T& t) { (t.*Member).unlink(); }
    // The first element in the chain of `hash` for which match(element).
    template <typename Match>
    T* find(u64 hash, Match match) const {
        for (T& t : buckets_[hash & (kBuckets - 1)])
            if (match(t)) return &t;
        return nullptr;
    }
    Bucket& bucket(usize i) { return buckets_[i]; }
    static constexpr usize buckets() { return kBuckets; }

  private:
    std::array<Bucket, kBuckets> buckets_;
};
