#include "sched/deadline.h"

namespace sched {

namespace {
using Wide = __int128;
using Count = unsigned __int128;
constexpr u64 kLeastRuntime = 1024, kLeastPeriod = 100'000, kMostPeriod = (u64{1} << 22) * 1000;
}  // namespace

// __checkparam_dl.
Result<DlParameters> DlParameters::checked() const {
    constexpr u64 kSign = u64{1} << 63;
    DlParameters p = *this;
    if (deadline == 0 || runtime < kLeastRuntime || ((deadline | period) & kSign) != 0) return Errno::kINVAL;
    if (p.period == 0) p.period = deadline;
    if (p.period < deadline || deadline < runtime) return Errno::kINVAL;
    if (p.period < kLeastPeriod || p.period > kMostPeriod) return Errno::kINVAL;
    return p;
}

void DlEntity::begin(i64 now) {
    dl_at = now + static_cast<i64>(dl.deadline);
    dl_left = static_cast<i64>(dl.runtime);
}

// The rule of the constant bandwidth server: what is left until the deadline must not be more than the share.
void DlEntity::wake(i64 now) {
    const i64 until = dl_at - now, deadline = static_cast<i64>(dl.deadline), runtime = static_cast<i64>(dl.runtime);
    const bool constrained = dl.deadline < dl.period;
    if (until <= 0) {
        // With a deadline before the period's end a new instance now would come too early.
        if (constrained && next_period() - now > 0) {
            dl_left = std::min<i64>(dl_left, 0);
        } else {
            begin(now);
        }
    } else if (Wide{dl_left} * deadline > Wide{until} * runtime) {
        if (constrained) {
            dl_left =
                static_cast<i64>(static_cast<Count>(until) * dl.runtime / dl.deadline);  // update_dl_revised_wakeup
        } else {
            begin(now);
        }
    }
}

bool DlEntity::charge(i64 ns) {
    dl_left -= ns;
    if (dl_left > 0) return false;
    dl_overran = true;
    if (dl_boosted && dl.period != 0) replenish(dl_at);
    return used_up();
}

void DlEntity::replenish(i64 now) {
    while (dl_left <= 0) {
        dl_at += static_cast<i64>(dl.period);
        dl_left += static_cast<i64>(dl.runtime);
    }
    // So late that the deadline has passed again: it lags behind by no more than one.
    if (dl_at - now < 0) begin(now);
}

bool DeadlineQueue::insert(DlEntity& e, i64 now) {
    if (e.used_up() && e.next_period() - now <= 0) e.replenish(now);
    if (e.used_up()) {
        e.dl_rests = true;
        resting_.insert(e);
        note_next_event();
        return false;
    }
    waiting_++;
    ready_.insert(e);
    return true;
}

bool DeadlineQueue::remove(DlEntity& e) {
    if (!e.dl_node.linked) return false;
    if (e.dl_rests) {
        e.dl_rests = false;
        resting_.remove(e);
        note_next_event();
        return false;
    }
    waiting_--;
    ready_.remove(e);
    return true;
}

void DeadlineQueue::note_next_event() {
    const DlEntity* e = resting_.first();
    next_event_.store(e == nullptr ? std::numeric_limits<i64>::max() : e->next_period(), std::memory_order_relaxed);
}

DlEntity* DeadlineQueue::take_rested(i64 now) {
    DlEntity* e = resting_.first();
    if (e == nullptr || e->next_period() - now > 0) return nullptr;
    (void)remove(*e);
    e->replenish(now);
    return e;
}

Result<void> DlBandwidth::change(u64 old_share, u64 new_share, u32 cpus) {
    const u64 total = total_ - old_share + new_share;
    if (limit_ != kUnlimited && total > limit_ * cpus) return Errno::kBUSY;
    total_ = total;
    return {};
}

Result<void> DlBandwidth::set_limit(u64 share, u32 cpus) {
    if (share != kUnlimited && total_ > share * cpus) return Errno::kBUSY;
    limit_ = share;
    return {};
}

}  // namespace sched
