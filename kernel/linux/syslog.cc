// syslog(2): the kernel's log for dmesg and klogd.
#include <algorithm>

#include "abi/linux/capability.h"
#include "abi/linux/syslog.h"
#include "generated/syscall_prototypes.h"
#include "log/log.h"
#include "sched/mutex.h"
#include "sched/scheduler.h"
#include "sync/guarded.h"

namespace linux_abi {
namespace {

constexpr usize kBufferSize = 128 * 1024;

struct Position {
    u64 read = 0;   // SYSLOG_ACTION_READ: the next record
    u64 clear = 0;  // records before it were cleared
};
constinit sync::Guarded<Position, sched::Mutex<sync::Rank::kGeneric>> position;

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

// Whole records from `sequence` on, as many as fit; `sequence` comes back as the next one.
Result<i64> copy_records(vm::UserSpan to, u64& sequence) {
    usize done = 0;
    for (;;) {
        u64 next = sequence;
        Line line;
        if (!format_record(next, line) || line.size() > to.len - done) break;
        TRY(to.copy_out(base::bytes_of(line.view()), done));
        done += line.size();
        sequence = next;
        sched::cond_resched();
    }
    return static_cast<i64>(done);
}

u64 size_from(u64 sequence) {
    u64 size = 0;
    Line line;
    while (format_record(sequence, line)) size += line.size();
    return size;
}

// The last records that fit, from the last clear on.
Result<i64> read_all(vm::UserSpan to, bool clear) {
    auto p = position.lock();
    u64 sequence = std::max(p->clear, log::first_sequence());
    u64 size = size_from(sequence);
    Line line;
    while (size > to.len && format_record(sequence, line)) size -= line.size();
    const i64 n = TRY(copy_records(to, sequence));
    if (clear) p->clear = sequence;
    return n;
}

// Waits for the first record.
Result<i64> read_new(vm::UserSpan to) {
    for (;;) {
        {
            auto p = position.lock();
            const i64 n = TRY(copy_records(to, p->read));
            if (n != 0 || to.len == 0) return n;
        }
        // The log cannot wake anyone (it may be written in an NMI), so it is looked at.
        TRY(sched::sleep_for(Duration::milliseconds(200), sched::SleepMode::kInterruptible));
    }
}

}  // namespace

Result<i64> sys_syslog(Ctx& ctx, i32 type, UserAddr buf, i32 len) {
    const object::Credentials& self = ctx.task.credentials();
    if (!self.capable(abi::CAP_SYSLOG) && !self.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    const bool has_buffer = type >= abi::SYSLOG_ACTION_READ && type <= abi::SYSLOG_ACTION_READ_CLEAR;
    if (has_buffer && (buf.is_null() || len < 0)) return Errno::kINVAL;
    const vm::UserSpan to{buf, static_cast<usize>(std::max(len, 0))};
    switch (type) {
        case abi::SYSLOG_ACTION_CLOSE:
        case abi::SYSLOG_ACTION_OPEN: return 0;
        case abi::SYSLOG_ACTION_READ: return read_new(to);
        case abi::SYSLOG_ACTION_READ_ALL: return read_all(to, false);
        case abi::SYSLOG_ACTION_READ_CLEAR: return read_all(to, true);
        case abi::SYSLOG_ACTION_CLEAR: position.lock()->clear = log::next_sequence(); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_OFF: log::set_console_level(1); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_ON: log::set_console_level(7); return 0;
        case abi::SYSLOG_ACTION_CONSOLE_LEVEL:
            if (len < 1 || len > 8) return Errno::kINVAL;
            log::set_console_level(static_cast<u8>(len));
            return 0;
        case abi::SYSLOG_ACTION_SIZE_UNREAD: return static_cast<i64>(size_from(position.lock()->read));
        case abi::SYSLOG_ACTION_SIZE_BUFFER: return static_cast<i64>(kBufferSize);
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
