// ByteRing: the bytes inside a stream socket, in a ring of pages. Pure: `Page` is a buffer of kPageSize bytes that moves.
// Callers: endpoint.h; the host test.
// Locks, context: none; the endpoint's lock guards it. Copies to user memory may sleep.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "base/result.h"
#include "base/vector.h"
#include "vm/user_memory.h"

namespace net {

// Bytes have no boundaries here: a page is filled before the next is taken, and given back when all of it was read.
template <typename Page>
class ByteRing {
  public:
    usize used() const { return head_ - tail_; }
    bool empty() const { return head_ == tail_; }

    // Moves bytes in until `from` is empty or `limit` bytes are inside. The number moved; ENOMEM if none was. EFAULT
    // when some are missing, and then none: Linux drops the packet that they would have gone into.
    Result<usize> put(vm::IoReader& from, usize limit) {
        usize done = 0;
        while (!from.empty() && used() < limit) {
            const Result<void> ready = prepare_page();
            if (!ready.ok()) return done != 0 ? Result<usize>(done) : ready.error();
            const usize offset = head_ % kPageSize;
            const usize n = std::min({kPageSize - offset, limit - used(), from.remaining()});
            const Result<usize> moved = from.read(slot(head_).bytes().subspan(offset, n));
            if (!moved.ok() || moved.value() < n) {
                head_ -= done;
                return Errno::kFAULT;
            }
            head_ += n;
            done += n;
        }
        return done;
    }

    // Copies out up to `n` bytes from the `skip`-th on; they stay. The number copied, or EFAULT: not all could be stored.
    Result<usize> copy_out(usize skip, usize n, vm::IoWriter& to) {
        n = std::min({n, used() - skip, to.remaining()});
        usize done = 0;
        while (done < n) {
            const usize at = tail_ + skip + done;
            const usize piece = std::min(kPageSize - at % kPageSize, n - done);
            const Result<usize> moved = to.write(std::span<const u8>(slot(at).bytes()).subspan(at % kPageSize, piece));
            if (!moved.ok() || moved.value() < piece) return Errno::kFAULT;
            done += piece;
        }
        return done;
    }

    // Forgets the first `n` bytes.
    void drop(usize n) {
        const usize end = tail_ + n;
        while (tail_ / kPageSize != end / kPageSize) {
            keep_page(std::exchange(slot(tail_), Page()));
            tail_ = (tail_ / kPageSize + 1) * kPageSize;
        }
        tail_ = end;
        // An empty ring starts again at the beginning of its page: short messages do not cross into the next.
        if (empty()) tail_ = head_ = tail_ / kPageSize * kPageSize;
    }
    void clear() {
        drop(used());
        slots_.clear();
        for (Page& spare : spare_) spare = Page();
    }

  private:
    Page& slot(usize position) { return slots_[(position / kPageSize) & (slots_.size() - 1)]; }

    // Makes the page under head_ exist.
    Result<void> prepare_page() {
        const usize pages = head_ / kPageSize - tail_ / kPageSize + 1;
        if (pages > slots_.size()) [[unlikely]]
            TRY(grow());
        Page& page = slot(head_);
        if (page) return {};
        for (Page& spare : spare_) {
            if (!spare) continue;
            page = std::exchange(spare, Page());
            return {};
        }
        page = TRY(Page::create());
        return {};
    }
    Result<void> grow() {
        const usize old = slots_.size();
        Vector<Page> fresh;
        TRY(fresh.try_resize(old == 0 ? 4 : old * 2));
        for (usize i = 0, first = tail_ / kPageSize; i < old; i++) {
            fresh[(first + i) & (fresh.size() - 1)] = std::move(slots_[(first + i) & (old - 1)]);
        }
        slots_ = std::move(fresh);
        return {};
    }
    // Two pages are kept for the next writes, so that a busy stream allocates nothing.
    void keep_page(Page page) {
        for (Page& spare : spare_) {
            if (!spare) {
                spare = std::move(page);
                return;
            }
        }
    }

    Vector<Page> slots_;  // a power of two
    usize tail_ = 0;      // positions in an endless row of pages
    usize head_ = 0;
    std::array<Page, 2> spare_;
};

}  // namespace net
