// Dentry: a name in a directory as the cache remembers it, with its inode or with the knowledge that there is
// none. Callers: fs alone; others hold a Path and treat it as opaque. Locks, context: found without locks
// under RCU; changed under the cache's lock by those who hold the directory's inode lock. A count of 0 means:
// in the cache, in nobody's use; shrink_dentries() frees such ones.
#pragma once

#include <array>
#include <atomic>

#include "base/list.h"
#include "base/ref.h"
#include "fs/inode.h"
#include "fs/name.h"
#include "sync/rcu.h"
#include "sync/seqlock.h"

namespace fs {

class Mount;

// A name too long to be kept in the dentry. Never changes; freed by RCU.
struct LongName {
    Name name;
    rcu::Head rcu;
};

class Dentry {
  public:
    Dentry(const Dentry&) = delete;
    Dentry& operator=(const Dentry&) = delete;

    // The root of a file system, with one reference. ENOMEM.
    static Result<Ref<Dentry>> create_root(Ref<Inode> inode);
    // A nameless file (O_TMPFILE, memfd): no parent but itself; `name` is for /proc/PID/fd.
    static Result<Ref<Dentry>> create_unnamed(Ref<Inode> inode, std::string_view name);

    // For Ref<Dentry>.
    void add_ref() const { count_.fetch_add(1, std::memory_order_relaxed); }
    void drop_ref() const {
        bool gone;
        {
            // Under RCU, because at a count of 0 another CPU may free it before we have looked at it.
            rcu::ReadGuard rcu;
            gone = count_.fetch_sub(1, std::memory_order_acq_rel) == 1 && const_cast<Dentry*>(this)->unused();
        }
        if (gone) [[unlikely]]
            const_cast<Dentry*>(this)->end();
    }
    // Under RCU: false when it is being freed.
    [[nodiscard]] bool try_add_ref() const {
        i32 n = count_.load(std::memory_order_relaxed);
        while (n >= 0) {
            if (count_.compare_exchange_weak(n, n + 1, std::memory_order_acquire, std::memory_order_relaxed))
                return true;
        }
        return false;
    }
    i32 ref_count() const { return count_.load(std::memory_order_relaxed); }

    // Null: negative.
    Inode* inode() const { return inode_.load(std::memory_order_acquire); }
    bool negative() const { return inode() == nullptr; }
    // Itself for a root. Stable only under the rename lock, a lock on the directory, or a sequence check.
    Dentry* parent() const { return parent_.load(std::memory_order_acquire); }
    bool is_root() const { return parent() == this; }
    bool mountpoint() const { return (flags() & kMountpoint) != 0; }
    bool hashed() const { return (flags() & kHashed) != 0; }
    // Removed from its directory while in use.
    bool deleted() const { return !hashed() && !is_root(); }
    bool unnamed() const { return (flags() & kUnnamed) != 0; }
    // Its text. Stable as parent() is; a reader under RCU may see nonsense, but nothing out of bounds.
    std::string_view name() const {
        if (const LongName* n = long_name_.load(std::memory_order_acquire)) return n->name.view();
        return {name_.data(), size_ <= kShort ? size_ : usize{0}};
    }
    u32 hash() const { return hash_; }
    bool matches(const Dentry& parent, const NameKey& key) const {
        return hash_ == key.hash && parent_.load(std::memory_order_relaxed) == &parent && name() == key.text;
    }
    const sync::SeqCount& sequence() const { return sequence_; }

  private:
    friend class DentryCache;
    template <typename T, typename... Args>
    friend T* base::try_new(Args&&... args);
    template <typename T>
    friend void base::destroy(T* p);
    Dentry() = default;
    ~Dentry() = default;
    bool unused();
    void end();
    u32 flags() const { return flags_.load(std::memory_order_relaxed); }

    static constexpr u32 kHashed = 1, kMountpoint = 2, kOnList = 4, kUsedAgain = 8, kUnnamed = 16;
    static constexpr i32 kDead = -0x4000'0000;
    static constexpr usize kShort = 38;

    // What the walk reads of each dentry of a chain comes first: one cache line.
    std::atomic<Dentry*> next_{nullptr};    // in the bucket
    std::atomic<Dentry*> parent_{nullptr};  // holds a reference unless itself
    std::atomic<Inode*> inode_{nullptr};    // holds a reference
    std::atomic<LongName*> long_name_{nullptr};
    u32 hash_ = 0;
    sync::SeqCount sequence_;            // odd while name, parent, inode or being hashed change
    mutable std::atomic<i32> count_{1};  // kDead when it is being freed
    std::atomic<u32> flags_{0};
    std::array<char, kShort> name_{};
    u8 size_ = 0;
    ListNode list_node_;  // of unused dentries, oldest first
    ListNode child_node_;
    IntrusiveList<Dentry, &Dentry::child_node_> children_;
    rcu::Head rcu_;
};

}  // namespace fs
