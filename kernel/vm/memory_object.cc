// Memory objects: finding, making, filling and dropping pages.
#include "vm/memory_object.h"

#include <array>

#include "base/bytes.h"
#include "base/owner_of.h"
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "sched/wait_queue.h"
#include "sync/rcu.h"
#include "vm/address_space.h"
#include "vm/commit.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

using memory::Frame;
namespace state = memory::frame_flags;

namespace {

// Threads that wait for a page to be filled sleep on one of these, by page number.
constinit std::array<sched::WaitQueue, 32> page_queues;
sched::WaitQueue& queue_of(const Frame& f) { return page_queues[memory::page_number_of(&f) % page_queues.size()]; }

void lock_page(Frame& f) {
    if (!f.set(state::kLocked)) return;
    queue_of(f).wait([&f] { return !f.set(state::kLocked); });
}
void unlock_page(Frame& f) {
    f.clear(state::kLocked);
    queue_of(f).wake_all();
}

// The mapping that `n` links.
Mapping& mapping_of(ListNode* n) { return base::owner_of<&Mapping::object_node>(*n); }

}  // namespace

Result<void> Pager::write_back(Frame&, u64) { return {}; }
Result<void> Pager::prepare_write(u64) { return {}; }

MemoryObject::~MemoryObject() = default;
Result<void> MemoryObject::fill(Frame&, u64) { return {}; }
Result<void> MemoryObject::write_back_page(Frame&, u64) { return {}; }
Result<void> MemoryObject::prepare_write(u64) { return {}; }
Result<PhysAddr> MemoryObject::device_page(u64) { return Errno::kNXIO; }

PageRef MemoryObject::find_page(u64 index) const {
    rcu::ReadGuard guard;
    Frame* f = tree_.find_and_ref(index);
    if (f == nullptr) return {};
    if (!f->has(state::kUptodate)) [[unlikely]] {
        memory::frame_unref(f);
        return {};
    }
    return PageRef(f);
}

Result<void> MemoryObject::seal_writes(WriteSeal seal) {
    RmapGuard rmap(this);
    if (seal == WriteSeal::kAll) {
        for (ListNode* n = mapping_head_.next; n != &mapping_head_; n = n->next) {
            if (mapping_of(n).may_write_object()) return Errno::kBUSY;
        }
    }
    if (seal > write_seal()) write_seal_.store(seal, std::memory_order_relaxed);
    return {};
}

Result<PageRef> MemoryObject::get_page(u64 index, PageAccess access) {
    PageRef page = find_page(index);
    if (!page) [[unlikely]]
        page = TRY(get_slow(index, access));
    if (access == PageAccess::kWrite && !page->has(state::kDirty)) {
        TRY(prepare_write(index));
        mark_dirty(*page);
    }
    return page;
}

Result<void> MemoryObject::fill_locked(Frame& f, u64 index) {
    Result<void> r = fill(f, index);
    if (r.ok()) f.set(state::kUptodate);
    return r;
}

Result<PageRef> MemoryObject::get_slow(u64 index, PageAccess) {
    if (kind_ == Kind::kDevice) return Errno::kNXIO;
    for (;;) {
        Frame* f;
        {
            rcu::ReadGuard guard;
            f = tree_.find_and_ref(index);
        }
        if (f != nullptr) {
            PageRef page(f);
            if (f->has(state::kUptodate)) return page;
            lock_page(*f);
            if (f->has(state::kTruncated)) {
                unlock_page(*f);
                continue;
            }
            Result<void> r;
            if (!f->has(state::kUptodate)) r = fill_locked(*f, index);  // whoever made it failed: try again
            unlock_page(*f);
            if (!r.ok()) return r.error();
            return page;
        }
        if (index >= pages_for(size())) return Errno::kFAULT;
        const bool cleared = clears_pages();
        f = TRY(memory::allocate_frame(cleared ? memory::AllocFlags::kZero : memory::AllocFlags::kNone));
        PageRef page(f);
        if (!charge_page()) return Errno::kNOSPC;
        f->kind = memory::FrameKind::kObject;
        f->object = {this, index};
        f->data = 0;
        f->set(cleared ? state::kUptodate : state::kLocked);
        memory::frame_ref(f);  // the tree's
        {
            sync::SpinGuard guard(lock_);
            Result<void> r = tree_.insert(index, f);
            if (!r.ok()) {
                memory::frame_unref(f);
                uncharge_pages(1);
                if (r.error() == Errno::kEXIST) continue;  // another thread was quicker
                return r.error();
            }
        }
        count_pages(1);
        if (cleared) return page;
        Result<void> r = fill_locked(*f, index);
        unlock_page(*f);
        if (!r.ok()) {
            drop_pages(index, index, false);
            return r.error();
        }
        return page;
    }
}

void MemoryObject::count_pages(i64 pages) {
    pages_.fetch_add(static_cast<u64>(pages), std::memory_order_relaxed);
    if (kind_ == Kind::kHuge) return;  // of the pool, which is no page cache
    memory::count(memory::Counter::kFilePages, pages);
    if (kind_ == Kind::kAnonymous) memory::count(memory::Counter::kSharedPages, pages);
}

void MemoryObject::mark_dirty(Frame& f) {
    if (f.set(state::kDirty)) return;
    if (kind_ == Kind::kFile) memory::count(memory::Counter::kDirty, 1);
}

void MemoryObject::grow(u64 new_size) {
    if (new_size > size()) size_.store(new_size, std::memory_order_release);
}

void MemoryObject::truncate(u64 new_size) {
    const u64 old = size_.exchange(new_size, std::memory_order_acq_rel);
    if (new_size >= old) return;
    drop_pages(pages_for(new_size), ~u64{0}, true);
    const usize rest = new_size & (kPageSize - 1);
    if (rest == 0) return;
    if (PageRef last = find_page(new_size >> kPageShift)) {
        base::fill(last.bytes().subspan(rest), 0);
        mark_dirty(*last);
    }
}

void MemoryObject::drop_range(u64 start, u64 end) {
    const u64 first = pages_for(start), last = end >> kPageShift;
    const auto clear_part = [this](u64 from, u64 to) {
        if (PageRef p = find_page(from >> kPageShift); p && from < to) {
            base::fill(p.bytes().subspan(from & (kPageSize - 1), to - from), 0);
            mark_dirty(*p);
        }
    };
    if (first > last) return clear_part(start, end);  // within one page
    if (start & (kPageSize - 1)) clear_part(start, first << kPageShift);
    if (end & (kPageSize - 1)) clear_part(last << kPageShift, end);
    if (first < last) drop_pages(first, last - 1, false);
}

void MemoryObject::drop_pages(u64 first, u64 last, bool private_too) {
    constexpr usize kBatch = 32;
    const u64 from = first;
    std::array<Frame*, kBatch> gone;
    for (;;) {
        usize n = 0;
        {
            sync::SpinGuard guard(lock_);
            u64 index = first;
            while (n < kBatch) {
                Frame* f = tree_.next(index, last);
                if (f == nullptr) break;
                tree_.remove(index);
                f->set(state::kTruncated);
                gone[n++] = f;
            }
            first = index;
        }
        if (n == 0) break;
        count_pages(-static_cast<i64>(n));
        uncharge_pages(n);
        for (usize i = 0; i < n; i++) {
            // Somebody may be filling it; what waits for it sees kTruncated.
            if (gone[i]->clear(state::kDirty) && kind_ == Kind::kFile) memory::count(memory::Counter::kDirty, -1);
            memory::frame_unref(gone[i]);
        }
        if (n < kBatch) break;
    }
    // After the pages have left the tree: a fault that still found one sees another count when it has mapped
    // it.
    drops_.fetch_add(1, std::memory_order_seq_cst);
    unmap_everywhere(from, last, private_too);
}

void MemoryObject::unmap_everywhere(u64 first, u64 last, bool private_too) {
    sync::SpinGuard guard(mappings_lock_);
    for (ListNode* n = mapping_head_.next; n != &mapping_head_; n = n->next) {
        Mapping& m = mapping_of(n);
        const u64 m_first = m.page_offset, m_last = m.page_offset + m.pages() - 1;
        if (m_last < first || m_first > last) continue;
        const u64 from = m.start + ((first > m_first ? first - m_first : 0) << kPageShift);
        const u64 to = last < m_last ? m.start + ((last - m_first + 1) << kPageShift) : m.end;
        [[clang::uninitialized]] TlbBatch batch(*m.space);
        tables::zap(*m.space, from, to, batch, !private_too);
    }
}

void MemoryObject::unmap_copies(const Mapping& keeper, u64 index, const Frame& page) {
    sync::SpinGuard guard(mappings_lock_);
    for (ListNode* n = mapping_head_.next; n != &mapping_head_; n = n->next) {
        Mapping& m = mapping_of(n);
        if (&m == &keeper || m.shared() || m.promise || index < m.page_offset || index - m.page_offset >= m.pages())
            continue;
        const u64 at = m.start + ((index - m.page_offset) << kPageShift);
        const arch::PteSlot* slot = tables::find_middle(m.space->root(), at);
        const arch::Pte e = slot != nullptr ? tables::settled(*slot) : arch::Pte();
        if (!tables::is_large(e) || e.large_address() != memory::phys_of(&page)) continue;
        m.deprived.store(true, std::memory_order_relaxed);
        [[clang::uninitialized]] TlbBatch batch(*m.space);
        tables::zap(*m.space, at, at + tables::kLargeSize, batch);
    }
}

Result<void> MemoryObject::write_back(u64 start, u64 end) {
    if (kind_ != Kind::kFile) return {};
    Result<void> first_error;
    const u64 last = end == 0 ? 0 : (end - 1) >> kPageShift;
    for (u64 index = start >> kPageShift;; index++) {
        Frame* f;
        {
            sync::SpinGuard guard(lock_);
            f = tree_.next(index, last);
            if (f == nullptr) break;
            memory::frame_ref(f);
        }
        PageRef page(f);
        if (!f->has(state::kDirty)) continue;
        lock_page(*f);
        if (!f->has(state::kTruncated) && f->clear(state::kDirty)) {
            memory::count(memory::Counter::kDirty, -1);
            // Mapped writers fault again and mark it dirty again.
            unmap_everywhere(index, index, false);
            Result<void> r = write_back_page(*f, index);
            if (!r.ok()) {
                mark_dirty(*f);
                if (first_error.ok()) first_error = r;
            }
        }
        unlock_page(*f);
    }
    return first_error;
}

void MemoryObject::drop_all_pages() {
    uncharge_pages(resident_pages());
    u64 index = 0;
    while (Frame* f = tree_.next(index, ~u64{0})) {
        tree_.remove(index);
        if (f->clear(state::kDirty) && kind_ == Kind::kFile) memory::count(memory::Counter::kDirty, -1);
        count_pages(-1);
        memory::frame_unref(f);
    }
}

Result<Ref<AnonymousObject>> AnonymousObject::create(u64 size, PageAccount* account) {
    return make_ref<AnonymousObject>(size, account, u64{0});
}
Result<Ref<AnonymousObject>> AnonymousObject::create_committed(u64 size) {
    TRY(commit::check({.pages = pages_for(size)}));
    return make_ref<AnonymousObject>(size, nullptr, pages_for(size));
}
AnonymousObject::AnonymousObject(u64 size, PageAccount* account, u64 committed)
    : MemoryObject(Kind::kAnonymous, size), account_(account), committed_(committed) {
    if (committed != 0) commit::add(static_cast<i64>(committed));
}
AnonymousObject::~AnonymousObject() {
    drop_all_pages();
    if (committed_ != 0) commit::add(-static_cast<i64>(committed_));
}
bool AnonymousObject::charge_page() {
    if (committed_ != 0) return true;
    if (!commit::check({.pages = 1}).ok() || (account_ != nullptr && !account_->charge_page())) return false;
    commit::add(1);
    return true;
}
void AnonymousObject::uncharge_pages(u64 pages) {
    if (committed_ != 0 || pages == 0) return;
    commit::add(-static_cast<i64>(pages));
    if (account_ != nullptr) account_->uncharge_pages(pages);
}

Result<Ref<FileObject>> FileObject::create(Pager& pager, u64 size) { return make_ref<FileObject>(pager, size); }
FileObject::~FileObject() { drop_all_pages(); }
Result<void> FileObject::fill(Frame& f, u64 index) { return pager_.fill(f, index); }
Result<void> FileObject::write_back_page(Frame& f, u64 index) { return pager_.write_back(f, index); }
Result<void> FileObject::prepare_write(u64 index) { return pager_.prepare_write(index); }

Result<Ref<DeviceObject>> DeviceObject::create(PhysAddr start, u64 size) { return make_ref<DeviceObject>(start, size); }
Result<PhysAddr> DeviceObject::device_page(u64 index) {
    if (index >= pages_for(size())) return Errno::kNXIO;
    return start_ + (index << kPageShift);
}

}  // namespace vm
