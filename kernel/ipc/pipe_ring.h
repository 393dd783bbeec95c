// PipeRing: the bytes inside a pipe, in a ring of pages. Pure: `Page` is a buffer of kPageSize bytes that
// moves, and that several slots, of other rings too, may share.
// Callers: pipe.h; the host test.
// Locks, context: none; the pipe's lock guards it. Copies to user memory may sleep.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "base/result.h"
#include "base/vector.h"
#include "vm/user_memory.h"

namespace ipc {

// What counts for Linux programs (fs/pipe.c): capacity is in pages; a write appends its part that is less than a page
// to the last page when that fits, and takes new pages for the rest; a page is free again when all of it was read.
template <typename Page>
class PipeRing {
  public:
    struct Slot {
        Page page;
        u32 offset = 0;           // of the first byte not read
        u32 length = 0;           // bytes not read
        bool packet = false;      // O_DIRECT: read as one, never joined
        bool appendable = false;  // the page's rest is this ring's to write: not for pages that came by reference
    };

    // `pages`: a power of two. ENOMEM; EBUSY when more pages than that are in use. Keeps the contents.
    Result<void> set_capacity(u32 pages) {
        if (used() > pages) return Errno::kBUSY;
        Vector<Slot> fresh;
        TRY(fresh.try_resize(pages));
        const u32 count = used();
        for (u32 i = 0; i < count; i++) fresh[i] = std::move(slot(tail_ + i));
        slots_ = std::move(fresh);
        tail_ = 0;
        head_ = count;
        return {};
    }
    u32 capacity() const { return static_cast<u32>(slots_.size()); }
    u32 used() const { return head_ - tail_; }
    bool empty() const { return head_ == tail_; }
    bool full() const { return used() >= capacity(); }
    // Bytes that can be read.
    usize bytes() const {
        usize n = 0;
        for (u32 i = tail_; i != head_; i++) n += slot(i).length;
        return n;
    }

    // Moves bytes out until `to` is full, the ring is empty or one packet was read (what does not fit of it is lost).
    // EFAULT only if nothing was moved. A page of which not all could be stored stays in the ring as a whole.
    Result<usize> drain(vm::IoWriter& to) {
        usize done = 0;
        while (!empty() && !to.empty()) {
            Slot& s = slot(tail_);
            const usize n = std::min<usize>(s.length, to.remaining());
            const Result<usize> moved = to.write(std::span<const u8>(s.page.bytes()).subspan(s.offset, n));
            if (!moved.ok() || moved.value() < n) return done != 0 ? Result<usize>(done) : Errno::kFAULT;
            s.offset += static_cast<u32>(n);
            s.length -= static_cast<u32>(n);
            done += n;
            const bool packet = s.packet;
            if (packet) s.length = 0;
            if (s.length == 0) release_first();
            if (packet) break;
        }
        return done;
    }

    // The first bytes, at most `most` of them and of one page, as a slot of their own: moved out, or the page shared
    // if more is in it. Not for an empty ring.
    Slot take_first(usize most) {
        Slot& s = slot(tail_);
        if (s.length <= most) {
            Slot whole = std::move(s);
            tail_++;
            return whole;
        }
        Slot part = share_of(s, most);
        s.offset += part.length;
        s.length -= part.length;
        return part;
    }
    // A copy of the `index`-th slot in use, at most `most` bytes of it, that shares the page.
    Slot share(u32 index, usize most) { return share_of(slot(tail_ + index), most); }
    // Drops the first `n` bytes, which must be in one page: as if read.
    void consume(usize n) {
        if (n == 0) return;
        Slot& s = slot(tail_);
        s.offset += static_cast<u32>(n);
        s.length -= static_cast<u32>(n);
        if (s.length == 0) release_first();
    }
    // The ring must not be full.
    void push_slot(Slot&& fresh) {
        slot(head_) = std::move(fresh);
        head_++;
    }

    // Whether the last page takes `n` more bytes.
    bool can_append(usize n) const {
        if (empty() || n == 0) return false;
        const Slot& last = slot(head_ - 1);
        return !last.packet && last.appendable && last.offset + last.length + n <= kPageSize;
    }
    // `n` bytes to the last page, after can_append(n). EFAULT when memory is missing: then none of them.
    Result<usize> append(vm::IoReader& from, usize n) {
        Slot& last = slot(head_ - 1);
        const usize moved = TRY(from.read(std::span<u8>(last.page.bytes()).subspan(last.offset + last.length, n)));
        if (moved < n) return Errno::kFAULT;
        last.length += static_cast<u32>(n);
        return n;
    }
    // Up to a page of bytes into a page of its own; the ring must not be full. EFAULT when some of the bytes are
    // missing, and then none of them, or ENOMEM from Page::create().
    Result<usize> push(vm::IoReader& from, bool packet) {
        Page page = TRY(take_page());
        const usize wanted = std::min<usize>(from.remaining(), kPageSize);
        const Result<usize> moved = from.read(std::span<u8>(page.bytes()).first(wanted));
        if (!moved.ok() || moved.value() < wanted) {
            keep_page(std::move(page));
            return moved.ok() ? Errno::kFAULT : moved.error();
        }
        Slot& s = slot(head_);
        s.page = std::move(page);
        s.offset = 0;
        s.length = static_cast<u32>(moved.value());
        s.packet = packet;
        s.appendable = true;
        head_++;
        return moved.value();
    }

  private:
    Slot& slot(u32 i) { return slots_[i & (slots_.size() - 1)]; }
    const Slot& slot(u32 i) const { return slots_[i & (slots_.size() - 1)]; }

    static Slot share_of(Slot& s, usize most) {
        const u32 n = static_cast<u32>(std::min<usize>(s.length, most));
        return Slot{.page = s.page.share(), .offset = s.offset, .length = n, .packet = s.packet, .appendable = false};
    }
    void release_first() {
        keep_page(std::move(slot(tail_).page));
        tail_++;
    }
    // Two pages are kept for the next writes, so that a busy pipe allocates nothing.
    void keep_page(Page page) {
        if (!page.reusable()) return;
        for (Page& spare : spare_) {
            if (!spare) {
                spare = std::move(page);
                return;
            }
        }
    }
    Result<Page> take_page() {
        for (Page& spare : spare_) {
            if (spare) return std::exchange(spare, Page());
        }
        return Page::create();
    }

    Vector<Slot> slots_;  // a power of two
    u32 tail_ = 0;        // the first slot in use; both count up for ever
    u32 head_ = 0;        // the first slot free
    std::array<Page, 2> spare_;
};

}  // namespace ipc
