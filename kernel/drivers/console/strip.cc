#include "drivers/console/strip.h"

#include <algorithm>

namespace drivers::console {

u8 Strip::colour_of(u32 task) {
    // Bright ones of xterm's cube, neighbours far apart.
    constexpr std::array<u8, 28> kColours = {196, 46, 33, 226, 201, 51, 208, 93, 118, 198, 39, 220, 48, 129,
                                             202, 82, 27, 190, 165, 50, 214, 57, 154, 200, 45, 99,  49, 203};
    return task == 0 ? kIdle : kColours[task % kColours.size()];
}

Result<void> Strip::create(u32 columns, i64 now_ns) {
    TRY(columns_.try_resize(columns));
    at_ns_ = now_ns;
    column_end_ns_ = now_ns + kColumnNs;
    return {};
}

void Strip::feed(const sched::SwitchRecord& record) {
    advance(record.when_ns);
    task_ = record.task;
    known_ = true;
}

void Strip::advance(i64 now_ns) {
    const i64 whole = static_cast<i64>(columns_.size()) * kColumnNs;
    if (now_ns - at_ns_ > 2 * whole) at_ns_ = column_end_ns_ = now_ns - whole;  // nobody looked for long
    while (now_ns >= column_end_ns_) {
        account(column_end_ns_ - at_ns_);
        at_ns_ = column_end_ns_;
        end_column();
    }
    if (now_ns <= at_ns_) return;
    account(now_ns - at_ns_);
    at_ns_ = now_ns;
}

void Strip::account(i64 ns) {
    if (!known_ || ns <= 0 || task_ == 0) return;
    for (Share& s : shares_) {
        if (s.ns != 0 && s.task != task_) continue;
        s.task = task_;
        s.ns += ns;
        return;
    }
}

void Strip::end_column() {
    columns_[first_] = column_colour();
    first_ = (first_ + 1) % columns_.size();
    shares_ = {};
    column_end_ns_ += kColumnNs;
}

// The task that ran longest; a task that ran at all comes before idleness, which would hide all that is
// short.
u8 Strip::column_colour() const {
    const auto longest = std::ranges::max_element(shares_, {}, &Share::ns);
    if (longest->ns > 0) return colour_of(longest->task);
    return known_ ? kIdle : kUnknown;
}

}  // namespace drivers::console
