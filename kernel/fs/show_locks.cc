// /proc/locks and the lock lines of /proc/PID/fdinfo. Source: Linux 6.1 fs/locks.c, lock_get_status().
#include "abi/linux/fcntl.h"
#include "fs/lock_list.h"
#include "fs/procfs/procfs.h"

namespace fs {
namespace {

using procfs::SeqSink;

// One line, copied under the spin locks and written without them.
struct Line {
    std::string_view kind, mode;
    int type = 0;
    i32 pid = 0;
    object::DeviceNumber device;
    u64 number = 0;
    bool ranged = false, waits = false;
    u64 start = 0, end = 0;
};

struct Collected {
    Vector<Line> lines;
    usize room = 0;    // of `lines`
    usize wanted = 0;  // how many there are
    // Whose; those of all inodes when `inode` is null.
    const Inode* inode = nullptr;
    const void* file = nullptr;
    const void* table = nullptr;

    bool takes(const void* owner) const { return inode == nullptr || owner == file || owner == table; }
    void add(const Line& line) {
        if (++wanted <= room) lines.push_reserved(line);
    }
};

Line line_of(const Inode& inode, const FileLock& l, bool waits) {
    Line line{.mode = "ADVISORY  ", .device = inode.super().device(), .number = inode.number(), .waits = waits};
    line.kind = l.kind == LockKind::kFlock ? "FLOCK  " : l.open_file ? "OFDLCK " : "POSIX  ";
    line.type = l.exclusive ? abi::F_WRLCK : abi::F_RDLCK;
    line.pid = l.open_file ? -1 : l.pid;
    line.ranged = l.kind == LockKind::kRecord;
    line.start = l.start, line.end = l.end;
    return line;
}

Line line_of(const Inode& inode, const Lease& l) {
    return {.kind = "LEASE  ",
            .mode = l.breaking() ? "BREAKING  " : "ACTIVE    ",
            .type = l.target,
            .pid = l.pid,
            .device = inode.super().device(),
            .number = inode.number()};
}

void collect(const LockList& list, void* context) {
    Collected& to = *static_cast<Collected*>(context);
    if (to.inode != nullptr && to.inode != &list.inode) return;
    auto s = list.state.lock();
    for (const FileLock& held : s->held) {
        if (!to.takes(held.owner)) continue;
        to.add(line_of(list.inode, held, false));
        if (to.inode != nullptr) continue;
        for (const LockWaiter& w : s->waiting) {
            if (conflict(held, w.wanted)) to.add(line_of(list.inode, w.wanted, true));
        }
    }
    for (const Lease& lease : s->leases) {
        if (to.takes(&lease.file)) to.add(line_of(list.inode, lease));
    }
}

void write_line(SeqSink& out, const Line& l, u64 id) {
    const std::string_view type = l.type == abi::F_WRLCK ? "WRITE" : l.type == abi::F_RDLCK ? "READ" : "UNLCK";
    base::format_to(out, "{}: {}{}{}{} {} {:02x}:{:02x}:{} ", id, l.waits ? "-> " : "", l.kind, l.mode, type, l.pid,
                    l.device.major, l.device.minor, l.number);
    constexpr u64 kEnd = 0x7fff'ffff'ffff'ffff;  // OFFSET_MAX
    if (!l.ranged) {
        out.write("0 EOF\n");
    } else if (l.end >= kEnd) {
        base::format_to(out, "{} EOF\n", l.start);
    } else {
        base::format_to(out, "{} {}\n", l.start, l.end);
    }
}

Result<void> fill(Collected& c) {
    // Room is made without the locks: again if more have come meanwhile.
    do {
        c.lines.clear();
        c.room = c.wanted + 16;
        TRY(c.lines.try_reserve(c.room));
        c.wanted = 0;
        for_each_lock_list(collect, &c);
    } while (c.wanted > c.room);
    return {};
}

}  // namespace

Result<void> show_locks(SeqSink& out) {
    Collected c;
    TRY(fill(c));
    u64 id = 0;
    for (const Line& l : c.lines) {
        if (!l.waits) id++;
        write_line(out, l, id);
    }
    return {};
}

Result<void> show_locks_of(const Inode& inode, const void* file, const void* table, SeqSink& out) {
    if (inode.locks.load(std::memory_order_acquire) == nullptr) return {};
    Collected c;
    c.inode = &inode, c.file = file, c.table = table;
    TRY(fill(c));
    u64 id = 0;
    for (const Line& l : c.lines) {
        out.write("lock:\t");
        write_line(out, l, ++id);
    }
    return {};
}

}  // namespace fs
