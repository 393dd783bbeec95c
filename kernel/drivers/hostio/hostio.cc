#include "drivers/hostio/hostio.h"

#include <array>

#include "drivers/hostio/frame_decoder.h"
#include "drivers/serial/uart.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "log/log.h"
#include "object/file.h"

namespace drivers::hostio {
namespace {

constexpr u32 kMajor = 240;  // of Linux's range for local use
constexpr usize kOutPort = 2, kErrPort = 3;

struct Input {
    static constexpr usize kSize = 4096;
    std::array<u8, kSize> ring{};
    usize head = 0, tail = 0;  // grow for ever
    bool end = false;
    FrameDecoder decoder;

    bool full() const { return head - tail == kSize; }
    usize take(std::span<u8> to) {
        usize n = 0;
        while (n < to.size() && tail != head) to[n++] = ring[tail++ % kSize];
        return n;
    }
};
constinit sync::Guarded<Input, sync::SpinLock<sync::Rank::kTtyBuffer, sync::kIrqOff>> g_input;
constinit object::PollSource g_readable;

// Interrupt context.
bool receive(void*, u8 byte) {
    bool news = false;
    {
        auto in = g_input.lock();
        if (in->full()) return false;
        FrameDecoder::Event e = in->decoder.feed(byte);
        if (e.byte) in->ring[in->head++ % Input::kSize] = *e.byte;
        if (e.end) in->end = true;
        news = e.byte.has_value() || e.end;
    }
    if (news) g_readable.notify(object::kPollIn);
    return true;
}

bool input_ready() {
    auto in = g_input.lock();
    return in->head != in->tail || in->end;
}

class StdinFile : public object::File {
  public:
    explicit StdinFile(u32 flags) : File(flags) {}
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override {
        if (to.empty()) return usize{0};
        std::array<u8, 512> block;
        for (;;) {
            usize n = 0;
            bool end = false;
            {
                auto in = g_input.lock();
                n = in->take(std::span(block).first(std::min(block.size(), to.remaining())));
                end = in->end;
            }
            if (n != 0) {
                serial::port(kOutPort).resume_receive();
                return to.write(std::span(block).first(n));
            }
            if (end) return usize{0};  // for good
            if (ctx.nonblock()) return Errno::kAGAIN;
            TRY(g_readable.queue.wait_interruptible(&input_ready));
        }
    }
    u32 poll(object::PollTable* table) override {
        if (table != nullptr) table->watch(g_readable);
        return input_ready() ? object::kPollIn : 0;
    }
    bool can_poll() const override { return true; }
};

class OutputFile : public object::File {
  public:
    OutputFile(u32 flags, usize port) : File(flags), port_(port) {}
    Result<usize> write(object::IoCtx&, vm::IoReader& from) override {
        std::array<u8, 1024> block;
        usize done = 0;
        while (!from.empty()) {
            auto n = from.read(std::span(block).first(std::min(block.size(), from.remaining())));
            if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
            usize sent = 0;
            auto r = serial::port(port_).send(std::span(block).first(*n), sent);
            done += sent;
            if (!r.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(r.error());
        }
        return done;
    }
    u32 poll(object::PollTable*) override { return object::kPollOut; }
    bool can_poll() const override { return true; }

  private:
    usize port_;
};

// A decimal number written here goes to the host as the run's exit status.
class ExitFile : public object::File {
  public:
    explicit ExitFile(u32 flags) : File(flags) {}
    Result<usize> write(object::IoCtx&, vm::IoReader& from) override {
        std::array<u8, 16> text;
        usize whole = from.remaining();
        usize n = TRY(from.read(std::span(text).first(std::min(text.size(), whole))));
        u32 status = 0;
        bool any = false;
        for (u8 c : std::span(text).first(n)) {
            if (c == '\n') break;
            if (c < '0' || c > '9' || status > 255) return Errno::kINVAL;
            status = status * 10 + (c - '0');
            any = true;
        }
        if (!any || status > 255) return Errno::kINVAL;
        FixedString<16> line;
        base::format_to(line, "@exit {}", status);
        log::control(line.view());
        return whole;
    }
};

Result<Ref<object::File>> open_stdin(const fs::DeviceOpenContext& ctx) {
    return TRY(make_ref<StdinFile>(ctx.open.flags));
}
Result<Ref<object::File>> open_stdout(const fs::DeviceOpenContext& ctx) {
    return TRY(make_ref<OutputFile>(ctx.open.flags, kOutPort));
}
Result<Ref<object::File>> open_stderr(const fs::DeviceOpenContext& ctx) {
    return TRY(make_ref<OutputFile>(ctx.open.flags, kErrPort));
}
Result<Ref<object::File>> open_exit(const fs::DeviceOpenContext& ctx) {
    return TRY(make_ref<ExitFile>(ctx.open.flags));
}

}  // namespace

Result<void> init() {
    if (!serial::port(kOutPort).present() || !serial::port(kErrPort).present()) return {};
    auto listening = serial::port(kOutPort).enable_receive(&receive, nullptr);
    if (!listening.ok())
        log::warn("hostio: no interrupt for {} ({}): standard input stays silent", serial::port(kOutPort).name(),
                  listening.error());
    TRY(fs::devtmpfs::add("hostio/stdin", 0600, kMajor, 0, &open_stdin));
    TRY(fs::devtmpfs::add("hostio/stdout", 0600, kMajor, 1, &open_stdout));
    TRY(fs::devtmpfs::add("hostio/stderr", 0600, kMajor, 2, &open_stderr));
    return fs::devtmpfs::add("hostio/exit", 0600, kMajor, 3, &open_exit);
}

}  // namespace drivers::hostio
