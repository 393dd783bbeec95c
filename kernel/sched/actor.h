// Actor<Message>: a thing with an inbox that does one thing at a time, as coroutines on a CPU's executor.
// Drivers and services are actors; what they override are hooks: start, message, tick, stream, info. Callers:
// F4 and above. Locks, context: post() from any context but NMI; launch(), stop(), transfer() in thread
// context; hooks run on the executor's thread, never two at once, and must not block: they co_await. info()
// runs in its reader's thread.
#pragma once

#include <span>
#include <string_view>

#include "base/format.h"
#include "sched/async_sleep.h"
#include "sched/executor.h"
#include "sched/inbox.h"
#include "sched/wait_queue.h"

namespace sched {

inline constexpr u32 kAnyCpu = ~0u;

enum class ActorState : u8 { kNew, kStarting, kRunning, kFailed, kEnded };
std::string_view actor_state_name(ActorState state);

struct ActorFigures {
    InboxFigures inbox;
    u64 ticks = 0, transfers = 0, errors = 0;
    u64 runs = 0, run_ns = 0, longest_ns = 0;  // on its executor
};

// What does not depend on the messages' type.
class ActorBase : protected Worker {
  public:
    struct Options {
        std::string_view name;  // lives for ever
        Duration period{};      // of tick(); 0: none
        u32 cpu = kAnyCpu;      // where it lives; a driver: where its interrupt arrives
    };
    explicit ActorBase(const Options& options);
    virtual ~ActorBase() = default;
    ActorBase(const ActorBase&) = delete;
    ActorBase& operator=(const ActorBase&) = delete;

    std::string_view name() const { return options_.name; }
    u32 cpu() const { return options_.cpu; }
    ActorState state() const { return state_.load(std::memory_order_relaxed); }
    ActorFigures figures() const;

    // Enters it in the registry and runs start(), whose error it gives; the actor has failed then and is in
    // no registry. ENOMEM. Once.
    Result<void> launch();
    // Ends it when the messages in its inbox are done; it may be destroyed then. Must have been launched.
    void stop();
    // Has stream() take bytes from `in` and fill `out`, and sleeps until it is done: the count that stream()
    // gives. EPIPE: the actor has ended.
    Result<usize> transfer(std::span<const u8> in, std::span<u8> out);

    // One line about what it is doing, for /proc/drivers. Under the registry's lock: only spin locks inside.
    virtual void info(base::FormatSink) const {}

  protected:
    // Before the first message. An error ends the actor.
    virtual Async<void> start() { co_return {}; }
    virtual Async<void> tick() { co_return {}; }
    // Bytes in, bytes out, for those who transfer().
    virtual Async<usize> stream(std::span<const u8>, std::span<u8>) { co_return Errno::kOPNOTSUPP; }

    // ---- Actor<Message>'s part ----
    virtual Async<void> loop() = 0;
    virtual Put put(Event event) = 0;  // kTick, kTransfer, kStop
    virtual InboxFigures inbox_figures() const = 0;

    Async<void> do_start();
    Async<void> do_tick();
    Async<void> do_transfer();
    void count_error() { errors_.fetch_add(1, std::memory_order_relaxed); }
    void wake_for(Put put) {
        if (put == Put::kWake) Strand::wake();
    }
    static constexpr u32 kMemoryTries = 20;
    static constexpr Duration kMemoryPause = Duration::milliseconds(10);

  private:
    friend class ActorRegistry;
    struct Transfer {
        ListNode node;
        std::span<const u8> in;
        std::span<u8> out;
        Result<usize> result = Errno::kPIPE;
        bool done = false;
    };
    struct Callers {
        IntrusiveList<Transfer, &Transfer::node> transfers;
        bool started = false, ended = false;
        Result<void> start_result;
    };
    struct TickTimer : Timer {
        explicit TickTimer(ActorBase& actor) : Timer(&ring), owner(actor) {}
        static void ring(Timer& timer);
        ActorBase& owner;
    };

    void tell_started(Result<void> result);
    static void on_end(Worker& worker);

    Options options_;
    ListNode registry_node_;
    Async<void> loop_;
    TickTimer tick_timer_{*this};
    std::atomic<ActorState> state_{ActorState::kNew};
    std::atomic<u64> ticks_{0}, transfers_{0}, errors_{0};
    sync::Guarded<Callers, sync::SpinLock<sync::Rank::kActor, sync::kIrqOff>> callers_;
    WaitQueue changed_;
};

// `Message` is copied; `kCapacity` of them fit.
template <typename Message, u32 kCapacity>
class Actor : public ActorBase {
  public:
    using ActorBase::ActorBase;

    // False: the inbox is full or closed, and the message is dropped (and counted). Any context but NMI.
    bool post(const Message& message) {
        const Put put = inbox_.lock()->post(message);
        wake_for(put);
        return put != Put::kFull;
    }

  protected:
    // An error is counted and otherwise has no consequence.
    virtual Async<void> message(const Message& message) = 0;

  private:
    struct Wait {
        Actor& actor;
        bool await_ready() const { return false; }
        template <typename Promise>
        bool await_suspend(std::coroutine_handle<Promise> where) const {
            actor.park(where);
            return actor.inbox_.lock()->park();
        }
        void await_resume() const {}
    };

    Async<void> loop() final {
        CO_TRY(co_await do_start());
        for (;;) {
            switch (inbox_.lock()->next()) {
                case Event::kNone: co_await Wait{*this}; break;
                case Event::kTick: (void)co_await do_tick(); break;
                case Event::kTransfer: (void)co_await do_transfer(); break;
                case Event::kMessage: {
                    const Message first = inbox_.lock()->front();
                    Async<void> work = message(first);
                    // No memory for the frame: nothing has been done yet.
                    for (u32 tries = 1; !work && tries < kMemoryTries; tries++) {
                        co_await async_sleep_for(kMemoryPause);
                        work = message(first);
                    }
                    if (!(co_await work).ok()) count_error();
                    inbox_.lock()->pop();
                    break;
                }
                case Event::kStop: co_return {};
            }
        }
    }
    Put put(Event event) final {
        auto inbox = inbox_.lock();
        return event == Event::kTick       ? inbox->tick()
               : event == Event::kTransfer ? inbox->add_transfer()
                                           : inbox->stop();
    }
    InboxFigures inbox_figures() const final { return inbox_.lock()->figures(); }

    mutable sync::Guarded<Inbox<Message, kCapacity>, sync::SpinLock<sync::Rank::kMailbox, sync::kIrqOff>> inbox_;
};

// fn(ActorBase&) for each launched actor in the order of launching, under the registry's (sleeping) lock.
void for_each_actor(void (*fn)(const ActorBase&, void*), void* context);

}  // namespace sched
