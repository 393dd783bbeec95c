#include "memory/reclaim.h"

#include <array>
#include <atomic>

#include "log/log.h"

namespace memory {
namespace {

constinit std::array<std::atomic<Shrinker>, 8> shrinkers{};
constinit std::atomic<ShortageHandler> shortage_handler{nullptr};

}  // namespace

void register_shrinker(Shrinker s) {
    for (std::atomic<Shrinker>& slot : shrinkers) {
        Shrinker expected = nullptr;
        if (slot.compare_exchange_strong(expected, s)) return;
    }
    log::warn("memory: too many shrinkers; one is not used");
}

void set_shortage_handler(ShortageHandler handler) { shortage_handler.store(handler, std::memory_order_release); }

namespace internal {

bool reclaim(u64 wanted) {
    u64 got = 0;
    for (std::atomic<Shrinker>& s : shrinkers)
        if (Shrinker fn = s.load(std::memory_order_acquire)) got += fn(wanted);
    return got > 0;
}

Shortage on_shortage(unsigned order) {
    const ShortageHandler handler = shortage_handler.load(std::memory_order_acquire);
    return handler == nullptr ? Shortage::kFail : handler(order);
}

}  // namespace internal
}  // namespace memory
