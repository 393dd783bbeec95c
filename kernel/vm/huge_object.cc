#include "vm/huge_object.h"

#include <algorithm>

#include "base/bytes.h"
#include "memory/page_ops.h"
#include "memory/page_run.h"

namespace vm {

using memory::Frame;
namespace pool = memory::huge_pool;

Result<Ref<HugeObject>> HugeObject::create(u64 size) { return make_ref<HugeObject>(size); }

Result<Ref<HugeObject>> HugeObject::create_promised(u64 size) {
    Ref<HugeObject> object = TRY(create(size));
    TRY(object->promise_locked(0, size / kHugeSize));  // nobody else knows it
    return object;
}

Result<void> HugeObject::promise(u64 from, u64 to) {
    sync::LockGuard guard(fault_lock_);
    return promise_locked(from, to);
}

Result<void> HugeObject::promise_locked(u64 from, u64 to) {
    const u64 fresh = to - from - promised_.count(from, to);
    TRY(promised_.prepare());
    TRY(pool::promise(fresh));
    promised_.add(from, to);
    return {};
}

Frame* HugeObject::find(u64 huge) {
    // Pages leave the tree under its lock from their first frame on, and give up the tree's references afterwards.
    sync::SpinGuard guard(tree_lock());
    Frame* first = tree().find(huge * kHugePages);
    if (first != nullptr) memory::ref_run(first, pool::kOrder);
    return first;
}

Result<Frame*> HugeObject::make(u64 huge) {
    TRY(promised_.prepare());
    const bool promised = promised_.contains(huge);
    Frame* first = pool::take(promised);
    if (first == nullptr) return Errno::kNOSPC;
    const u64 index = huge * kHugePages;
    for (u64 i = 0; i < kHugePages; i++) {
        Frame* f = memory::nth(first, i);
        memory::clear_page(memory::page_address(f));
        f->object = {this, index + i};
        f->set(memory::frame_flags::kUptodate);
    }
    {
        sync::SpinGuard guard(tree_lock());
        for (u64 i = 0; i < kHugePages; i++) {
            if (tree().insert(index + i, memory::nth(first, i)).ok()) continue;
            while (i-- > 0) tree().remove(index + i);
            guard.unlock();
            pool::undo_take(first, promised);
            return Errno::kNOMEM;
        }
        memory::ref_run(first, pool::kOrder);  // the caller's
    }
    promised_.add(huge, huge + 1);
    count_pages(static_cast<i64>(kHugePages));
    return first;
}

Result<void> HugeObject::populate(u64 start, u64 end) {
    for (u64 huge = start / kHugeSize; huge * kHugeSize < end; huge++) {
        sync::LockGuard guard(fault_lock_);
        Frame* f = find(huge);
        if (f == nullptr) f = TRY(make(huge));
        memory::unref_run(f, pool::kOrder);
    }
    return {};
}

void HugeObject::drop(u64 from, u64 to) { drop_pages(from * kHugePages, to * kHugePages - 1, true); }

void HugeObject::clear_part(u64 start, u64 end) {
    while (start < end) {
        const u64 within = start % kPageSize, n = std::min(kPageSize - within, end - start);
        if (PageRef page = find_page(start / kPageSize)) base::fill(page.bytes().subspan(within, n), 0);
        start += n;
    }
}

Result<void> HugeObject::punch(u64 start, u64 end) {
    const u64 first = align_up(start, kHugeSize), last = align_down(end, kHugeSize);
    sync::LockGuard guard(fault_lock_);
    if (start < first) clear_part(start, std::min(first, end));
    if (last < end && last >= first) clear_part(last, end);
    // Promises of what is not there stay (Linux: hugetlbfs_punch_hole).
    for (u64 huge = first / kHugeSize; huge < last / kHugeSize;) {
        u64 index = huge * kHugePages;
        {
            sync::SpinGuard spin(tree_lock());
            if (tree().next(index, last / kPageSize - 1) == nullptr) break;
        }
        huge = index / kHugePages;
        TRY(promised_.prepare());
        promised_.remove(huge, huge + 1);
        drop(huge, huge + 1);
        huge++;
    }
    // Private copies of pages that the object never had.
    if (first < last) drop(first / kHugeSize, last / kHugeSize);
    return {};
}

void HugeObject::set_size(u64 new_size) {
    sync::LockGuard guard(fault_lock_);
    if (new_size >= size()) return grow(new_size);
    const u64 first = new_size / kHugeSize;
    const u64 before = resident_pages(), promised = promised_.count(first, ~u64{0});
    truncate(new_size);
    const u64 gone = (before - resident_pages()) / kHugePages;
    promised_.remove(first, ~u64{0});
    pool::unpromise(promised - gone);
}

void HugeObject::clear() {
    const u64 there = resident_pages() / kHugePages, promised = promised_.count(0, ~u64{0});
    drop_all_pages();
    promised_.remove(0, ~u64{0});
    pool::unpromise(promised - there);
}

void HugeObject::take_from_copies(const Mapping& keeper, u64 huge, const Frame& page) {
    unmap_copies(keeper, huge * kHugePages, page);
}

}  // namespace vm
