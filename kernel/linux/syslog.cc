// syslog(2): the kernel's log for dmesg and klogd.
#include "linux/syslog.h"

#include <algorithm>
#include <atomic>

#include "abi/linux/capability.h"
#include "abi/linux/syslog.h"
#include "fs/log_rights.h"
#include "fs/procfs/setting.h"
#include "generated/syscall_prototypes.h"
#include "log/log.h"
#include "sched/mutex.h"
#include "sched/scheduler.h"
#include "sync/guarded.h"

namespace linux_abi {
namespace {

constexpr usize kBufferSize = 128 * 1024;

// SYSLOG_ACTION_READ's place: a record, and how many bytes of it a buffer that was too small took already.
struct Position {
    u64 record = 0;
    usize taken = 0;
};
constinit sync::Guarded<Position, sched::Mutex<sync::Rank::kGeneric>> position;
constinit std::atomic<u64> first_shown{0};  // records before it were cleared

// One record as the call gives it: "<6>[    1.234567] text\n".
using Line = FixedString<log::kMaxText + 40>;
bool format_record(u64& sequence, Line& line) {
    std::array<char, log::kMaxText> text;
    const Result<log::Record> record = log::read(sequence, text);
    if (!record.ok()) return false;
    const log::Record& r = record.value();
    line.clear();
    base::format_to(line, "<{}>[{:>5}.{:06}] {}\n", static_cast<u8>(r.level), r.time_ns / 1'000'000'000,
                    r.time_ns % 1'000'000'000 / 1000,
                    std::string_view(text.data(), std::min(r.text_size, text.size())));
    sequence = r.sequence + 1;
    return true;
}

// In bytes, of all records from `sequence` on.
u64 size_from(u64 sequence) {
    u64 size = 0;
    Line line;
    while (format_record(sequence, line)) size += line.size();
    return size;
}

// The last whole records that fit, from the last clear on.
Result<i64> read_all(vm::UserSpan to, bool clear) {
    u64 sequence = std::max(first_shown.load(std::memory_order_relaxed), log::first_sequence());
    u64 size = size_from(sequence);
    Line line;
    while (size > to.len && format_record(sequence, line)) size -= line.size();
    usize done = 0;
    Result<void> copied;
    for (u64 next = sequence; format_record(next, line) && line.size() <= to.len - done; sequence = next) {
        copied = to.copy_out(base::bytes_of(line.view()), done);
        if (!copied.ok()) break;
        done += line.size();
        sched::cond_resched();
    }
    if (clear) first_shown.store(sequence, std::memory_order_relaxed);
    if (!copied.ok()) return copied.error();
    return static_cast<i64>(done);
}

// The next bytes for a reader with `room` for them, who has some already or not: only the first record that a reader takes
// comes in part (Linux: syslog_print). They are the caller's to copy: no lock is held while user memory is touched.
std::string_view take_next(Line& line, usize room, bool first) {
    auto p = position.lock();
    u64 next = p->record;
    if (!format_record(next, line)) return {};
    if (next != p->record + 1) p->taken = 0;  // overwritten meanwhile
    const std::string_view rest = line.view().substr(std::min(p->taken, line.size()));
    if (rest.size() <= room) {
        *p = {.record = next, .taken = 0};
        return rest;
    }
    if (!first) return {};
    p->record = next - 1;
    p->taken += room;
    return rest.substr(0, room);
}

// Waits for the first record.
Result<i64> read_new(vm::UserSpan to) {
    if (to.len == 0) return 0;
    for (;;) {
        usize done = 0;
        for (;;) {
            Line line;
            const std::string_view text = take_next(line, to.len - done, done == 0);
            if (text.empty()) break;
            const Result<void> copied = to.copy_out(base::bytes_of(text), done);
            if (!copied.ok()) {
                if (done == 0) return copied.error();
                break;
            }
            done += text.size();
            sched::cond_resched();
        }
        if (done != 0) return static_cast<i64>(done);
        // The log cannot wake anyone (it may be written in an NMI), so it is looked at.
        TRY(sched::sleep_for(Duration::milliseconds(200), sched::SleepMode::kInterruptible));
    }
}

i64 size_unread() {
    const auto p = position.lock();
    const u64 size = size_from(p->record);
    return static_cast<i64>(size - std::min(size, u64{p->taken}));
}

// The console's level, then three that Linux has for messages without one, the console's least, and its first.
Result<void> show_levels(const fs::Caller&, fs::procfs::SeqSink& s) {
    base::format_to(s, "{}\t4\t1\t7\n", log::console_level());
    return {};
}
Result<void> write_levels(const fs::Caller&, std::string_view text) {
    const std::optional<u64> n = fs::procfs::parse_setting(text.substr(0, text.find_first_of("\t \n")));
    if (!n || *n > 15) return Errno::kINVAL;
    log::set_console_level(static_cast<u8>(*n));
    return {};
}

}  // namespace

Result<void> init_syslog() { return fs::procfs::add_file("sys/kernel/printk", show_levels, 0644, write_levels); }

Result<i64> sys_syslog(Ctx& ctx, i32 type, UserAddr buf, i32 len) {
    const object::Credentials& self = ctx.task.credentials();
    const bool only_looks = type == abi::SYSLOG_ACTION_READ_ALL || type == abi::SYSLOG_ACTION_SIZE_BUFFER;
    if (!(only_looks && fs::may_read_log(self)) && !self.capable(abi::CAP_SYSLOG) && !self.capable(abi::CAP_SYS_ADMIN))
        return Errno::kPERM;
    const bool has_buffer = type >= abi::SYSLOG_ACTION_READ && type <= abi::SYSLOG_ACTION_READ_CLEAR;
    if (has_buffer && (buf.is_null() || len < 0)) return Errno::kINVAL;
    const vm::UserSpan to{buf, static_cast<usize>(std::max(len, 0))};
    switch (type) {
        case abi::SYSLOG_ACTION_CLOSE:
        case abi::SYSLOG_ACTION_OPEN: return 0;
        case abi::SYSLOG_ACTION_READ: return read_new(to);
        case abi::SYSLOG_ACTION_READ_ALL: return read_all(to, false);
        case abi::SYSLOG_ACTION_READ_CLEAR: return read_all(to, true);
        case abi::SYSLOG_ACTION_CLEAR: first_shown.store(log::next_sequence(), std::memory_order_relaxed); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_OFF: log::set_console_level(1); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_ON: log::set_console_level(7); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_LEVEL:
            if (len < 1 || len > 8) return Errno::kINVAL;
            log::set_console_level(static_cast<u8>(len));
            return 0;
        case abi::SYSLOG_ACTION_SIZE_UNREAD: return size_unread();
        case abi::SYSLOG_ACTION_SIZE_BUFFER: return static_cast<i64>(kBufferSize);
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
