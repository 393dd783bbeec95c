// In-guest tests of pipes and event counters under contention: no byte lost, none twice, no wake-up lost.
#include <array>

#include "ipc/eventfd.h"
#include "ipc/pipe.h"
#include "log/ktap.h"
#include "sched/scheduler.h"

namespace {

// Runs body(i) in `count` threads and waits for all of them.
class Crew {
  public:
    template <typename Body>
    Crew(u32 count, const Body& body) : left_(count) {
        struct Shared {
            Crew* crew;
            const Body* body;
            std::atomic<u32> next{0};
        } shared{this, &body};
        for (u32 i = 0; i < count; i++) {
            const bool started = sched::spawn(
                                     "ktap",
                                     [](void* p) {
                                         Shared& s = *static_cast<Shared*>(p);
                                         (*s.body)(s.next.fetch_add(1));
                                         auto guard = s.crew->end_.lock();
                                         s.crew->left_.fetch_sub(1);
                                         s.crew->done_.wake_all();
                                     },
                                     &shared)
                                     .ok();
            KTAP_EXPECT(started);
            if (!started) left_.fetch_sub(1);
        }
        done_.wait([&] { return left_.load() == 0; });
        auto last_has_left = end_.lock();
    }

  private:
    std::atomic<u32> left_;
    sched::WaitQueue done_;
    sync::Guarded<int, sync::SpinLock<sync::Rank::kPoll, sync::kIrqOff>> end_;
};

constexpr u8 byte_at(u64 position) { return static_cast<u8>(position * 31 + (position >> 8)); }

KTAP_TEST(ipc_pipe_keeps_order) {
    constexpr u64 kTotal = 4 << 20;
    Result<Ref<ipc::Pipe>> made = ipc::Pipe::create();
    KTAP_REQUIRE(made.ok());
    ipc::Pipe& pipe = *made.value();
    pipe.open_end(true, true);
    std::atomic<u64> wrong{0}, received{0};
    Crew(2, [&](u32 who) {
        std::array<u8, 3000> bytes;
        u64 at = 0;
        while (at < kTotal) {
            const usize n = std::min<u64>(1 + at % bytes.size(), kTotal - at);
            const auto part = std::span(bytes).first(n);
            if (who == 0) {
                for (usize i = 0; i < n; i++) part[i] = byte_at(at + i);
                vm::IoReader from = vm::IoReader::from_kernel(part);
                const Result<usize> done = pipe.write(from, false, false);
                if (!done.ok() || done.value() != n) wrong.fetch_add(1);
                at += n;
            } else {
                vm::IoWriter to = vm::IoWriter::from_kernel(part);
                const Result<usize> done = pipe.read(to, false);
                if (!done.ok()) return;
                for (usize i = 0; i < done.value(); i++) {
                    if (part[i] != byte_at(at + i)) wrong.fetch_add(1);
                }
                at += done.value();
                received.store(at);
            }
        }
    });
    KTAP_EXPECT(wrong.load() == 0);
    KTAP_EXPECT(received.load() == kTotal);
    KTAP_EXPECT(pipe.empty());
}

// Four writers, four readers, records of 64 bytes: each arrives whole (PIPE_BUF), all of them arrive.
KTAP_TEST(ipc_pipe_records_are_whole) {
    constexpr u64 kRecords = 8000;  // of each writer
    using Record = std::array<u64, 8>;
    Result<Ref<ipc::Pipe>> made = ipc::Pipe::create();
    KTAP_REQUIRE(made.ok());
    ipc::Pipe& pipe = *made.value();
    KTAP_EXPECT(pipe.set_capacity(kPageSize).ok());
    pipe.open_end(true, true);
    for (int i = 0; i < 3; i++) pipe.open_end(false, true);
    std::atomic<u64> sum{0}, count{0}, torn{0};
    Crew(8, [&](u32 who) {
        Record record;
        if (who < 4) {
            for (u64 i = 1; i <= kRecords; i++) {
                record.fill(i);
                vm::IoReader from = vm::IoReader::from_kernel(base::writable_bytes_of(record));
                if (pipe.write(from, false, false).value_or(0) != sizeof(Record)) torn.fetch_add(1);
            }
            pipe.close_end(false, true);
        } else {
            for (;;) {
                vm::IoWriter to = vm::IoWriter::from_kernel(base::writable_bytes_of(record));
                const usize n = pipe.read(to, false).value_or(0);
                if (n == 0) return;
                if (n != sizeof(Record) || record[0] != record[7]) torn.fetch_add(1);
                sum.fetch_add(record[0]);
                count.fetch_add(1);
            }
        }
    });
    KTAP_EXPECT(torn.load() == 0);
    KTAP_EXPECT(count.load() == 4 * kRecords);
    KTAP_EXPECT(sum.load() == 4 * (kRecords * (kRecords + 1) / 2));
}

KTAP_TEST(ipc_eventfd_ping_pong) {
    constexpr u64 kRounds = 5000;
    Result<Ref<ipc::EventFile>> there = make_ref<ipc::EventFile>(u64{0}, false, 0u);
    Result<Ref<ipc::EventFile>> back = make_ref<ipc::EventFile>(u64{0}, true, 0u);
    KTAP_REQUIRE(there.ok() && back.ok());
    std::atomic<u64> rounds{0};
    Crew(2, [&](u32 who) {
        object::IoCtx ctx{.thread = sched::current()};
        ipc::EventFile& mine = who == 0 ? *there.value() : *back.value();
        ipc::EventFile& other = who == 0 ? *back.value() : *there.value();
        for (u64 i = 0; i < kRounds; i++) {
            u64 value = 0;
            if (who == 0) other.signal(1);
            vm::IoWriter to = vm::IoWriter::from_kernel(base::writable_bytes_of(value));
            if (mine.read(ctx, to).value_or(0) != 8 || value != 1) return;
            if (who == 1) other.signal(1);
            rounds.fetch_add(1);
        }
    });
    KTAP_EXPECT(rounds.load() == 2 * kRounds);
}

}  // namespace
