#include "process/pid_table.h"

#include <array>

#include "base/bitmap.h"
#include "base/own.h"
#include "sync/guarded.h"
#include "sync/rcu.h"

namespace process::pid {

namespace {

constexpr i32 kReservedLow = 300;  // after wrapping, low numbers stay with long-lived services (Linux: RESERVED_PIDS)
// With its RCU head a block fills 4 KiB.
constexpr usize kSlotsPerBlock = 127;
constexpr usize kBlocks = (kLimit + kSlotsPerBlock - 1) / kSlotsPerBlock;
struct Block : rcu::Head {
    std::array<Slot, kSlotsPerBlock> slots;
};
constexpr usize block_of(i32 number) { return static_cast<usize>(number) / kSlotsPerBlock; }
constexpr usize place_of(i32 number) { return static_cast<usize>(number) % kSlotsPerBlock; }

struct Numbers {
    Bitmap<kLimit> taken;
    std::array<u8, kBlocks> used{};  // taken numbers in each block
    i32 last = 0;
    i32 most = kLimit;
};
constinit sync::Guarded<Numbers, sync::SpinLock<sync::Rank::kPidTable, sync::kIrqOff>> numbers;
// A block exists as long as a number in it is taken, and while the next numbers come from it. Taken away with the lock
// of `numbers` held.
constinit std::array<std::atomic<Block*>, kBlocks> blocks{};

Result<void> ensure_block(i32 number) {
    std::atomic<Block*>& place = blocks[block_of(number)];
    if (place.load(std::memory_order_acquire) != nullptr) [[likely]]
        return {};
    Own<Block> fresh = TRY(make_own<Block>());
    Block* expected = nullptr;
    if (place.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) (void)fresh.release();
    return {};
}

// Finders under RCU may still look at it.
void drop_if_unused(const Numbers& n, usize block) {
    if (n.used[block] != 0 || block == block_of(n.last)) return;
    if (Block* old = blocks[block].exchange(nullptr, std::memory_order_acq_rel))
        rcu::defer(*old, [](rcu::Head& head) { base::destroy(static_cast<Block*>(&head)); });
}

void take(Numbers& n, i32 number) {
    n.taken.set(static_cast<usize>(number));
    n.used[block_of(number)]++;
}

i32 take_next(Numbers& n) {
    usize found = n.taken.find_clear(static_cast<usize>(n.last) + 1);
    const auto usable = [&] { return found != Bitmap<kLimit>::kNone && found < static_cast<usize>(n.most); };
    if (!usable()) found = n.taken.find_clear(kReservedLow);
    if (!usable()) return 0;
    const usize before = block_of(n.last);
    n.last = static_cast<i32>(found);
    take(n, n.last);
    drop_if_unused(n, before);
    return n.last;
}

void give_back(Numbers& n, i32 number) {
    n.taken.clear(static_cast<usize>(number));
    n.used[block_of(number)]--;
    drop_if_unused(n, block_of(number));
}

// The number is taken: nobody else takes its block away meanwhile.
Result<i32> with_block(i32 number) {
    if (auto made = ensure_block(number); !made.ok()) {
        cancel(number);
        return made.error();
    }
    return number;
}

}  // namespace

Result<i32> reserve() {
    const i32 number = numbers.with([](Numbers& n) { return take_next(n); });
    if (number == 0) return Errno::kAGAIN;
    return with_block(number);
}

Result<i32> reserve_exactly(i32 number) {
    if (number < 1 || number >= kLimit) return Errno::kINVAL;
    {
        auto n = numbers.lock();
        if (n->taken.test(static_cast<usize>(number))) return Errno::kEXIST;
        take(*n, number);
    }
    return with_block(number);
}

Slot* find(i32 number) {
    if (number < 1 || number >= kLimit) return nullptr;
    Block* block = blocks[block_of(number)].load(std::memory_order_acquire);
    return block == nullptr ? nullptr : &block->slots[place_of(number)];
}

Slot& slot(i32 number) {
    Slot* s = find(number);
    ASSERT(s != nullptr);
    return *s;
}

namespace {
// Under the lock, so that exactly one of those who clear sees the slot become empty; the lock keeps the block, too.
template <typename T>
void clear_pointer(i32 number, std::atomic<T*> Slot::* pointer, const T& expected) {
    auto n = numbers.lock();
    Slot* found = find(number);
    if (found == nullptr) return;
    Slot& s = *found;
    if ((s.*pointer).load(std::memory_order_relaxed) != &expected) return;
    (s.*pointer).store(nullptr, std::memory_order_release);
    if (s.task.load(std::memory_order_relaxed) == nullptr && s.process.load(std::memory_order_relaxed) == nullptr &&
        s.group.load(std::memory_order_relaxed) == nullptr && s.session.load(std::memory_order_relaxed) == nullptr) {
        give_back(*n, number);
    }
}
}  // namespace

void clear(i32 number, const Task& task) { clear_pointer(number, &Slot::task, task); }
void clear(i32 number, const Process& process) { clear_pointer(number, &Slot::process, process); }
void clear(i32 number, const Group& group) { clear_pointer(number, &Slot::group, group); }
void clear(i32 number, const Session& session) { clear_pointer(number, &Slot::session, session); }
void cancel(i32 number) {
    numbers.with([number](Numbers& n) { give_back(n, number); });
}

i32 next(i32 from, bool (*match)(const Slot&)) {
    for (i32 number = from < 1 ? 1 : from; number < kLimit;) {
        const usize index = block_of(number);
        rcu::ReadGuard guard;
        const Block* block = blocks[index].load(std::memory_order_acquire);
        for (; number < kLimit && block_of(number) == index; number++)
            if (block != nullptr && match(block->slots[place_of(number)])) return number;
    }
    return 0;
}

i32 last_reserved() {
    return numbers.with([](Numbers& n) { return n.last; });
}

void set_last(i32 number) {
    numbers.with([&](Numbers& n) {
        const usize before = block_of(n.last);
        n.last = number;
        drop_if_unused(n, before);
    });
}
i32 most() {
    return numbers.with([](Numbers& n) { return n.most; });
}
void set_most(i32 most) {
    numbers.with([&](Numbers& n) { n.most = most; });
}

}  // namespace process::pid
