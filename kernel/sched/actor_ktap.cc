// In-guest tests of actors: inboxes filled from interrupts and threads, ticks, transfers, ends.
#include "log/ktap.h"
#include "sched/actor.h"
#include "sched/scheduler.h"

namespace {

using namespace sched;

void rest(i64 milliseconds) { (void)sleep_for(Duration::milliseconds(milliseconds), SleepMode::kUninterruptible); }
template <typename Pred>
bool soon(Pred pred) {
    for (int i = 0; i < 1000 && !pred(); i++) rest(2);
    return pred();
}

struct Summing final : Actor<u32, 64> {
    explicit Summing(Options options) : Actor(options) {}
    Async<void> start() override {
        co_await async_sleep_for(Duration::milliseconds(1));
        started = true;
        co_return {};
    }
    Async<void> message(const u32& n) override {
        if (!started || busy.exchange(true)) wrong.fetch_add(1);
        if (n < latest) wrong.fetch_add(1);
        latest = n;
        if (n % 16 == 0) co_await async_sleep_for(Duration::microseconds(50));
        sum.fetch_add(n);
        count.fetch_add(1);
        busy.store(false);
        if (n % 100 == 99) co_return Errno::kIO;
        co_return {};
    }
    bool started = false;
    u32 latest = 0;
    std::atomic<bool> busy{false};
    std::atomic<u32> wrong{0}, count{0};
    std::atomic<u64> sum{0};
};

KTAP_TEST(actor_takes_messages_one_by_one_in_order) {
    Summing actor({.name = "ktap"});
    KTAP_REQUIRE(actor.launch().ok());
    KTAP_EXPECT(actor.state() == ActorState::kRunning);
    for (u32 n = 0; n < 500; n++)
        while (!actor.post(n)) rest(1);
    actor.stop();  // after all that was taken in
    KTAP_EXPECT(actor.count.load() == 500 && actor.sum.load() == 500 * 499 / 2);
    KTAP_EXPECT(actor.wrong.load() == 0);
    KTAP_EXPECT(actor.figures().errors == 5);
    KTAP_EXPECT(actor.state() == ActorState::kEnded);
    KTAP_EXPECT(!actor.post(1));
}

KTAP_TEST(actor_takes_messages_from_interrupts) {
    struct Source : ScopedTimer {
        explicit Source(Summing& to) : ScopedTimer(&ring), actor(to) {}
        static void ring(Timer& t) {
            Source& s = static_cast<Source&>(t);
            s.in_interrupt = s.in_interrupt && arch::in_interrupt();
            if (s.actor.post(s.posted)) s.posted++;
            if (s.posted < 50) arm(s, time::now() + Duration::microseconds(100));
        }
        Summing& actor;
        u32 posted = 0;
        bool in_interrupt = true;
    };
    Summing actor({.name = "ktap", .cpu = 0});
    KTAP_REQUIRE(actor.launch().ok());
    {
        Source source(actor);
        arm(source, time::now());
        KTAP_EXPECT(soon([&] { return actor.count.load() == 50; }));
        KTAP_EXPECT(source.in_interrupt);
    }
    actor.stop();
    KTAP_EXPECT(actor.wrong.load() == 0);
}

KTAP_TEST(actor_inbox_is_bounded) {
    struct Slow final : Actor<u32, 4> {
        using Actor::Actor;
        Async<void> message(const u32&) override {
            while (!go.load()) co_await async_sleep_for(Duration::milliseconds(1));
            co_return {};
        }
        std::atomic<bool> go{false};
    };
    Slow slow({.name = "ktap"});
    Summing quick({.name = "ktap", .cpu = 0});
    KTAP_REQUIRE(slow.launch().ok() && quick.launch().ok());
    u32 taken = 0;
    for (u32 n = 0; n < 10; n++) taken += slow.post(n) ? 1 : 0;
    KTAP_EXPECT(taken == 4);
    KTAP_EXPECT(slow.figures().inbox.dropped == 6 && slow.figures().inbox.deepest == 4);
    // One that waits does not keep the others of its executor waiting.
    KTAP_EXPECT(quick.post(1));
    KTAP_EXPECT(soon([&] { return quick.count.load() == 1; }));
    slow.go.store(true);
    KTAP_EXPECT(soon([&] { return slow.figures().inbox.waiting == 0; }));
    slow.stop();
    quick.stop();
}

KTAP_TEST(actor_ticks) {
    struct Ticking final : Actor<u32, 1> {
        using Actor::Actor;
        Async<void> message(const u32&) override { co_return {}; }
        Async<void> tick() override {
            count.fetch_add(1);
            co_return {};
        }
        std::atomic<u32> count{0};
    };
    Ticking actor({.name = "ktap", .period = Duration::milliseconds(2)});
    KTAP_REQUIRE(actor.launch().ok());
    KTAP_EXPECT(soon([&] { return actor.count.load() >= 5; }));
    actor.stop();
    const u32 at_end = actor.count.load();
    rest(10);
    KTAP_EXPECT(actor.count.load() == at_end);
}

struct Upper final : Actor<u32, 1> {
    using Actor::Actor;
    Async<void> message(const u32&) override { co_return {}; }
    Async<usize> stream(std::span<const u8> in, std::span<u8> out) override {
        const usize n = in.size() < out.size() ? in.size() : out.size();
        for (usize i = 0; i < n; i++) out[i] = in[i] >= 'a' && in[i] <= 'z' ? static_cast<u8>(in[i] - 32) : in[i];
        co_await async_sleep_for(Duration::microseconds(100));
        co_return n;
    }
    void info(base::FormatSink sink) const override { sink.write(sink.self, "in capitals"); }
};

KTAP_TEST(actor_streams_bytes) {
    Upper actor({.name = "ktap"});
    KTAP_REQUIRE(actor.launch().ok());
    constexpr std::array<u8, 4> in = {'a', 'B', 'c', '1'};
    std::array<u8, 8> out{};
    const Result<usize> n = actor.transfer(in, out);
    KTAP_EXPECT(n.ok() && *n == 4 && out[0] == 'A' && out[1] == 'B' && out[2] == 'C' && out[3] == '1');
    KTAP_EXPECT(actor.figures().transfers == 1);
    actor.stop();
    KTAP_EXPECT(!actor.transfer(in, out).ok() && actor.transfer(in, out).error() == Errno::kPIPE);
}

KTAP_TEST(actor_is_in_the_registry_while_it_lives) {
    static constinit u32 seen = 0;
    const auto count = [](const ActorBase& a, void*) { seen += a.name() == "ktap-registry" ? 1 : 0; };
    Upper actor({.name = "ktap-registry"});
    KTAP_REQUIRE(actor.launch().ok());
    seen = 0;
    for_each_actor(count, nullptr);
    KTAP_EXPECT(seen == 1);
    actor.stop();
    for_each_actor(count, nullptr);
    KTAP_EXPECT(seen == 1);
}

KTAP_TEST(actor_that_does_not_start_says_why) {
    struct Broken final : Actor<u32, 1> {
        using Actor::Actor;
        Async<void> start() override { co_return Errno::kNODEV; }
        Async<void> message(const u32&) override { co_return {}; }
    };
    Broken actor({.name = "ktap"});
    const Result<void> launched = actor.launch();
    KTAP_EXPECT(!launched.ok() && launched.error() == Errno::kNODEV);
    KTAP_EXPECT(actor.state() == ActorState::kFailed);
    KTAP_EXPECT(!actor.post(1));
    KTAP_EXPECT(!actor.transfer({}, {}).ok());
}

KTAP_TEST(actor_frame_without_memory_is_an_error) {
    struct Huge final : Actor<u32, 2> {
        using Actor::Actor;
        // A frame larger than any allocation.
        [[gnu::noinline]] static Async<u32> enormous(u32 n) {
            std::array<u8, 512 << 20> room;
            room[n] = static_cast<u8>(n);
            co_await async_sleep_for(Duration::microseconds(1));
            co_return room[n + n % 3];
        }
        Async<void> message(const u32& n) override {
            const Result<u32> r = co_await enormous(n);
            said.store(r.ok() ? 0 : static_cast<i32>(r.error()));
            co_return {};
        }
        std::atomic<i32> said{-1};
    };
    Huge actor({.name = "ktap"});
    KTAP_REQUIRE(actor.launch().ok());
    KTAP_EXPECT(actor.post(1));
    actor.stop();
    KTAP_EXPECT(actor.said.load() == static_cast<i32>(Errno::kNOMEM));
}

KTAP_TEST(actor_message_without_memory_is_given_up_in_the_end) {
    struct Huge final : Actor<u32, 2> {
        using Actor::Actor;
        Async<void> message(const u32& n) override {
            std::array<u8, 512 << 20> room;
            room[n] = static_cast<u8>(n);
            co_await async_sleep_for(Duration::microseconds(1));
            co_return room[n + n % 3] != 0 ? Errno::kIO : Errno::kINVAL;
        }
    };
    Huge actor({.name = "ktap"});
    KTAP_REQUIRE(actor.launch().ok());
    KTAP_EXPECT(actor.post(1));
    actor.stop();
    KTAP_EXPECT(actor.figures().errors == 1);
}

}  // namespace
