// Strip: what a CPU did lately, as columns of colours, one for each stretch of time. Pure.
// Callers: drivers/console's timeline, host tests.
// Locks, context: none of its own; one caller. No allocation after create().
#pragma once

#include <array>

#include "base/result.h"
#include "base/vector.h"
#include "sched/trace.h"

namespace drivers::console {

class Strip {
  public:
    static constexpr i64 kColumnNs = 10'000'000;
    static constexpr u8 kUnknown = 0, kIdle = 236;  // of the 256 colours
    // The colour of a task: never one of the two above.
    static u8 colour_of(u32 task);

    // Nothing is known before `now_ns`. ENOMEM.
    Result<void> create(u32 columns, i64 now_ns);
    // The next switch, not before the one before.
    void feed(const sched::SwitchRecord& record);
    // Time has gone on to `now_ns`, and no switch before that is to come.
    void advance(i64 now_ns);
    // 0: the oldest.
    u8 colour(u32 column) const { return columns_[(first_ + column) % columns_.size()]; }
    u32 columns() const { return static_cast<u32>(columns_.size()); }

  private:
    struct Share {
        u32 task = 0;
        i64 ns = 0;
    };
    void account(i64 ns);
    void end_column();
    u8 column_colour() const;

    Vector<u8> columns_;
    usize first_ = 0;
    std::array<Share, 8> shares_{};  // of the column that is being filled; more tasks are not looked at
    i64 at_ns_ = 0, column_end_ns_ = 0;
    u32 task_ = 0;
    bool known_ = false;
};

}  // namespace drivers::console
