#include "drivers/mem/kmsg.h"

#include <array>
#include <atomic>

#include "base/string.h"
#include "fs/log_rights.h"
#include "log/log.h"
#include "object/file.h"
#include "time/clock.h"

namespace drivers::mem {
namespace {

class KmsgFile : public object::File {
  public:
    explicit KmsgFile(u32 flags) : File(flags), next_(log::first_sequence()) {}

    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override {
        std::array<char, log::kMaxText> text;
        for (;;) {
            u64 wanted = next_.load(std::memory_order_relaxed);
            auto record = log::read(wanted, text);
            if (!record.ok()) {
                if (ctx.nonblock()) return Errno::kAGAIN;
                // The log wakes nobody (it works where waking does not): look again from time to time.
                TRY(wait_a_little());
                continue;
            }
            next_.store(record->sequence + 1, std::memory_order_relaxed);
            if (record->sequence > wanted && wanted != 0 && !first_) return Errno::kPIPE;  // records were lost
            first_ = false;
            FixedString<log::kMaxText + 64> line;
            base::format_to(line, "{},{},{},-;{}\n", static_cast<u32>(record->level), record->sequence,
                            record->time_ns / 1000, std::string_view(text.data(), record->text_size));
            if (to.remaining() < line.size()) return Errno::kINVAL;
            return to.write(base::bytes_of(line.view()));
        }
    }

    Result<usize> write(object::IoCtx&, vm::IoReader& from) override {
        std::array<u8, log::kMaxText> bytes;
        usize whole = from.remaining();
        if (whole > bytes.size()) return Errno::kINVAL;
        usize n = TRY(from.read(std::span(bytes).first(whole)));
        std::string_view text = base::text_of(std::span(bytes).first(n));
        // "<N>text": the level is the number's lowest three bits.
        log::Level level = log::Level::kNotice;
        if (text.size() >= 3 && text[0] == '<') {
            u32 number = 0;
            usize at = 1;
            while (at < text.size() && at < 5 && text[at] >= '0' && text[at] <= '9')
                number = number * 10 + static_cast<u32>(text[at++] - '0');
            if (at > 1 && at < text.size() && text[at] == '>') {
                level = static_cast<log::Level>(number & 7);
                text.remove_prefix(at + 1);
            }
        }
        while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
        log::emit(level, text);
        return whole;
    }

    Result<i64> seek(i64 offset, int whence) override {
        if (offset != 0) return Errno::kSPIPE;
        if (whence == abi::SEEK_SET || whence == abi::SEEK_DATA) next_.store(log::first_sequence());
        else if (whence == abi::SEEK_END) next_.store(log::next_sequence());
        else return Errno::kINVAL;
        first_ = true;
        return i64{0};
    }

    u32 poll(object::PollTable*) override {
        return object::kPollOut | (next_.load() < log::next_sequence() ? object::kPollIn : 0);
    }
    bool can_poll() const override { return true; }

  private:
    Result<void> wait_a_little() {
        auto r = queue_.wait_interruptible([this] { return next_.load() < log::next_sequence(); },
                                           time::now() + Duration::milliseconds(100));
        return !r.ok() && r.error() == Errno::kRESTARTSYS ? r : Result<void>();
    }
    std::atomic<u64> next_;
    bool first_ = true;
    sched::WaitQueue queue_;
};

}  // namespace

Result<Ref<object::File>> open_kmsg(const fs::DeviceOpenContext& ctx) {
    const bool reads = (ctx.open.flags & abi::O_ACCMODE) != abi::O_WRONLY;
    if (reads && !fs::may_read_log(ctx.open.caller.credentials)) return Errno::kPERM;
    return TRY(make_ref<KmsgFile>(ctx.open.flags));
}

}  // namespace drivers::mem
