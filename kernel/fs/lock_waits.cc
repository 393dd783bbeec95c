#include "fs/lock_waits.h"

#include <atomic>

#include "sync/guarded.h"
#include "sync/spin_lock.h"

namespace fs::lock_waits {
namespace {

using Edges = IntrusiveList<Edge, &Edge::node>;
constinit sync::Guarded<Edges, sync::SpinLock<sync::Rank::kLockWaits>> edges;
// How many there are: forget() is usually over at once. An edge of a list is added under that list's lock,
// which forget()'s caller holds.
constinit std::atomic<u32> known{0};

}  // namespace

Edge::~Edge() {
    if (!known_) return;
    edges.lock()->remove(*this);
    known.fetch_sub(1, std::memory_order_relaxed);
}

bool Edge::set(const void* holder) {
    auto all = edges.lock();
    // Threads with one descriptor table are one owner that may wait more than once; the walk goes on with the
    // first.
    usize steps = 0;
    for (const void* at = holder; at != nullptr && steps <= known.load(std::memory_order_relaxed); steps++) {
        if (at == waiter_) return false;
        const void* next = nullptr;
        for (Edge& e : *all) {
            if (e.waiter_ == at && e.holder_ != nullptr) next = e.holder_;
            if (next != nullptr) break;
        }
        at = next;
    }
    holder_ = holder;
    if (!known_) {
        all->push_back(*this);
        known.fetch_add(1, std::memory_order_relaxed);
        known_ = true;
    }
    return true;
}

void forget(const void* list, const void* holder) {
    if (known.load(std::memory_order_relaxed) == 0) return;
    auto all = edges.lock();
    for (Edge& e : *all) {
        if (e.list_ == list && e.holder_ == holder) e.holder_ = nullptr;
    }
}

}  // namespace fs::lock_waits
