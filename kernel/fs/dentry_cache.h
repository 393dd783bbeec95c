// DentryCache: all dentries by (directory, name); the one there is.
// Callers: walk, operations, mount.
// Locks, context: find_rcu() under RCU; the rest in thread context. add, forget, move: with the directory's inode
// lock held (exclusive, but for add of what lookup gave: shared).
#pragma once

#include <atomic>
#include <bit>
#include <span>

#include "base/vector.h"
#include "fs/dentry.h"
#include "sync/spin_lock.h"

namespace fs {

class DentryCache {
  public:
    // `buckets`: a power of two. `most`: unused dentries beyond this many are freed as new ones come.
    Result<void> init(usize buckets, usize most);

    // The dentry and the sequence it had while it matched; null: not cached (or just being changed).
    [[gnu::always_inline]] Dentry* find_rcu(const Dentry& parent, const NameKey& key, u32& sequence) const {
        for (Dentry* d = bucket(parent, key.hash).load(std::memory_order_acquire); d != nullptr;
             d = d->next_.load(std::memory_order_acquire)) {
            if (d->hash_ != key.hash || d->parent_.load(std::memory_order_relaxed) != &parent) continue;
            sequence = d->sequence_.peek();
            if ((sequence & 1) == 0 && d->matches(parent, key) && d->hashed()) return d;
        }
        return nullptr;
    }
    // With a reference; null: not cached.
    OptRef<Dentry> find(const Dentry& parent, const NameKey& key) const;
    // A new dentry, negative when `inode` is null; or the one that is there already by now. ENOMEM.
    Result<Ref<Dentry>> add(Dentry& parent, const NameKey& key, OptRef<Inode> inode);
    // A negative dentry gets its inode.
    void instantiate(Dentry& d, Ref<Inode> inode);
    // The name is gone: a dentry that nobody else uses becomes negative (if `keep_negative`), others leave the cache.
    void forget(Dentry& d, bool keep_negative);
    // No longer true (revalidation failed): leaves the cache with all below it.
    void invalidate(Dentry& d);
    // The dentry gets another name. What is cached under that name must have been forgotten. Cannot fail once
    // `long_name` is made with prepare_name().
    static Result<Own<LongName>> prepare_name(std::string_view name);
    void move(Dentry& d, Dentry& new_parent, const NameKey& name, Own<LongName> long_name);
    // Both swap places.
    void exchange(Dentry& a, Dentry& b);
    // Frees up to `count` unused dentries, oldest first.
    usize shrink(usize count);
    // Drops all cached dentries below `root` that nobody uses: before a file system goes.
    void prune(Dentry& root);
    void set_mountpoint(Dentry& d, bool on);

    Result<Ref<Dentry>> make(Dentry* parent, const NameKey& key, OptRef<Inode> inode, u32 flags);
    // The count has reached 0; under RCU. True: it has no place in the cache and is the caller's, for free_claimed().
    bool unused(Dentry& d);
    // Gives back what it holds, and its parents that only it held: any number of them.
    void free_claimed(Dentry& d);
    u64 count() const { return count_.load(std::memory_order_relaxed); }
    u64 unused_count() const { return unused_.load(std::memory_order_relaxed); }

    // Odd while some dentry changes its name: who follows parents checks it.
    sync::SeqCount rename_sequence;

  private:
    using Lock = sync::SpinLock<sync::Rank::kDentry>;
    std::atomic<Dentry*>& bucket(const Dentry& parent, u32 hash) const {
        const u64 p = std::bit_cast<u64>(&parent) >> 6;
        return buckets_[static_cast<usize>((hash ^ p ^ (p >> 16)) & mask_)].first;
    }
    void hash_in(Dentry& d);
    void hash_out(Dentry& d);
    void set_name(Dentry& d, const NameKey& key, Own<LongName> long_name);
    // Takes a dentry with count 0 out of everything; false if somebody took a reference. Lock held.
    bool claim(Dentry& d);
    // As Dentry::drop_ref(), but what has to go is left to the caller: true.
    bool release(Dentry& d);
    // True: its parent has to go too.
    bool free_one(Dentry& d);

    struct Bucket {
        std::atomic<Dentry*> first{nullptr};
        Bucket() = default;
        Bucket(Bucket&&) noexcept {}  // only while the array is made
    };
    std::span<Bucket> buckets_;
    u64 mask_ = 0;
    usize most_ = 1024;
    Vector<Bucket> storage_;
    std::atomic<u64> count_{0}, unused_{0};
    Lock lock_;
    IntrusiveList<Dentry, &Dentry::list_node_> unused_list_;
};

extern constinit DentryCache dentry_cache;

}  // namespace fs
