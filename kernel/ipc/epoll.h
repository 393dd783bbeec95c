// Epoll: epoll(7). A set of files; those that may be ready are on a list that their wake-ups fill.
// Callers: linux.
// Locks, context: the set under a sleeping lock (kEpoll), the ready list under a spin lock (kEpollReady) that wake-ups
// take in any context. An item that is not on the ready list will be put there by its file's next wake-up.
#pragma once

#include <array>

#include "abi/linux/epoll.h"
#include "base/own.h"
#include "base/rb_tree.h"
#include "object/file.h"
#include "sched/mutex.h"
#include "sync/spin_lock.h"

// One epoll item as the watched file knows it: a link of File::watches.
struct object::File::Watch {
    Watch* previous = nullptr;
    Watch* next = nullptr;
};

namespace ipc {

class Epoll;

struct EpollItem final : object::File::Watch, object::PollTable {
    EpollItem(Epoll& e, object::File& f, i32 number, abi::epoll_event event)
        : owner(e), file(f), fd(number), events(event.events), data(event.data) {}

    // Called by File::poll: puts this item on `source`'s queue.
    void watch(object::PollSource& source) override;
    void stop_watching();

    struct Registration : sched::WaitEntry {
        EpollItem* item = nullptr;
        object::PollSource* source = nullptr;
    };
    static bool on_wake(sched::WaitEntry& entry, u32 happened);

    Epoll& owner;
    object::File& file;
    const i32 fd;
    std::atomic<u32> events;  // EPOLL*; only private bits: disabled (one-shot)
    u64 data;
    RbNode set_node;
    ListNode ready_node;  // kEpollReady
    usize registered = 0;
    bool too_many = false;  // sources
    std::array<Registration, 4> registrations;
};

class Epoll final : public object::File {
  public:
    static constexpr object::Facet kFacet{"epoll"};

    Epoll();

    // epoll_ctl. `fd` is the number that `file` had: the pair names the item. EEXIST, ENOENT, EPERM (cannot be polled),
    // EINVAL, ELOOP, ENOMEM; EBADF when the file was closed meanwhile.
    Result<void> add(object::File& file, i32 fd, abi::epoll_event event);
    Result<void> modify(object::File& file, i32 fd, abi::epoll_event event);
    Result<void> remove(object::File& file, i32 fd);

    // Waits for events and stores at most `most` of them. 0: `deadline` came first. kRESTARTSYS: a signal did.
    Result<i32> wait(vm::UserOut<abi::epoll_event> events, i32 most, Instant deadline);

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_read() const override { return false; }
    bool can_write() const override { return false; }
    u32 poll(object::PollTable* table) override;
    // Without asking the files again: what was ready once and is no more still counts.
    u32 poll_loosely(object::PollTable* table);
    bool can_poll() const override { return true; }
    Result<i64> seek(i64, int) override { return 0; }  // as Linux: no error, no effect
    void on_closed() override;
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

    // An item's file may be ready. Any context.
    void make_ready(EpollItem& item);

  private:
    friend void release_watches(object::File& file);
    struct ByFile {
        static bool less(const EpollItem& a, const EpollItem& b);
    };
    enum class Verdict : u8 { kDone, kKeep, kStop };
    using ReadyList = IntrusiveList<EpollItem, &EpollItem::ready_node>;
    using SetLock = sched::Mutex<sync::Rank::kEpoll>;
    using ReadyLock = sync::SpinLock<sync::Rank::kEpollReady, sync::kIrqOff>;

    // With lock_ held:
    EpollItem* find(object::File& file, i32 fd);
    void erase(EpollItem& item);
    // Asks the files on the ready list; fn(item, what is ready) says what becomes of those that are.
    template <typename Fn>
    void scan(Fn fn);
    template <typename Fn>
    Verdict judge(EpollItem& item, Fn fn);

    Result<void> check_nesting(Epoll& inner);
    Result<i32> harvest(vm::UserOut<abi::epoll_event> events, i32 most);
    bool maybe_ready() const { return maybe_ready_.load(std::memory_order_acquire); }

    SetLock lock_;
    RbTree<EpollItem, &EpollItem::set_node, ByFile> items_;
    ReadyLock ready_lock_;
    ReadyList ready_;
    std::atomic<bool> maybe_ready_{false};  // ready_ is not empty
    object::PollSource ready_source_;
};

}  // namespace ipc
