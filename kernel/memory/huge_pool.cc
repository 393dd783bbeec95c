#include "memory/huge_pool.h"

#include "memory/page_allocator.h"
#include "memory/page_run.h"
#include "sync/spin_lock.h"

namespace memory::huge_pool {
namespace {

struct Pool {
    HugeCounts counts;
    // Linked by link.next. The first frame of each has a reference, the pool's; the others none.
    Frame* free = nullptr;
    void push(Frame* first) {
        first->link.next = free;
        free = first;
    }
    Frame* pop() {
        Frame* first = free;
        if (first != nullptr) free = first->link.next;
        return first;
    }
};

constinit Pool pool;
constinit sync::SpinLock<sync::Rank::kHugePool, sync::kIrqOff> lock;

// In the first frame: how many of the page's frames somebody still holds.
std::atomic_ref<u64> held(Frame* first) { return std::atomic_ref(first->data); }

Frame* new_block() {
    const Result<Frame*> r = allocate_frames(kOrder, AllocFlags::kOptional);
    if (!r.ok()) return nullptr;
    for (u64 i = 0; i < kPages; i++) {
        Frame* f = nth(r.value(), i);
        f->kind = FrameKind::kHuge;
        f->order = kOrder;  // not 0: sends the last reference here without a question more on the usual way
    }
    return r.value();
}

void free_block(Frame* first) {
    for (u64 i = 0; i < kPages; i++) {
        Frame* f = nth(first, i);
        f->kind = FrameKind::kAllocated;
        f->order = 0;
        f->aux = 0;
        f->flags.store(0, std::memory_order_relaxed);
    }
    free_frames(first, kOrder);
}

// Blocks that are in no list of the pool's.
void free_chain(Frame* first) {
    while (first != nullptr) {
        Frame* next = first->link.next;
        free_block(first);
        first = next;
    }
}

// Lock held: `n` free pages, which are surplus or too many, as a chain.
Frame* remove_free(u64 n) {
    Frame* chain = nullptr;
    for (; n > 0; n--) {
        Frame* f = pool.pop();
        if (f == nullptr) break;
        pool.counts.remove_free();
        f->link.next = chain;
        chain = f;
    }
    return chain;
}

void hand_out(Frame* first) {
    for (u64 i = 0; i < kPages; i++) {
        Frame* f = nth(first, i);
        f->aux = 0;
        f->object = {nullptr, 0};
        f->data = i == 0 ? kPages : 0;
        f->flags.store(0, std::memory_order_relaxed);
        // The first has one, the pool's, and who looks for a page that it was may have one more for a moment.
        if (i != 0) f->refs.store(1, std::memory_order_release);
    }
}

}  // namespace

HugeCounts counts() {
    sync::LockGuard guard(lock);
    return pool.counts;
}

void set_most_surplus(u64 pages) {
    sync::LockGuard guard(lock);
    pool.counts.most_surplus = pages;
}

void resize(u64 pages) {
    for (;;) {
        {
            sync::LockGuard guard(lock);
            pool.counts.keep_surplus(pages);
            if (pool.counts.persistent() >= pages) break;
        }
        Frame* fresh = new_block();
        if (fresh == nullptr) break;
        sync::LockGuard guard(lock);
        pool.counts.add_free();
        pool.push(fresh);
    }
    Frame* gone;
    {
        sync::LockGuard guard(lock);
        gone = remove_free(pool.counts.removable(pages));
        pool.counts.let_go(pages);
    }
    free_chain(gone);
}

Result<void> promise(u64 pages) {
    Frame* gathered = nullptr;
    u64 count = 0;
    bool promised = false;
    for (;;) {
        {
            sync::LockGuard guard(lock);
            const u64 missing = pool.counts.missing_for(pages);
            if (missing != 0 && !pool.counts.may_add_surplus(missing)) break;
            if (missing <= count) {
                for (u64 i = 0; i < missing; i++) {
                    Frame* f = gathered;
                    gathered = f->link.next;
                    pool.counts.add_free();
                    pool.counts.surplus++;
                    pool.push(f);
                }
                pool.counts.promise(pages);
                promised = true;
                break;
            }
        }
        Frame* fresh = new_block();
        if (fresh == nullptr) break;
        fresh->link.next = gathered;
        gathered = fresh;
        count++;
    }
    free_chain(gathered);  // others have given pages back meanwhile, or it was not enough
    if (!promised) return Errno::kNOMEM;
    return {};
}

void unpromise(u64 pages) {
    if (pages == 0) return;
    Frame* gone;
    {
        sync::LockGuard guard(lock);
        DEBUG_ASSERT(pages <= pool.counts.reserved);
        u64 n = pool.counts.unpromise(pages);
        gone = remove_free(n);
        for (Frame* f = gone; f != nullptr; f = f->link.next) pool.counts.surplus--;
    }
    free_chain(gone);
}

Frame* take(bool promised) {
    Frame* first = nullptr;
    bool surplus = false;
    {
        sync::LockGuard guard(lock);
        if (pool.counts.may_take(promised)) {
            first = pool.pop();
            ASSERT(first != nullptr);
            pool.counts.take(promised);
        } else {
            surplus = pool.counts.may_add_surplus(1);
        }
    }
    if (surplus) {
        first = new_block();
        if (first == nullptr) return nullptr;
        bool one_more;
        {
            sync::LockGuard guard(lock);
            one_more = pool.counts.may_add_surplus(1);
            if (one_more) {
                pool.counts.total++;
                pool.counts.surplus++;
            }
        }
        if (!one_more) {
            free_block(first);
            return nullptr;
        }
    }
    if (first != nullptr) hand_out(first);
    return first;
}

void undo_take(Frame* first, bool promised) {
    first->aux = promised ? 1 : 0;
    unref_run(first, kOrder);
}

void drop(Frame* f, u64 frames) {
    Frame* first = frame_at(align_down(page_number_of(f), kPages));
    if (held(first).fetch_sub(frames, std::memory_order_acq_rel) != frames) return;
    first->refs.store(1, std::memory_order_relaxed);
    bool leaves = false;
    {
        sync::LockGuard guard(lock);
        if (first->aux != 0) {
            pool.counts.undo_take();
        } else {
            leaves = pool.counts.give_back();
        }
        if (!leaves) pool.push(first);
    }
    if (leaves) free_block(first);
}

}  // namespace memory::huge_pool
