#include "memory/early.h"

namespace memory {

void EarlyMemory::insert_at(usize i, PageRange r) {
    if (count_ == kMax) {
        overflowed_ = true;
        return;
    }
    for (usize j = count_; j > i; j--) ranges_[j] = ranges_[j - 1];
    ranges_[i] = r;
    count_++;
}

void EarlyMemory::erase(usize i) {
    count_--;
    for (; i < count_; i++) ranges_[i] = ranges_[i + 1];
}

void EarlyMemory::add(u64 start, u64 end) {
    start = align_up(start, u64{kPageSize});
    end = align_down(end, u64{kPageSize});
    if (start >= end) return;
    remove(start, end);  // so that overlapping input counts once
    usize i = 0;
    while (i < count_ && ranges_[i].start < start) i++;
    const bool joins_before = i > 0 && ranges_[i - 1].end == start;
    const bool joins_after = i < count_ && ranges_[i].start == end;
    if (joins_before && joins_after) {
        ranges_[i - 1].end = ranges_[i].end;
        erase(i);
    } else if (joins_before) {
        ranges_[i - 1].end = end;
    } else if (joins_after) {
        ranges_[i].start = start;
    } else {
        insert_at(i, {start, end});
    }
}

void EarlyMemory::remove(u64 start, u64 end) {
    start = align_down(start, u64{kPageSize});
    end = align_up(end, u64{kPageSize});
    if (start >= end) return;
    for (usize i = 0; i < count_;) {
        PageRange& r = ranges_[i];
        if (r.end <= start || r.start >= end) {
            i++;
        } else if (r.start >= start && r.end <= end) {
            erase(i);
        } else if (r.start < start && r.end > end) {
            const PageRange above{end, r.end};
            r.end = start;
            insert_at(i + 1, above);
            return;
        } else if (r.start < start) {
            r.end = start;
            i++;
        } else {
            r.start = end;
            i++;
        }
    }
}

u64 EarlyMemory::take(u64 size, u64 alignment, u64 limit) {
    size = align_up(size, u64{kPageSize});
    for (usize i = count_; i-- > 0;) {
        const PageRange r = ranges_[i];
        const u64 end = r.end < limit ? r.end : limit;
        if (end <= r.start || end - r.start < size) continue;
        const u64 start = align_down(end - size, alignment);
        if (start < r.start || start == 0) continue;
        remove(start, start + size);
        return start;
    }
    return 0;
}

u64 EarlyMemory::total() const {
    u64 sum = 0;
    for (usize i = 0; i < count_; i++) sum += ranges_[i].end - ranges_[i].start;
    return sum;
}

}  // namespace memory
