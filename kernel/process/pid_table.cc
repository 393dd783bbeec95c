#include "process/pid_table.h"

#include <array>

#include "base/bitmap.h"
#include "base/own.h"
#include "sync/guarded.h"

namespace process::pid {

namespace {

constexpr i32 kReservedLow = 300;  // after wrapping, low numbers stay with long-lived services (Linux: RESERVED_PIDS)
constexpr usize kSlotsPerBlock = 128;
using Block = std::array<Slot, kSlotsPerBlock>;

struct Numbers {
    Bitmap<kLimit> taken;
    i32 last = 0;
    i32 most = kLimit;
};
constinit sync::Guarded<Numbers, sync::SpinLock<sync::Rank::kPidTable, sync::kIrqOff>> numbers;
constinit std::array<std::atomic<Block*>, kLimit / kSlotsPerBlock> blocks{};

// Blocks are never freed: at most a megabyte, and readers need not care.
Result<void> ensure_block(i32 number) {
    std::atomic<Block*>& place = blocks[static_cast<usize>(number) / kSlotsPerBlock];
    if (place.load(std::memory_order_acquire) != nullptr) [[likely]]
        return {};
    Own<Block> fresh = TRY(make_own<Block>());
    Block* expected = nullptr;
    if (place.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) (void)fresh.release();
    return {};
}

i32 take_next(Numbers& n) {
    usize found = n.taken.find_clear(static_cast<usize>(n.last) + 1);
    const auto usable = [&] { return found != Bitmap<kLimit>::kNone && found < static_cast<usize>(n.most); };
    if (!usable()) found = n.taken.find_clear(kReservedLow);
    if (!usable()) return 0;
    n.taken.set(found);
    n.last = static_cast<i32>(found);
    return n.last;
}

void give_back(i32 number) {
    auto n = numbers.lock();
    n->taken.clear(static_cast<usize>(number));
}

}  // namespace

Result<i32> reserve() {
    const i32 number = numbers.with([](Numbers& n) { return take_next(n); });
    if (number == 0) return Errno::kAGAIN;
    if (auto made = ensure_block(number); !made.ok()) {
        give_back(number);
        return made.error();
    }
    return number;
}

Result<i32> reserve_exactly(i32 number) {
    if (number < 1 || number >= kLimit) return Errno::kINVAL;
    TRY(ensure_block(number));
    auto n = numbers.lock();
    if (n->taken.test(static_cast<usize>(number))) return Errno::kEXIST;
    n->taken.set(static_cast<usize>(number));
    return number;
}

Slot* find(i32 number) {
    if (number < 1 || number >= kLimit) return nullptr;
    Block* block = blocks[static_cast<usize>(number) / kSlotsPerBlock].load(std::memory_order_acquire);
    return block == nullptr ? nullptr : &(*block)[static_cast<usize>(number) % kSlotsPerBlock];
}

Slot& slot(i32 number) {
    Slot* s = find(number);
    ASSERT(s != nullptr);
    return *s;
}

namespace {
// Under the lock, so that exactly one of those who clear sees the slot become empty.
template <typename T>
void clear_pointer(i32 number, std::atomic<T*> Slot::* pointer, const T& expected) {
    auto n = numbers.lock();
    Slot& s = slot(number);
    if ((s.*pointer).load(std::memory_order_relaxed) != &expected) return;
    (s.*pointer).store(nullptr, std::memory_order_release);
    if (s.task.load(std::memory_order_relaxed) == nullptr && s.process.load(std::memory_order_relaxed) == nullptr &&
        s.group.load(std::memory_order_relaxed) == nullptr && s.session.load(std::memory_order_relaxed) == nullptr) {
        n->taken.clear(static_cast<usize>(number));
    }
}
}  // namespace

void clear(i32 number, const Task& task) { clear_pointer(number, &Slot::task, task); }
void clear(i32 number, const Process& process) { clear_pointer(number, &Slot::process, process); }
void clear(i32 number, const Group& group) { clear_pointer(number, &Slot::group, group); }
void clear(i32 number, const Session& session) { clear_pointer(number, &Slot::session, session); }
void cancel(i32 number) { give_back(number); }

i32 next(i32 from, bool (*match)(const Slot&)) {
    if (from < 1) from = 1;
    for (usize number = static_cast<usize>(from); number < kLimit; number++) {
        const Block* block = blocks[number / kSlotsPerBlock].load(std::memory_order_acquire);
        if (block == nullptr) {
            number |= kSlotsPerBlock - 1;
            continue;
        }
        if (match((*block)[number % kSlotsPerBlock])) return static_cast<i32>(number);
    }
    return 0;
}

i32 last_reserved() {
    return numbers.with([](Numbers& n) { return n.last; });
}

void set_last(i32 number) {
    numbers.with([&](Numbers& n) { n.last = number; });
}
i32 most() {
    return numbers.with([](Numbers& n) { return n.most; });
}
void set_most(i32 most) {
    numbers.with([&](Numbers& n) { n.most = most; });
}

}  // namespace process::pid
