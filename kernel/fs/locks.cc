#include "fs/locks.h"

#include "base/own.h"
#include "fs/inode.h"
#include "fs/lock_list.h"
#include "fs/lock_waits.h"

namespace fs {

namespace {

bool overlap(const FileLock& a, const FileLock& b) { return a.start <= b.end && b.start <= a.end; }

constinit sync::Guarded<AllLockLists, sync::SpinLock<sync::Rank::kLockLists>> all;

// Shows in /proc/locks while it lives.
class Waiting {
  public:
    Waiting(LockList& list, const FileLock& wanted) : list_(list), waiter_{wanted} {
        list_.state.lock()->waiting.push_back(waiter_);
    }
    ~Waiting() { list_.state.lock()->waiting.remove(waiter_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    LockList& list_;
    LockWaiter waiter_;
};

// Applies the change to the owner's locks; `spare` are nodes for what may be needed: the new lock and one
// split.
void apply(LockList::State& s, const FileLock& wanted, bool unlock, Own<FileLock>& fresh, Own<FileLock>& split) {
    FileLock merged = wanted;
    for (FileLock& l : s.held) {
        if (l.kind != wanted.kind || l.owner != wanted.owner) continue;
        const bool same = !unlock && l.exclusive == wanted.exclusive;
        if (same) {
            // Neighbours and overlaps of one kind become one lock.
            const bool touches = overlap(l, merged) || (l.end != ~u64{0} && l.end + 1 == merged.start) ||
                                 (merged.end != ~u64{0} && merged.end + 1 == l.start);
            if (!touches) continue;
            if (l.start < merged.start) merged.start = l.start;
            if (l.end > merged.end) merged.end = l.end;
        } else {
            if (!overlap(l, wanted)) continue;
            if (l.start < wanted.start && l.end > wanted.end) {
                split->owner = l.owner, split->kind = l.kind, split->exclusive = l.exclusive;
                split->open_file = l.open_file, split->pid = l.pid;
                split->start = wanted.end + 1, split->end = l.end;
                l.end = wanted.start - 1;
                s.held.push_back(*split.release());
                break;  // nothing else of this owner can overlap
            }
            if (l.start < wanted.start) {
                l.end = wanted.start - 1;
                continue;
            }
            if (l.end > wanted.end) {
                l.start = wanted.end + 1;
                continue;
            }
        }
        s.held.remove(l);
        base::destroy(&l);
    }
    if (unlock) return;
    fresh->owner = merged.owner, fresh->kind = merged.kind, fresh->exclusive = merged.exclusive;
    fresh->open_file = merged.open_file, fresh->pid = merged.pid, fresh->start = merged.start, fresh->end = merged.end;
    s.held.push_back(*fresh.release());
}

}  // namespace

bool conflict(const FileLock& held, const FileLock& wanted) {
    return held.kind == wanted.kind && held.owner != wanted.owner && (held.exclusive || wanted.exclusive) &&
           overlap(held, wanted);
}

Result<LockList*> lock_list_of(Inode& inode) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list != nullptr) return list;
    Own<LockList> fresh = TRY(make_own<LockList>(inode));
    if (!inode.locks.compare_exchange_strong(list, fresh.get(), std::memory_order_acq_rel)) return list;
    all.lock()->lists.push_back(*fresh);
    return fresh.release();
}

void for_each_lock_list(void (*fn)(const LockList&, void*), void* context) {
    auto a = all.lock();
    for (const LockList& l : a->lists) fn(l, context);
}

Result<void> set_lock(Inode& inode, const FileLock& wanted, bool unlock, bool wait) {
    if (unlock && inode.locks.load(std::memory_order_acquire) == nullptr) return {};
    LockList* list = TRY(lock_list_of(inode));
    Own<FileLock> fresh = TRY(make_own<FileLock>());
    Own<FileLock> split = TRY(make_own<FileLock>());
    // Circles are looked for only among locks that processes own, as Linux does.
    const bool circles = wait && wanted.kind == LockKind::kRecord && !wanted.open_file;
    lock_waits::Edge edge(wanted.owner, list);
    bool deadlock = false;
    const auto blocked = [&](LockList::State& s) {
        if (unlock) return false;
        for (FileLock& l : s.held) {
            if (!conflict(l, wanted)) continue;
            if (circles && !l.open_file) deadlock = !edge.set(l.owner);
            return true;
        }
        return false;
    };
    for (;;) {
        {
            auto s = list->state.lock();
            if (!blocked(*s)) {
                apply(*s, wanted, unlock, fresh, split);
                lock_waits::forget(list, wanted.owner);
                break;
            }
        }
        if (!wait) return Errno::kAGAIN;
        if (deadlock) return Errno::kDEADLK;
        const Waiting waiting(*list, wanted);
        TRY(list->changed.wait_interruptible([&] {
            auto s = list->state.lock();
            return !blocked(*s) || deadlock;
        }));
    }
    list->changed.wake_all();
    return {};
}

bool find_conflict(Inode& inode, const FileLock& wanted, FileLock& found) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list == nullptr) return false;
    auto s = list->state.lock();
    // Linux keeps an owner's locks by their start: of several its first is told.
    const FileLock* first = nullptr;
    for (FileLock& l : s->held) {
        if (!conflict(l, wanted)) continue;
        if (first == nullptr || (l.owner == first->owner && l.start < first->start)) first = &l;
    }
    if (first == nullptr) return false;
    found = *first;
    found.node = {};
    return true;
}

void drop_locks(Inode& inode, const void* owner, LockKind kind) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list == nullptr) return;
    bool any = false;
    {
        auto s = list->state.lock();
        for (FileLock& l : s->held) {
            if (l.owner != owner || l.kind != kind) continue;
            s->held.remove(l);
            base::destroy(&l);
            any = true;
        }
        if (any) lock_waits::forget(list, owner);
    }
    if (any) list->changed.wake_all();
}

void destroy_locks(LockList* list) {
    if (list == nullptr) return;
    all.lock()->lists.remove(*list);
    for (FileLock& l : list->state.unguarded().held) {
        list->state.unguarded().held.remove(l);
        base::destroy(&l);
    }
    base::destroy(list);
}

}  // namespace fs
