#include "memory/buddy.h"

#include <bit>

namespace memory {

void Buddy::push(Frame* f, unsigned order) {
    f->kind = FrameKind::kFree;
    f->order = static_cast<u8>(order);
    f->link = {nullptr, lists_[order]};
    if (lists_[order] != nullptr) lists_[order]->link.prev = f;
    lists_[order] = f;
    counts_[order]++;
    filled_ |= 1u << order;
}

void Buddy::unlink(Frame* f, unsigned order) {
    if (f->link.prev != nullptr) {
        f->link.prev->link.next = f->link.next;
    } else {
        lists_[order] = f->link.next;
        if (lists_[order] == nullptr) filled_ &= ~(1u << order);
    }
    if (f->link.next != nullptr) f->link.next->link.prev = f->link.prev;
    counts_[order]--;
    // Only the head of a free block says kFree: the test in free() relies on it.
    f->kind = FrameKind::kAllocated;
}

Frame* Buddy::allocate(unsigned order) {
    const u32 fitting = filled_ >> order << order;
    if (fitting == 0) return nullptr;
    unsigned have = static_cast<unsigned>(std::countr_zero(fitting));
    Frame* f = lists_[have];
    unlink(f, have);
    while (have > order) {
        have--;
        push(f + (u64{1} << have), have);
    }
    free_pages_ -= u64{1} << order;
    f->order = static_cast<u8>(order);
    return f;
}

void Buddy::free(Frame* f, unsigned order) {
    free_pages_ += u64{1} << order;
    u64 page = page_number_of(f);
    DEBUG_ASSERT(page >= first_ && page + (u64{1} << order) <= last_);
    while (order + 1 < kOrders) {
        const u64 other = page ^ (u64{1} << order);
        if (other < first_ || other >= last_) break;
        Frame* b = frame_at(other);
        if (b->kind != FrameKind::kFree || b->order != order) break;
        unlink(b, order);
        page &= ~(u64{1} << order);
        order++;
    }
    push(frame_at(page), order);
}

void Buddy::add_range(u64 first, u64 last, Frames frames) {
    while (first < last) {
        unsigned order = first == 0 ? kOrders - 1 : static_cast<unsigned>(std::countr_zero(first));
        if (order > kOrders - 1) order = kOrders - 1;
        while ((u64{1} << order) > last - first) order--;
        if (frames == Frames::kCleared) {
            free(frame_at(first), order);
        } else {
            // Each block is the largest that fits, so there is nothing to join, and no frame to look at.
            push(frame_at(first), order);
            free_pages_ += u64{1} << order;
        }
        first += u64{1} << order;
    }
}

}  // namespace memory
