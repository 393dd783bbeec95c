#include "sched/fair_queue.h"

namespace sched {
namespace {

// Each step of nice is a factor of about 1.25 (Linux 6.1, kernel/sched/core.c, sched_prio_to_weight: facts that
// programs can measure).
constexpr std::array<u32, 40> kWeights = {
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
    172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15,
};
static_assert(kWeights[20] == kNiceZeroWeight);

// A sleeper's credit: how far before the queue's virtual time it may begin.
constexpr i64 kCreditNs = kSliceNs;
// No debt counts for more than this, whatever the clock did.
constexpr i64 kDebtNs = 10 * kSliceNs;

}  // namespace

u32 weight_of_nice(int nice) {
    const int index = nice < -20 ? 0 : nice > 19 ? 39 : nice + 20;
    return kWeights[static_cast<usize>(index)];
}

void set_weight(FairEntity& e, u32 weight) {
    e.weight = weight;
    e.inverse = static_cast<u32>((u64{1} << 32) / weight);
}

void FairQueue::insert(FairEntity& e) {
    tree_.insert(e);
    waiting_++;
    if (leftmost_ == nullptr || Order::less(e, *leftmost_)) leftmost_ = &e;
}

void FairQueue::remove(FairEntity& e) {
    if (leftmost_ == &e) leftmost_ = Tree::next(e);
    tree_.remove(e);
    waiting_--;
}

void FairQueue::enqueue(FairEntity& e, bool woken) {
    if (woken) {
        const i64 earliest = virtual_time_ - scale(kCreditNs, e);
        const i64 latest = virtual_time_ + scale(kDebtNs, e);
        if (e.vruntime - earliest < 0) e.vruntime = earliest;
        if (e.vruntime - latest > 0) e.vruntime = latest;
        e.deadline = e.vruntime + scale(kSliceNs, e);
    }
    count_++;
    load_ += e.weight;
    insert(e);
}

void FairQueue::dequeue(FairEntity& e) {
    count_--;
    load_ -= e.weight;
    if (e.fair_node.linked) remove(e);
}

FairEntity* FairQueue::take_next() {
    FairEntity* e = leftmost_;
    if (e != nullptr) remove(*e);
    return e;
}

void FairQueue::put_back(FairEntity& e) { insert(e); }

bool FairQueue::charge(FairEntity& e, i64 ns) {
    if (ns <= 0) return false;
    const i64 own = scale(ns, e);
    e.vruntime += own;
    // What an ideal processor, shared by weight, would have given each of `load_`.
    virtual_time_ += load_ <= e.weight ? own : ns * i64{kNiceZeroWeight} / static_cast<i64>(load_);
    if (e.vruntime - e.deadline < 0) return false;
    e.deadline = e.vruntime + scale(kSliceNs, e);
    return true;
}

void FairQueue::yield(FairEntity& e) {
    FairEntity* last = tree_.last();
    // Behind all that wait now; equal deadlines keep their order of arrival.
    if (last != nullptr && last->deadline - e.deadline > 0) e.deadline = last->deadline;
}

void FairQueue::reweight(FairEntity& e, u32 weight) {
    const bool waits = e.fair_node.linked;
    if (waits) remove(e);
    load_ -= e.weight;
    set_weight(e, weight);
    load_ += e.weight;
    e.deadline = e.vruntime + scale(kSliceNs, e);
    if (waits) insert(e);
}

}  // namespace sched
