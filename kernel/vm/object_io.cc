// Reading and writing memory objects through cursors: the body of read(2) and write(2) on files.
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "vm/memory_object.h"
#include "vm/user_memory.h"

namespace vm {

using memory::Frame;
namespace state = memory::frame_flags;

Result<usize> MemoryObject::read(u64 offset, IoWriter& to) {
    const u64 end = size();
    if (offset >= end) return usize{0};
    usize left = to.remaining();
    if (left > end - offset) left = end - offset;
    usize done = 0;
    while (left > 0) {
        const usize at = offset & (kPageSize - 1);
        const usize n = left < kPageSize - at ? left : kPageSize - at;
        PageRef page = find_page(offset >> kPageShift);
        Result<usize> moved = usize{0};
        if (page) [[likely]] {
            moved = to.write(page.bytes().subspan(at, n));
        } else if (kind_ != Kind::kFile) {
            moved = to.write_zero(n);  // a hole stays one
        } else {
            Result<PageRef> got = get_page(offset >> kPageShift, PageAccess::kRead);
            if (!got.ok()) {
                // Truncated meanwhile: the end of the file.
                if (done > 0 || got.error() == Errno::kFAULT) return done;
                return got.error();
            }
            moved = to.write(got.value().bytes().subspan(at, n));
        }
        if (!moved.ok()) {
            if (done > 0) return done;
            return moved;
        }
        done += moved.value();
        if (moved.value() < n) break;
        offset += n;
        left -= n;
    }
    return done;
}

// A page that is written whole and is not in memory: it enters the tree after the copy, so that nobody waits for
// a page whose filler may itself fault. 0 when someone else made the page meanwhile.
Result<usize> MemoryObject::write_fresh_page(u64 index, IoReader& from) {
    Frame* f = TRY(memory::allocate_frame());
    PageRef page(f);
    f->kind = memory::FrameKind::kObject;
    f->object = {this, index};
    f->data = 0;
    const IoReader before = from;
    const usize moved = TRY(from.read(page.bytes()));
    if (moved < kPageSize) base::fill(page.bytes().subspan(moved), 0);
    f->set(state::kUptodate);
    TRY(prepare_write(index));
    if (!charge_page()) return Errno::kNOSPC;
    memory::frame_ref(f);
    {
        sync::SpinGuard guard(lock_);
        Result<void> r = tree_.insert(index, f);
        if (!r.ok()) {
            memory::frame_unref(f);
            uncharge_pages(1);
            from = before;
            if (r.error() == Errno::kEXIST) return usize{0};
            return r.error();
        }
    }
    mark_dirty(*f);
    count_pages(1);
    return moved;
}

Result<usize> MemoryObject::write(u64 offset, IoReader& from) {
    usize done = 0;
    while (from.remaining() > 0) {
        const u64 index = offset >> kPageShift;
        const usize at = offset & (kPageSize - 1);
        const usize n = from.remaining() < kPageSize - at ? from.remaining() : kPageSize - at;
        Result<usize> moved = usize{0};
        if (n == kPageSize && !find_page(index)) moved = write_fresh_page(index, from);
        if (moved.ok() && moved.value() == 0) {
            // get_page() makes pages below the size alone; a page beyond the end starts as zeroes.
            const u64 old = size();
            const bool beyond = index >= pages_for(old);
            if (beyond) size_.store(offset + 1, std::memory_order_release);
            Result<PageRef> page = get_page(index, PageAccess::kWrite);
            if (page.ok()) {
                moved = from.read(page.value().bytes().subspan(at, n));
            } else {
                moved = page.error();
            }
            if (beyond && !(moved.ok() && moved.value() > 0)) size_.store(old, std::memory_order_release);
        }
        if (!moved.ok()) {
            if (done > 0) return done;
            return moved;
        }
        done += moved.value();
        offset += moved.value();
        if (offset > size()) size_.store(offset, std::memory_order_release);
        if (moved.value() < n) break;
    }
    return done;
}

}  // namespace vm
