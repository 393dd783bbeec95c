// Ring: log records of any length in a fixed number of bytes, the oldest giving way. Pure, tested on the host.
// Callers: log/log.cc alone.
// Locks, context: none of its own; the log's lock guards it.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/types.h"

namespace log {

template <usize kBytes>
class Ring {
    static_assert(kBytes % 8 == 0);

  public:
    struct Header {
        u64 sequence = 0;
        i64 time_ns = 0;
        u32 size = 0;  // of the text; kSkip: the rest of the buffer is unused
        u32 level = 0;
    };
    static_assert(sizeof(Header) == 24);

    constexpr Ring() = default;
    // Returns the record's sequence. Longer texts than an eighth of the ring are cut.
    u64 push(u32 level, i64 time_ns, std::string_view text) {
        text = text.substr(0, kBytes / 8);
        const usize need = room_for(text.size());
        const usize to_end = kBytes - head_ % kBytes;
        if (to_end < need) {
            make_room(to_end);
            if (to_end >= sizeof(Header)) put(head_, Header{.size = kSkip});
            head_ += to_end;
        }
        make_room(need);
        put(head_, Header{next_, time_ns, static_cast<u32>(text.size()), level});
        base::copy(std::span(bytes_).subspan(head_ % kBytes + sizeof(Header)), base::bytes_of(text));
        head_ += need;
        return next_++;
    }
    // The first record at or after sequence `from`; its text is copied, cut to `text`. False: none yet.
    bool read(u64 from, Header& header, std::span<char> text, usize& copied) const {
        if (from >= next_ || tail_ == head_) return false;
        u64 at = from >= hint_sequence_ && hint_at_ >= tail_ ? hint_at_ : tail_;
        for (;; at = after(at)) {
            at = settle(at);
            if (at >= head_) return false;
            header = get(at);
            if (header.sequence >= from) break;
        }
        hint_at_ = at;
        hint_sequence_ = header.sequence;
        copied = std::min<usize>(text.size(), header.size);
        std::string_view stored =
            base::text_of(std::span(bytes_).subspan(at % kBytes + sizeof(Header), header.size)).substr(0, copied);
        std::copy(stored.begin(), stored.end(), text.begin());
        return true;
    }
    u64 first_sequence() const {
        const u64 at = settle(tail_);
        return at >= head_ ? next_ : get(at).sequence;
    }
    u64 next_sequence() const { return next_; }

  private:
    static constexpr u32 kSkip = ~0u;
    static constexpr usize room_for(usize text) { return align_up(sizeof(Header) + text, usize{8}); }
    Header get(u64 at) const {
        Result<Header> h = base::read_at<Header>(bytes_, at % kBytes);
        ASSERT(h.ok());
        return *h;
    }
    void put(u64 at, const Header& h) { ASSERT(base::write_at(bytes_, at % kBytes, h).ok()); }
    // Past the unused end of the buffer, if `at` stands before it.
    u64 settle(u64 at) const {
        if (at >= head_) return at;
        const usize to_end = kBytes - at % kBytes;
        if (to_end < sizeof(Header) || get(at).size == kSkip) return at + to_end;
        return at;
    }
    u64 after(u64 at) const { return at + room_for(get(at).size); }
    void make_room(usize need) {
        while (head_ - tail_ + need > kBytes) {
            const u64 at = settle(tail_);
            tail_ = at != tail_ ? at : after(tail_);
        }
    }

    // Positions count bytes ever written; the place in the buffer is the remainder.
    u64 head_ = 0;
    u64 tail_ = 0;
    u64 next_ = 0;
    mutable u64 hint_at_ = 0;  // where the last reader was, so that reading on is not a search
    mutable u64 hint_sequence_ = 0;
    std::array<u8, kBytes> bytes_{};
};

}  // namespace log
