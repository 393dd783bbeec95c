#include "fs/leases.h"

#include "abi/linux/fcntl.h"
#include "abi/linux/signal.h"
#include "base/own.h"
#include "fs/lock_list.h"
#include "time/clock.h"

namespace fs {
namespace {

using State = LockList::State;
using Leases = IntrusiveList<Lease, &Lease::node>;

Lease* lease_of(const State& s, const object::File& file) {
    for (Lease& l : s.leases) {
        if (&l.file == &file) return &l;
    }
    return nullptr;
}

// Whose time is over gives way (Linux: time_out_leases()). What is of no use any more goes to `ended`.
void time_out(State& s, Instant now, Leases& ended) {
    for (Lease& l : s.leases) {
        if (!l.breaking() || now < l.deadline) continue;
        l.type = l.target;
        if (l.type != abi::F_UNLCK) continue;
        s.leases.remove(l);
        ended.push_back(l);
    }
}

void destroy_all(Leases& leases) {
    while (Lease* l = leases.pop_front()) {
        object::cancel_io_signal(l->signal);
        l->file.disown();
        base::destroy(l);
    }
}

bool conflicts(const Lease& l, bool write) { return write || l.type == abi::F_WRLCK; }

// Linux: check_conflicting_open(). The asking file may be the only one that counts.
Result<void> check_open_files(const Inode& inode, const object::File& file, int type) {
    if (type == abi::F_RDLCK) return inode.writers() > 0 ? Result<void>(Errno::kAGAIN) : Result<void>();
    const i32 own_writer = file.writable() ? 1 : 0;
    if (inode.writers() != own_writer || inode.readers() != 1 - own_writer) return Errno::kAGAIN;
    return {};
}

Result<void> add_lease(State& s, const object::File& file, Own<Lease>& fresh, int type) {
    for (const Lease& l : s.leases) {
        if (&l.file == &file) continue;
        if (type == abi::F_WRLCK || l.target == abi::F_UNLCK) return Errno::kAGAIN;
    }
    Lease* own = lease_of(s, file);
    if (own == nullptr) {
        own = fresh.release();
        s.leases.push_back(*own);
    }
    own->type = own->target = type;
    return {};
}

}  // namespace

Result<void> set_lease(Inode& inode, object::File& file, int fd, i32 pid, int type) {
    if (type == abi::F_UNLCK) {
        LockList* list = inode.locks.load(std::memory_order_acquire);
        if (list == nullptr || lease_of(*list->state.lock(), file) == nullptr) return Errno::kAGAIN;
        drop_lease(inode, file);
        return {};
    }
    LockList* list = TRY(lock_list_of(inode));
    Own<Lease> fresh = TRY(make_own<Lease>(file, fd, pid));
    TRY(check_open_files(inode, file, type));
    {
        auto s = list->state.lock();
        TRY(add_lease(*s, file, fresh, type));
    }
    list->changed.wake_all();
    return {};
}

int lease_type(Inode& inode, const object::File& file) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list == nullptr) return abi::F_UNLCK;
    Leases ended;
    int type = abi::F_UNLCK;
    {
        auto s = list->state.lock();
        time_out(*s, time::now(), ended);
        if (const Lease* l = lease_of(*s, file)) type = l->target;
    }
    destroy_all(ended);
    return type;
}

Result<void> break_leases(Inode& inode, bool write, bool nonblock) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list == nullptr) return {};
    const Instant end = time::now() + Duration::seconds(static_cast<i64>(lease_break_time.get()));
    Leases ended;
    bool any = false;
    {
        auto s = list->state.lock();
        time_out(*s, time::now(), ended);
        for (Lease& l : s->leases) {
            if (!conflicts(l, write)) continue;
            any = true;
            const int target = write ? abi::F_UNLCK : abi::F_RDLCK;
            // Told once, unless more is asked for than before.
            if (l.target == target || l.target == abi::F_UNLCK) continue;
            l.target = target;
            l.deadline = end;
            object::post_io_signal(l.signal, abi::POLL_MSG);
        }
    }
    destroy_all(ended);
    if (!any) return {};
    if (nonblock) return Errno::kAGAIN;
    const auto in_the_way = [&] {
        auto s = list->state.lock();
        for (const Lease& l : s->leases) {
            if (conflicts(l, write)) return true;
        }
        return false;
    };
    for (;;) {
        const Result<void> waited = list->changed.wait_interruptible([&] { return !in_the_way(); }, end);
        if (waited.ok()) return {};
        if (waited.error() != Errno::kTIMEDOUT) return waited;
        {
            auto s = list->state.lock();
            time_out(*s, time::now(), ended);
        }
        destroy_all(ended);
        if (!in_the_way()) return {};
    }
}

void drop_lease(Inode& inode, const object::File& file) {
    LockList* list = inode.locks.load(std::memory_order_acquire);
    if (list == nullptr) return;
    Leases ended;
    {
        auto s = list->state.lock();
        Lease* own = lease_of(*s, file);
        if (own == nullptr) return;
        s->leases.remove(*own);
        ended.push_back(*own);
    }
    destroy_all(ended);
    list->changed.wake_all();
}

Result<void> init_leases() {
    TRY(procfs::add_setting<lease_break_time>("sys/fs/lease-break-time"));
    return procfs::add_setting<leases_enabled>("sys/fs/leases-enable");
}

}  // namespace fs
