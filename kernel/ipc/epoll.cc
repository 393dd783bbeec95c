#include "ipc/epoll.h"

#include "sched/scheduler.h"
#include "time/clock.h"

namespace ipc {
namespace {

constexpr u32 kPrivateBits = abi::EPOLLWAKEUP | abi::EPOLLONESHOT | abi::EPOLLET | abi::EPOLLEXCLUSIVE;
constexpr u32 kAlways = abi::EPOLLERR | abi::EPOLLHUP;
// What may stand beside EPOLLEXCLUSIVE (epoll_ctl(2)).
constexpr u32 kExclusiveAllows = abi::EPOLLIN | abi::EPOLLOUT | abi::EPOLLERR | abi::EPOLLHUP | abi::EPOLLWAKEUP |
                                 abi::EPOLLET | abi::EPOLLEXCLUSIVE;

// Guards File::watches of all files: links of a few instructions.
constinit sync::SpinLock<sync::Rank::kEventSource> watches_lock;
// Held while an epoll is put into another, so that no circle is closed from two sides.
constinit sched::Mutex<sync::Rank::kEpollTree> tree_lock;

// What is ready, asked under an epoll's lock. An epoll within is not searched, for its lock has the same rank: it may
// say that something is ready when it was and is no more.
u32 ask(object::File& file, object::PollTable* table) {
    if (Epoll* inner = file.as<Epoll>()) return inner->poll_loosely(table);
    return file.poll(table);
}

void link(object::File& file, object::File::Watch& watch) {
    sync::LockGuard guard(watches_lock);
    watch.next = file.watches;
    if (file.watches != nullptr) file.watches->previous = &watch;
    file.watches = &watch;
}

void unlink(object::File& file, object::File::Watch& watch) {
    sync::LockGuard guard(watches_lock);
    if (watch.previous != nullptr) {
        watch.previous->next = watch.next;
    } else {
        file.watches = watch.next;
    }
    if (watch.next != nullptr) watch.next->previous = watch.previous;
}

}  // namespace

// --- Items ---

void EpollItem::watch(object::PollSource& source) {
    if (registered == registrations.size()) {
        too_many = true;
        return;
    }
    Registration& r = registrations[registered++];
    r.wake = &on_wake;
    r.item = this;
    r.source = &source;
    r.exclusive = (events.load(std::memory_order_relaxed) & abi::EPOLLEXCLUSIVE) != 0;
    source.queue.add(r);
}

void EpollItem::stop_watching() {
    for (Registration& r : std::span(registrations).first(registered)) r.source->queue.remove(r);
    registered = 0;
}

// Any context, under the source's lock. True if this counts as the one exclusive waiter that was woken.
bool EpollItem::on_wake(sched::WaitEntry& entry, u32 happened) {
    EpollItem& item = *static_cast<Registration&>(entry).item;
    const u32 wanted = item.events.load(std::memory_order_relaxed);
    if ((wanted & ~kPrivateBits) == 0 || (happened & wanted) == 0) return false;
    item.owner.make_ready(item);
    return (wanted & abi::EPOLLEXCLUSIVE) != 0;
}

void Epoll::make_ready(EpollItem& item) {
    {
        sync::LockGuard guard(ready_lock_);
        if (!item.ready_node.linked()) ready_.push_back(item);
        maybe_ready_.store(true, std::memory_order_release);
    }
    ready_source_.queue.wake_one(object::kPollIn);
}

// --- The set ---

bool Epoll::ByFile::less(const EpollItem& a, const EpollItem& b) {
    return &a.file != &b.file ? &a.file < &b.file : a.fd < b.fd;
}

EpollItem* Epoll::find(object::File& file, i32 fd) {
    const auto below = [&](const EpollItem& item) { return &item.file != &file ? &item.file < &file : item.fd < fd; };
    EpollItem* item = items_.lower_bound(below);
    return item != nullptr && &item->file == &file && item->fd == fd ? item : nullptr;
}

void Epoll::erase(EpollItem& item) {
    item.stop_watching();
    {
        sync::LockGuard guard(ready_lock_);
        item.ready_node.unlink();
        maybe_ready_.store(!ready_.empty(), std::memory_order_release);
    }
    unlink(item.file, item);
    items_.remove(item);
    base::destroy(&item);
}

Result<void> Epoll::add(object::File& file, i32 fd, abi::epoll_event event) {
    if (!file.can_poll()) return Errno::kPERM;
    if (&file == this) return Errno::kINVAL;
    Epoll* inner = file.as<Epoll>();
    if ((event.events & abi::EPOLLEXCLUSIVE) != 0 && (inner != nullptr || (event.events & ~kExclusiveAllows) != 0))
        return Errno::kINVAL;
    event.events |= kAlways;
    if (inner != nullptr) {
        sync::LockGuard tree(tree_lock);
        TRY(check_nesting(*inner));
    }
    Own<EpollItem> fresh = TRY(make_own<EpollItem>(*this, file, fd, event));
    sync::LockGuard guard(lock_);
    if (find(file, fd) != nullptr) return Errno::kEXIST;
    EpollItem& item = *fresh.release();
    items_.insert(item);
    link(file, item);
    // Either the closing side sees `watched`, or this side sees that there is no descriptor left.
    file.watched.store(true, std::memory_order_seq_cst);
    const u32 ready = ask(file, &item) & event.events;
    const bool closed = file.descriptors() == 0;
    if (closed || item.too_many) {
        erase(item);
        return closed ? Errno::kBADF : Errno::kNOMEM;
    }
    if (ready != 0) make_ready(item);
    return {};
}

Result<void> Epoll::modify(object::File& file, i32 fd, abi::epoll_event event) {
    if ((event.events & abi::EPOLLEXCLUSIVE) != 0) return Errno::kINVAL;
    sync::LockGuard guard(lock_);
    EpollItem* item = find(file, fd);
    if (item == nullptr) return Errno::kNOENT;
    if ((item->events.load(std::memory_order_relaxed) & abi::EPOLLEXCLUSIVE) != 0) return Errno::kINVAL;
    item->data = event.data;
    // A wake-up that reads the old events comes before the look at the file below.
    item->events.store(event.events | kAlways, std::memory_order_seq_cst);
    if ((ask(file, nullptr) & (event.events | kAlways)) != 0) make_ready(*item);
    return {};
}

Result<void> Epoll::remove(object::File& file, i32 fd) {
    sync::LockGuard guard(lock_);
    EpollItem* item = find(file, fd);
    if (item == nullptr) return Errno::kNOENT;
    erase(*item);
    return {};
}

// --- Waiting ---

template <typename Fn>
Epoll::Verdict Epoll::judge(EpollItem& item, Fn fn) {
    const u32 wanted = item.events.load(std::memory_order_relaxed);
    if ((wanted & ~kPrivateBits) == 0) return Verdict::kDone;
    const u32 ready = ask(item.file, nullptr) & wanted;
    return ready == 0 ? Verdict::kDone : fn(item, ready);
}

template <typename Fn>
void Epoll::scan(Fn fn) {
    ReadyList batch;
    sync::LockGuard guard(ready_lock_);
    batch.splice_back(ready_);
    // Off the list before the file is asked: a wake-up after the answer puts the item back.
    while (EpollItem* item = batch.pop_front()) {
        guard.unlock();
        const Verdict verdict = judge(*item, fn);
        guard.relock(ready_lock_);
        if (verdict == Verdict::kStop) {
            item->ready_node.unlink();  // a wake-up may have queued it again
            batch.push_front(*item);
            break;
        }
        if (verdict == Verdict::kKeep && !item->ready_node.linked()) ready_.push_back(*item);
    }
    batch.splice_back(ready_);
    ready_.splice_back(batch);
    maybe_ready_.store(!ready_.empty(), std::memory_order_release);
}

Result<i32> Epoll::harvest(vm::UserOut<abi::epoll_event> events, i32 most) {
    i32 count = 0;
    bool fault = false;
    bool more;
    {
        sync::LockGuard guard(lock_);
        scan([&](EpollItem& item, u32 ready) {
            if (count == most) return Verdict::kStop;
            if (!events.store_at(static_cast<usize>(count), {ready, item.data}).ok()) {
                fault = true;
                return Verdict::kStop;
            }
            count++;
            const u32 wanted = item.events.load(std::memory_order_relaxed);
            if ((wanted & abi::EPOLLONESHOT) != 0) {
                item.events.store(wanted & kPrivateBits, std::memory_order_relaxed);
                return Verdict::kDone;
            }
            // Level-triggered: to be asked again next time.
            return (wanted & abi::EPOLLET) != 0 ? Verdict::kDone : Verdict::kKeep;
        });
        more = maybe_ready();
    }
    if (more) ready_source_.queue.wake_one(object::kPollIn);
    if (count == 0 && fault) return Errno::kFAULT;
    return count;
}

Result<i32> Epoll::wait(vm::UserOut<abi::epoll_event> events, i32 most, Instant deadline) {
    for (;;) {
        if (maybe_ready()) {
            const i32 n = TRY(harvest(events, most));
            if (n != 0) return n;
        }
        // Before signals count: a look alone is never interrupted. Waits without a limit need no clock.
        if (deadline != Instant::never() && deadline <= time::now()) return 0;
        const Result<void> waited = ready_source_.queue.wait_exclusive([&] { return maybe_ready(); }, deadline);
        if (waited.ok()) continue;
        if (waited.error() == Errno::kTIMEDOUT) return 0;
        return waited.error();
    }
}

u32 Epoll::poll_loosely(object::PollTable* table) {
    if (table != nullptr) table->watch(ready_source_);
    return maybe_ready() ? object::kPollIn : 0;
}

u32 Epoll::poll(object::PollTable* table) {
    if (poll_loosely(table) == 0) return 0;
    bool any = false;
    sync::LockGuard guard(lock_);
    scan([&](EpollItem&, u32) {
        any = true;
        return Verdict::kStop;
    });
    return any ? object::kPollIn : 0;
}

// --- Nesting ---

namespace {

constexpr u32 kMostNesting = 5;  // Linux: EP_MAX_NESTS 4 below one

using Epolls = Vector<Ref<Epoll>>;

}  // namespace

// An epoll may not reach itself, and chains stay short, for wake-ups run up them on one stack.
Result<void> Epoll::check_nesting(Epoll& inner) {
    // Downwards from `inner`, level by level.
    Epolls level;
    TRY(level.try_push(Ref<Epoll>(inner)));
    u32 below = 1;
    for (; !level.empty(); below++) {
        if (below > kMostNesting) return Errno::kLOOP;
        Epolls next;
        for (const Ref<Epoll>& e : level) {
            if (e.get() == this) return Errno::kLOOP;
            sync::LockGuard guard(e->lock_);
            for (EpollItem* item = e->items_.first(); item != nullptr; item = e->items_.next(*item)) {
                if (Epoll* child = item->file.as<Epoll>()) TRY(next.try_push(Ref<Epoll>(*child)));
            }
        }
        level = std::move(next);
    }
    // Upwards: one holder each is enough to bound the sum, since every chain was bounded when it was made.
    Epolls above;
    TRY(above.try_push(Ref<Epoll>(*this)));
    for (u32 depth = below; !above.empty(); depth++) {
        if (depth > kMostNesting) return Errno::kLOOP;
        Epolls next;
        TRY(next.try_reserve(64));
        for (const Ref<Epoll>& e : above) {
            sync::LockGuard guard(watches_lock);
            for (object::File::Watch* w = e->watches; w != nullptr; w = w->next) {
                Epoll& holder = static_cast<EpollItem*>(w)->owner;
                if (next.size() == 64) return Errno::kLOOP;
                if (holder.try_add_ref()) next.push_reserved(Ref<Epoll>::adopt(holder));
            }
        }
        above = std::move(next);
    }
    return {};
}

// --- Closing ---

void Epoll::on_closed() {
    sync::LockGuard guard(lock_);
    while (EpollItem* item = items_.first()) erase(*item);
}

// `file` has lost its last descriptor: it leaves every set.
void release_watches(object::File& file) {
    for (;;) {
        OptRef<Epoll> holder;
        i32 fd = 0;
        {
            sync::LockGuard guard(watches_lock);
            if (file.watches == nullptr) return;
            EpollItem& item = *static_cast<EpollItem*>(file.watches);
            if (item.owner.try_add_ref()) {
                holder = OptRef<Epoll>::adopt(&item.owner);
                fd = item.fd;
            }
        }
        if (holder) {
            (void)holder->remove(file, fd);
        } else {
            sched::yield();  // the set is on its way out and unlinks its items itself
        }
    }
}

// The first set makes files tell when they are closed.
Epoll::Epoll() : File(abi::O_RDWR) { object::File::set_release_hook(release_watches); }

// --- /proc ---

void Epoll::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[eventpoll]"); }

void Epoll::describe_info(base::FormatSink sink) {
    sync::LockGuard guard(lock_);
    for (EpollItem* item = items_.first(); item != nullptr; item = items_.next(*item)) {
        const std::array<base::FormatArgument, 3> arguments{
            base::format_argument(item->fd), base::format_argument(item->events.load(std::memory_order_relaxed)),
            base::format_argument(item->data)};
        base::format_list(sink, "tfd: {:>8} events: {:>8x} data: {:>16x}\n", arguments);
    }
}

}  // namespace ipc
