#include "hw/console.h"

#include <atomic>

namespace hw {
namespace {
constinit std::atomic<Console*> g_first{nullptr};
}

// Newest first: a push is one compare-and-swap, and `next` never changes once a reader can see it.
void register_console(Console& console) {
    Console* first = g_first.load(std::memory_order_relaxed);
    do {
        console.next = first;
    } while (!g_first.compare_exchange_weak(first, &console, std::memory_order_release, std::memory_order_relaxed));
}

Console* first_console() { return g_first.load(std::memory_order_acquire); }

}  // namespace hw
