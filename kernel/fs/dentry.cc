#include "fs/dentry.h"

#include "base/owner_of.h"
#include "fs/dentry_cache.h"
#include "fs/notify.h"
#include "fs/path_parser.h"

namespace fs {

constinit DentryCache dentry_cache;

Result<Ref<Dentry>> Dentry::create_root(Ref<Inode> inode) {
    return dentry_cache.make(nullptr, name_key("/"), std::move(inode), 0);
}
Result<Ref<Dentry>> Dentry::create_unnamed(Ref<Inode> inode, std::string_view name) {
    return dentry_cache.make(nullptr, name_key(name), std::move(inode), kUnnamed);
}
bool Dentry::unused() { return dentry_cache.unused(*this); }
void Dentry::end() { dentry_cache.free_claimed(*this); }

Result<void> DentryCache::init(usize buckets, usize most) {
    TRY(storage_.try_resize(buckets));
    buckets_ = storage_.span();
    mask_ = buckets - 1;
    most_ = most;
    return {};
}

OptRef<Dentry> DentryCache::find(const Dentry& parent, const NameKey& key) const {
    rcu::ReadGuard rcu;
    for (;;) {
        u32 sequence = 0;
        Dentry* d = find_rcu(parent, key, sequence);
        if (d == nullptr) return nullptr;
        if (!d->try_add_ref()) return nullptr;
        if (!d->sequence_.read_retry(sequence)) [[likely]]
            return OptRef<Dentry>::adopt(d);
        // Dropping may take the cache's lock, which a reader may do.
        d->drop_ref();
    }
}

Result<Own<LongName>> DentryCache::prepare_name(std::string_view name) {
    if (name.size() <= Dentry::kShort) return Own<LongName>();
    Own<LongName> n = TRY(make_own<LongName>());
    n->name = TRY(Name::create(name));
    return n;
}

void DentryCache::set_name(Dentry& d, const NameKey& key, Own<LongName> long_name) {
    LongName* old = d.long_name_.load(std::memory_order_relaxed);
    if (key.text.size() <= Dentry::kShort) {
        std::copy(key.text.begin(), key.text.end(), d.name_.begin());
        d.size_ = static_cast<u8>(key.text.size());
    }
    d.long_name_.store(long_name.release(), std::memory_order_release);
    d.hash_ = key.hash;
    if (old != nullptr) rcu::defer(old->rcu, [](rcu::Head& h) { base::destroy(&base::owner_of<&LongName::rcu>(h)); });
}

Result<Ref<Dentry>> DentryCache::make(Dentry* parent, const NameKey& key, OptRef<Inode> inode, u32 flags) {
    if (unused_.load(std::memory_order_relaxed) > most_) shrink(32);
    Own<LongName> long_name = TRY(prepare_name(key.text));
    Dentry* d = base::try_new<Dentry>();
    if (d == nullptr) return Errno::kNOMEM;
    set_name(*d, key, std::move(long_name));
    d->inode_.store(inode.leak(), std::memory_order_relaxed);
    d->flags_.store(flags, std::memory_order_relaxed);
    if (parent != nullptr) parent->add_ref();
    d->parent_.store(parent == nullptr ? d : parent, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
    return Ref<Dentry>::adopt(*d);
}

void DentryCache::hash_in(Dentry& d) {
    std::atomic<Dentry*>& head = bucket(*d.parent(), d.hash_);
    d.next_.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
    d.flags_.fetch_or(Dentry::kHashed, std::memory_order_relaxed);
    head.store(&d, std::memory_order_release);
}

void DentryCache::hash_out(Dentry& d) {
    d.flags_.fetch_and(~Dentry::kHashed, std::memory_order_relaxed);
    std::atomic<Dentry*>* link = &bucket(*d.parent(), d.hash_);
    for (Dentry* at = link->load(std::memory_order_relaxed); at != nullptr;
         at = link->load(std::memory_order_relaxed)) {
        if (at == &d) {
            // d.next_ stays: readers that stand on d go on from there.
            link->store(d.next_.load(std::memory_order_relaxed), std::memory_order_release);
            return;
        }
        link = &at->next_;
    }
}

Result<Ref<Dentry>> DentryCache::add(Dentry& parent, const NameKey& key, OptRef<Inode> inode) {
    Ref<Dentry> fresh = TRY(make(&parent, key, std::move(inode), 0));
    Dentry* present = nullptr;
    {
        sync::SpinGuard guard(lock_);
        for (Dentry* d = bucket(parent, key.hash).load(std::memory_order_relaxed); d != nullptr;
             d = d->next_.load(std::memory_order_relaxed)) {
            if (d->matches(parent, key) && d->try_add_ref()) {
                present = d;
                break;
            }
        }
        if (present == nullptr) {
            hash_in(*fresh);
            parent.children_.push_back(*fresh);
        }
    }
    if (present != nullptr) return Ref<Dentry>::adopt(*present);
    return fresh;
}

void DentryCache::instantiate(Dentry& d, Ref<Inode> inode) {
    sync::SpinGuard guard(lock_);
    d.sequence_.write_begin();
    d.inode_.store(inode.leak(), std::memory_order_release);
    d.sequence_.write_end();
}

void DentryCache::forget(Dentry& d, bool keep_negative) {
    Inode* gone = nullptr;
    {
        sync::SpinGuard guard(lock_);
        d.sequence_.write_begin();
        // A walker that takes a reference from now on sees the sequence change and gives it back.
        if (keep_negative && d.ref_count() == 1 && !d.mountpoint()) {
            gone = d.inode_.exchange(nullptr, std::memory_order_acq_rel);
        } else if (d.hashed()) {
            hash_out(d);
        }
        d.sequence_.write_end();
    }
    if (gone == nullptr) return;
    notify::gone(*gone);
    gone->drop_ref();
}

void DentryCache::invalidate(Dentry& d) {
    {
        sync::SpinGuard guard(lock_);
        if (!d.hashed()) return;
        d.sequence_.write_begin();
        hash_out(d);
        d.sequence_.write_end();
    }
    prune(d);
}

void DentryCache::move(Dentry& d, Dentry& new_parent, const NameKey& name, Own<LongName> long_name) {
    Dentry* old_parent = d.parent();
    new_parent.add_ref();
    {
        sync::SpinGuard guard(lock_);
        rename_sequence.write_begin();
        d.sequence_.write_begin();
        if (d.hashed()) hash_out(d);
        d.child_node_.unlink();
        set_name(d, name, std::move(long_name));
        d.parent_.store(&new_parent, std::memory_order_release);
        new_parent.children_.push_back(d);
        hash_in(d);
        d.sequence_.write_end();
        rename_sequence.write_end();
    }
    old_parent->drop_ref();
}

void DentryCache::exchange(Dentry& a, Dentry& b) {
    sync::SpinGuard guard(lock_);
    rename_sequence.write_begin();
    a.sequence_.write_begin();
    b.sequence_.write_begin();
    hash_out(a);
    hash_out(b);
    a.child_node_.unlink();
    b.child_node_.unlink();
    std::swap(a.name_, b.name_);
    std::swap(a.size_, b.size_);
    std::swap(a.hash_, b.hash_);
    LongName* long_a = a.long_name_.load(std::memory_order_relaxed);
    a.long_name_.store(b.long_name_.load(std::memory_order_relaxed), std::memory_order_release);
    b.long_name_.store(long_a, std::memory_order_release);
    Dentry* parent_a = a.parent();
    a.parent_.store(b.parent(), std::memory_order_release);
    b.parent_.store(parent_a, std::memory_order_release);
    a.parent()->children_.push_back(a);
    b.parent()->children_.push_back(b);
    hash_in(a);
    hash_in(b);
    b.sequence_.write_end();
    a.sequence_.write_end();
    rename_sequence.write_end();
}

void DentryCache::set_mountpoint(Dentry& d, bool on) {
    if (on) {
        d.flags_.fetch_or(Dentry::kMountpoint, std::memory_order_release);
    } else {
        d.flags_.fetch_and(~Dentry::kMountpoint, std::memory_order_release);
    }
}

bool DentryCache::claim(Dentry& d) {
    i32 zero = 0;
    if (!d.count_.compare_exchange_strong(zero, Dentry::kDead, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return false;
    }
    d.sequence_.write_begin();
    if (d.hashed()) hash_out(d);
    d.sequence_.write_end();
    d.child_node_.unlink();
    if ((d.flags() & Dentry::kOnList) != 0) {
        d.list_node_.unlink();
        unused_.fetch_sub(1, std::memory_order_relaxed);
    }
    return true;
}

bool DentryCache::release(Dentry& d) {
    rcu::ReadGuard rcu;
    return d.count_.fetch_sub(1, std::memory_order_acq_rel) == 1 && unused(d);
}

// What claim() took out: gives back what it holds; the memory follows when no walker can see it any more.
bool DentryCache::free_one(Dentry& d) {
    Inode* inode = d.inode_.load(std::memory_order_relaxed);
    Dentry* parent = d.parent();
    count_.fetch_sub(1, std::memory_order_relaxed);
    const bool own_parent = parent == &d;
    rcu::defer(d.rcu_, [](rcu::Head& h) {
        Dentry& dead = base::owner_of<&Dentry::rcu_>(h);
        base::destroy(dead.long_name_.load(std::memory_order_relaxed));
        base::destroy(&dead);
    });
    if (inode != nullptr) {
        notify::gone(*inode);
        inode->drop_ref();
    }
    return !own_parent && release(*parent);
}

void DentryCache::free_claimed(Dentry& d) {
    // A loop: folders that were removed while one at their bottom was in use hang on each other, any number of them.
    Dentry* at = &d;
    for (Dentry* parent = at->parent(); free_one(*at); parent = at->parent()) at = parent;
}

// Stays in the cache if it has a place there. Names that must be asked for at every use (procfs) go at once: they
// are cheap to make again and would keep what they tell of, a process, from going.
bool DentryCache::unused(Dentry& d) {
    const u32 flags = d.flags();
    if ((flags & Dentry::kHashed) != 0 && (flags & Dentry::kOnList) != 0) {
        if ((flags & Dentry::kUsedAgain) == 0) d.flags_.fetch_or(Dentry::kUsedAgain, std::memory_order_relaxed);
        return false;
    }
    sync::SpinGuard guard(lock_);
    if (d.ref_count() != 0) return false;
    const Inode* inode = d.inode();
    if (d.hashed() && (inode == nullptr || !inode->revalidates())) {
        if ((d.flags() & Dentry::kOnList) == 0) {
            d.flags_.fetch_or(Dentry::kOnList, std::memory_order_relaxed);
            unused_list_.push_back(d);
            unused_.fetch_add(1, std::memory_order_relaxed);
        }
        return false;
    }
    return claim(d);
}

usize DentryCache::shrink(usize count) {
    usize freed = 0;
    // Each dentry is looked at twice at most: those used since they came on the list go back to its end once.
    for (u64 looks = 2 * unused_.load(std::memory_order_relaxed) + 1; freed < count && looks > 0; looks--) {
        Dentry* d;
        {
            sync::SpinGuard guard(lock_);
            d = unused_list_.pop_front();
            if (d == nullptr) break;
            if ((d->flags() & Dentry::kUsedAgain) != 0) {
                d->flags_.fetch_and(~Dentry::kUsedAgain, std::memory_order_relaxed);
                unused_list_.push_back(*d);
                continue;
            }
            d->flags_.fetch_and(~Dentry::kOnList, std::memory_order_relaxed);
            unused_.fetch_sub(1, std::memory_order_relaxed);
            // In use again: comes back on the list when its count reaches 0 the next time.
            if (!claim(*d)) continue;
        }
        free_claimed(*d);
        freed++;
    }
    return freed;
}

void DentryCache::prune(Dentry& root) {
    // Leaves first: a directory's count falls to 0 when its last child goes, and then it is found again.
    for (bool again = true; again;) {
        again = false;
        Dentry* leaf = nullptr;
        {
            sync::SpinGuard guard(lock_);
            Dentry* at = &root;
            while (at != nullptr) {
                Dentry* unused_child = nullptr;
                Dentry* inner = nullptr;
                for (Dentry& c : at->children_) {
                    if (c.ref_count() == 0) {
                        unused_child = &c;
                        break;
                    }
                    if (!c.children_.empty()) inner = &c;
                }
                if (unused_child != nullptr) {
                    if (claim(*unused_child)) leaf = unused_child;
                    again = true;
                    break;
                }
                at = inner;
            }
        }
        if (leaf != nullptr) free_claimed(*leaf);
    }
}

}  // namespace fs
