// Terminals inside the kernel: reading, echo, time-outs, hang-ups, pseudo-terminals' lines.
#include "drivers/tty/pty_line.h"
#include "log/ktap.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace drivers::tty {
namespace {

constexpr object::DeviceNumber kNumber{240, 99};

struct Pair {
    Ref<PtyLine> line;
    Ref<Terminal> terminal;
    static Result<Pair> create() {
        Ref<PtyLine> line = TRY(make_ref<PtyLine>());
        line->add_ref();  // the terminal's
        return Pair{line, TRY(make_ref<Terminal>(*line, kNumber, standard_settings()))};
    }
    void type(std::string_view text) { terminal->receive(base::bytes_of(text)); }
    Result<usize> read(std::span<u8> to, bool nonblock = true) {
        object::IoCtx ctx{sched::current(), nonblock ? object::IoCtx::kNonBlock : 0};
        vm::IoWriter writer = vm::IoWriter::from_kernel(to);
        return terminal->read(ctx, writer, Terminal::kImmune);
    }
    Result<usize> write(std::string_view text) {
        object::IoCtx ctx{sched::current(), object::IoCtx::kNonBlock};
        vm::IoReader reader = vm::IoReader::from_kernel(base::bytes_of(text));
        return terminal->write(ctx, reader, Terminal::kImmune);
    }
    bool shows(std::string_view text) {
        std::array<u8, 256> b{};
        usize n = line->take(b).count;
        return base::text_of(std::span(b).first(n)) == text;
    }
};

KTAP_TEST(tty_line_is_read_and_echoed) {
    auto p = Pair::create();
    KTAP_REQUIRE(p.ok());
    std::array<u8, 64> b{};
    KTAP_EXPECT(p->read(b).ok() == false);
    p->type("hi\r");
    KTAP_EXPECT(p->shows("hi\r\n"));
    auto n = p->read(b);
    KTAP_REQUIRE(n.ok());
    KTAP_EXPECT(base::text_of(std::span(b).first(*n)) == "hi\n");
    p->type("\x04");
    n = p->read(b);
    KTAP_EXPECT(n.ok() && *n == 0);
}

KTAP_TEST(tty_output_is_processed) {
    auto p = Pair::create();
    KTAP_REQUIRE(p.ok());
    auto n = p->write("a\nb");
    KTAP_EXPECT(n.ok() && *n == 3);
    KTAP_EXPECT(p->shows("a\r\nb"));
}

KTAP_TEST(tty_full_line_gives_a_short_count) {
    auto p = Pair::create();
    KTAP_REQUIRE(p.ok());
    usize total = 0;
    for (int i = 0; i < 1000; i++) {
        auto n = p->write("0123456789abcdef");
        if (!n.ok()) {
            KTAP_EXPECT(n.error() == Errno::kAGAIN);
            break;
        }
        total += *n;
    }
    KTAP_EXPECT(total == PtyLine::kSize);
}

KTAP_TEST(tty_reader_sleeps_until_a_line_comes) {
    auto p = Pair::create();
    KTAP_REQUIRE(p.ok());
    static constinit Terminal* typed_at = nullptr;
    typed_at = p->terminal.get();
    p->terminal->add_ref();  // the typist's
    auto typist = sched::spawn(
        "ktap-tty",
        [](void*) {
            (void)sched::sleep_for(Duration::milliseconds(5), sched::SleepMode::kUninterruptible);
            typed_at->receive(base::bytes_of("x\n"));
            typed_at->drop_ref();
        },
        nullptr);
    KTAP_REQUIRE(typist.ok());
    std::array<u8, 8> b{};
    auto n = p->read(b, false);
    KTAP_EXPECT(n.ok() && *n == 2);
}

KTAP_TEST(tty_hang_up_ends_reads_and_writes) {
    auto p = Pair::create();
    KTAP_REQUIRE(p.ok());
    p->type("lost");
    p->terminal->hang_up();
    std::array<u8, 8> b{};
    auto n = p->read(b, false);
    KTAP_EXPECT(n.ok() && *n == 0);
    auto w = p->write("x");
    KTAP_EXPECT(!w.ok() && w.error() == Errno::kIO);
    KTAP_EXPECT((p->terminal->poll(nullptr, Terminal::kImmune) & object::kPollHangUp) != 0);
}

}  // namespace
}  // namespace drivers::tty
