#include "sched/actor.h"

#include "log/log.h"
#include "sched/mutex.h"
#include "sync/per_cpu.h"

namespace sched {

// The launched actors and the executors, of which a CPU has one from its first actor on.
class ActorRegistry {
  public:
    Result<void> add(ActorBase& actor) {
        const u32 cpu =
            actor.options_.cpu != kAnyCpu && hw::is_online(actor.options_.cpu) ? actor.options_.cpu : quietest();
        Executor& executor = executors_.at(cpu);
        if (!executor.started()) TRY(executor.start(cpu));
        actor.options_.cpu = cpu;
        actor.home = &executor;
        actors_.push_back(actor);
        return {};
    }
    static void remove(ActorBase& actor) { List::remove(actor); }
    void for_each(void (*fn)(const ActorBase&, void*), void* context) {
        for (ActorBase& a : actors_) fn(a, context);
    }

  private:
    using List = IntrusiveList<ActorBase, &ActorBase::registry_node_>;
    // The online CPU with the fewest actors.
    u32 quietest() {
        std::array<u32, hw::kMaxCpus> count{};
        for (ActorBase& a : actors_) count[a.options_.cpu]++;
        u32 best = 0;
        for (u32 cpu = 1; cpu < hw::kMaxCpus; cpu++)
            if (hw::is_online(cpu) && count[cpu] < count[best]) best = cpu;
        return best;
    }
    List actors_;
    sync::PerCpu<Executor> executors_;
};

namespace {
constinit sync::Guarded<ActorRegistry, Mutex<sync::Rank::kRegistry>> g_registry;
}

std::string_view actor_state_name(ActorState state) {
    switch (state) {
        case ActorState::kNew: return "new";
        case ActorState::kStarting: return "starting";
        case ActorState::kRunning: return "running";
        case ActorState::kFailed: return "failed";
        case ActorState::kEnded: return "ended";
    }
    return "?";
}

ActorBase::ActorBase(const Options& options) : options_(options) {
    finished = [](Worker& w) { return static_cast<ActorBase&>(w).loop_.done(); };
    ended = &on_end;
}

ActorFigures ActorBase::figures() const {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {inbox_figures(),    ticks_.load(relaxed), transfers_.load(relaxed), errors_.load(relaxed),
            runs.load(relaxed), run_ns.load(relaxed), longest_ns.load(relaxed)};
}

Result<void> ActorBase::launch() {
    loop_ = loop();
    if (!loop_) return Errno::kNOMEM;
    TRY(g_registry.lock()->add(*this));
    state_.store(ActorState::kStarting, std::memory_order_relaxed);
    loop_.begin(*this);
    Strand::wake();
    {
        // A start that failed has ended when we go on: nobody touches the actor any more.
        auto callers = callers_.lock();
        changed_.wait_with(callers, [&] { return callers->started && (callers->start_result.ok() || callers->ended); });
        if (callers->start_result.ok()) return {};
    }
    g_registry.lock()->remove(*this);
    return callers_.unguarded().start_result;
}

void ActorBase::stop() {
    wake_for(put(Event::kStop));
    {
        auto callers = callers_.lock();
        changed_.wait_with(callers, [&] { return callers->ended; });
    }
    (void)cancel(tick_timer_);
    g_registry.lock()->remove(*this);
}

void ActorBase::tell_started(Result<void> result) {
    auto callers = callers_.lock();
    callers->started = true;
    callers->start_result = result;
    changed_.wake_all();
}

Async<void> ActorBase::do_start() {
    const Result<void> result = co_await start();
    if (!result.ok()) {
        log::warn("{}: does not start: {}", options_.name, result.error());
        (void)put(Event::kStop);  // nothing more is taken in
    } else {
        state_.store(ActorState::kRunning, std::memory_order_relaxed);
        if (options_.period > Duration{}) arm(tick_timer_, time::now() + options_.period);
    }
    tell_started(result);
    co_return result;
}

void ActorBase::TickTimer::ring(Timer& timer) {
    TickTimer& self = static_cast<TickTimer&>(timer);
    ActorBase& actor = self.owner;
    actor.wake_for(actor.put(Event::kTick));
    const Instant next = self.when + actor.options_.period;
    const Instant now = time::now();
    arm(self, next > now ? next : now + actor.options_.period);
}

Async<void> ActorBase::do_tick() {
    ticks_.fetch_add(1, std::memory_order_relaxed);
    if (!(co_await tick()).ok()) count_error();
    co_return {};
}

Result<usize> ActorBase::transfer(std::span<const u8> in, std::span<u8> out) {
    Transfer t{.node = {}, .in = in, .out = out};
    {
        auto callers = callers_.lock();
        if (callers->ended) return Errno::kPIPE;
        callers->transfers.push_back(t);
    }
    const Put taken = put(Event::kTransfer);
    wake_for(taken);
    auto callers = callers_.lock();
    // Closed: the end may come at any time, and takes the transfer with it if it has not been taken out.
    if (taken == Put::kFull) {
        t.node.unlink();
        return Errno::kPIPE;
    }
    changed_.wait_with(callers, [&] { return t.done; });
    return t.result;
}

Async<void> ActorBase::do_transfer() {
    Transfer* t = callers_.lock()->transfers.pop_front();
    if (t == nullptr) co_return {};
    transfers_.fetch_add(1, std::memory_order_relaxed);
    const Result<usize> result = co_await stream(t->in, t->out);
    if (!result.ok()) count_error();
    auto callers = callers_.lock();
    t->result = result;
    t->done = true;
    changed_.wake_all();
    co_return {};
}

void ActorBase::on_end(Worker& worker) {
    ActorBase& self = static_cast<ActorBase&>(worker);
    const Result<void> result = self.loop_.result();
    self.state_.store(result.ok() ? ActorState::kEnded : ActorState::kFailed, std::memory_order_relaxed);
    auto callers = self.callers_.lock();
    // do_start() had no memory for its frame.
    if (!callers->started) {
        callers->started = true;
        callers->start_result = result;
    }
    while (Transfer* t = callers->transfers.pop_front()) t->done = true;
    callers->ended = true;
    self.changed_.wake_all();  // the last thing: the actor may go when the lock is free
}

void for_each_actor(void (*fn)(const ActorBase&, void*), void* context) { g_registry.lock()->for_each(fn, context); }

}  // namespace sched
