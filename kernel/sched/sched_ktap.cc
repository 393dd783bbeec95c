// In-guest tests of threads, waiting, locks, timers, RCU and work queues: with 1 and with 4 CPUs.
#include <array>

#include "base/heap.h"
#include "log/ktap.h"
#include "sched/mutex.h"
#include "sched/rw_lock.h"
#include "sched/scheduler.h"
#include "sched/timer.h"
#include "sched/wait_queue.h"
#include "sched/work_queue.h"
#include "sync/guarded.h"
#include "sync/rcu.h"
#include "time/clock.h"

namespace {

using namespace sched;

// Starts `count` threads that run body(index) and waits for all.
class Crew {
  public:
    template <typename Body>
    Crew(u32 count, const Body& body) {
        struct Member {
            Crew* crew;
            const Body* body;
            std::atomic<u32> next{0};
        } shared{this, &body};
        left_.store(count);
        for (u32 i = 0; i < count; i++) {
            Result<Thread*> t = spawn(
                "ktap",
                [](void* p) {
                    Member& m = *static_cast<Member*>(p);
                    (*m.body)(m.next.fetch_add(1));
                    Crew& crew = *m.crew;
                    auto g = crew.end_lock_.lock();
                    crew.left_.fetch_sub(1);
                    crew.done_.wake_all();
                },
                &shared);
            if (!t.ok()) {
                ktap::fail("thread created", __FILE__, __LINE__);
                left_.fetch_sub(1);
            }
        }
        done_.wait([&] { return left_.load() == 0; });
        (void)end_lock_.lock();  // the last one has left the queue
    }

  private:
    std::atomic<u32> left_{0};
    WaitQueue done_;
    sync::Guarded<int, sync::SpinLock<sync::Rank::kPoll, sync::kIrqOff>> end_lock_;
};

// ---- Threads ----

KTAP_TEST(sched_threads_run_and_end) {
    const u64 before = threads_started();
    std::atomic<u32> ran{0};
    for (int round = 0; round < 50; round++) Crew(8, [&](u32) { ran.fetch_add(1); });
    KTAP_EXPECT(ran.load() == 400);
    KTAP_EXPECT(threads_started() >= before + 400);
}

KTAP_TEST(sched_threads_use_all_cpus) {
    AtomicBitmap<hw::kMaxCpus> seen;
    const u32 cpus = hw::cpus_online();
    Crew(cpus * 3, [&](u32) {
        const Instant end = time::now() + Duration::milliseconds(60);
        while (time::now() < end) seen.set(arch::cpu_id());
    });
    KTAP_EXPECT(seen.snapshot().count() == cpus);
}

KTAP_TEST(sched_heap_serves_all_cpus_at_once) {
    // Fresh slabs, which other CPUs may empty before the one that made them comes to it.
    for (const usize size : {100, 400, 1000, 2000, 4000, 8000}) {
        std::atomic<u32> failed{0};
        Crew(hw::cpus_online(), [&](u32) {
            std::array<void*, 200> held;
            for (int round = 0; round < 10; round++) {
                for (void*& p : held) {
                    p = base::heap_allocate(size, 16);
                    if (p == nullptr) failed.fetch_add(1);
                }
                for (void* p : held) base::heap_free(p);
            }
        });
        KTAP_EXPECT(failed.load() == 0);
    }
}

KTAP_TEST(sched_affinity_is_kept) {
    std::atomic<u32> wrong{0};
    Crew(hw::cpus_online() * 2, [&](u32 i) {
        const u32 home = i % hw::cpus_online();
        hw::CpuMask mask;
        mask.set(home);
        KTAP_EXPECT(set_affinity(current(), mask).ok());
        for (int n = 0; n < 2000; n++) {
            if (arch::cpu_id() != home) wrong.fetch_add(1);
            if (n % 16 == 0) yield();
            if (n % 500 == 0) (void)sleep_for(Duration::microseconds(200), SleepMode::kUninterruptible);
        }
    });
    KTAP_EXPECT(wrong.load() == 0);
    KTAP_EXPECT(!set_affinity(current(), hw::CpuMask{}).ok());
}

KTAP_TEST(sched_preemption_without_yield) {
    // One busy thread a CPU and one more: all must get on without ever giving way by themselves.
    std::atomic<u32> finished{0};
    const u32 count = hw::cpus_online() + 1;
    Crew(count, [&](u32) {
        u64 spins = 0;
        const Instant end = time::now() + Duration::milliseconds(80);
        while (time::now() < end) spins++;
        KTAP_EXPECT(spins > 0);
        finished.fetch_add(1);
    });
    KTAP_EXPECT(finished.load() == count);
}

KTAP_TEST(sched_nice_decides_the_share) {
    std::array<std::atomic<u64>, 2> ran{};
    Crew(2, [&](u32 i) {
        hw::CpuMask first;
        first.set(0);
        KTAP_EXPECT(set_affinity(current(), first).ok());
        set_nice(current(), i == 0 ? 0 : 5);
        (void)sleep_for(Duration::milliseconds(5), SleepMode::kUninterruptible);
        const u64 before = run_time(current());
        const Instant end = time::now() + Duration::milliseconds(400);
        while (time::now() < end) arch::pause();
        ran[i].store(run_time(current()) - before);
    });
    // Weights 1024 and 335.
    const u64 ratio = ran[0].load() * 100 / (ran[1].load() + 1);
    KTAP_EXPECT(ratio > 200 && ratio < 450);
}

KTAP_TEST(sched_real_time_comes_first) {
    std::atomic<bool> stop{false};
    std::atomic<u64> fair_during{0};
    Crew(2, [&](u32 i) {
        hw::CpuMask first;
        first.set(0);
        KTAP_EXPECT(set_affinity(current(), first).ok());
        if (i == 0) {
            (void)sleep_for(Duration::milliseconds(10), SleepMode::kUninterruptible);
            KTAP_EXPECT(set_policy(current(), Policy::kFifo, 50, 0).ok());
            const u64 before = fair_during.load();
            const Instant end = time::now() + Duration::milliseconds(40);
            while (time::now() < end) arch::pause();
            KTAP_EXPECT(fair_during.load() == before);
            stop.store(true);
            KTAP_EXPECT(set_policy(current(), Policy::kNormal, 0, 0).ok());
        } else {
            while (!stop.load()) fair_during.fetch_add(1);
        }
    });
}

// ---- Waiting ----

KTAP_TEST(sched_ping_pong_loses_no_wake_up) {
    WaitQueue queue;
    std::atomic<u32> turn{0};
    constexpr u32 kRounds = 20000;
    Crew(2, [&](u32 me) {
        for (u32 n = 0; n < kRounds; n++) {
            queue.wait([&] { return turn.load() % 2 == me; });
            turn.fetch_add(1);
            queue.wake_all();
        }
    });
    KTAP_EXPECT(turn.load() == 2 * kRounds);
}

KTAP_TEST(sched_many_waiters_one_queue) {
    WaitQueue queue;
    sync::Guarded<u32, sync::SpinLock<sync::Rank::kPoll>> tokens;
    std::atomic<u32> taken{0};
    constexpr u32 kWorkers = 8, kEach = 500;
    Crew(kWorkers + 1, [&](u32 i) {
        if (i == kWorkers) {
            for (u32 n = 0; n < kWorkers * kEach; n++) {
                {
                    auto g = tokens.lock();
                    (*g)++;
                }
                queue.wake_one();
                if (n % 64 == 0) yield();
            }
            return;
        }
        for (u32 n = 0; n < kEach; n++) {
            auto g = tokens.lock();
            KTAP_EXPECT(queue.wait_exclusive_with(g, [&] { return *g > 0; }).ok());
            (*g)--;
            taken.fetch_add(1);
        }
    });
    KTAP_EXPECT(taken.load() == kWorkers * kEach);
}

KTAP_TEST(sched_waits_time_out) {
    WaitQueue queue;
    const Instant begin = time::now();
    Result<void> r = queue.wait_until([] { return false; }, begin + Duration::milliseconds(5));
    const Duration took = time::now() - begin;
    KTAP_EXPECT(!r.ok() && r.error() == Errno::kTIMEDOUT);
    KTAP_EXPECT(took >= Duration::milliseconds(5));
    KTAP_EXPECT(took < Duration::milliseconds(500));
    KTAP_EXPECT(queue.wait_until([] { return true; }, begin).ok());
}

KTAP_TEST(sched_interrupt_ends_interruptible_waits) {
    WaitQueue queue;
    std::atomic<Thread*> sleeper{nullptr};
    Crew(2, [&](u32 i) {
        if (i == 0) {
            sleeper.store(&current());
            Result<void> r = queue.wait_interruptible([] { return false; });
            KTAP_EXPECT(!r.ok() && r.error() == Errno::kRESTARTSYS);
            current().clear_interrupted();
        } else {
            while (sleeper.load() == nullptr) yield();
            (void)sleep_for(Duration::milliseconds(2), SleepMode::kUninterruptible);
            interrupt(*sleeper.load());
        }
    });
}

// ---- Sleeping locks ----

KTAP_TEST(sched_mutex_excludes) {
    sync::Guarded<u64, Mutex<sync::Rank::kGeneric>> shared;
    Crew(8, [&](u32) {
        for (int n = 0; n < 1000; n++) {
            auto g = shared.lock();
            const u64 seen = *g;
            if (n % 50 == 0) yield();  // give the others every chance to break in
            *g = seen + 1;
        }
    });
    KTAP_EXPECT(*shared.lock() == 8000);
}

KTAP_TEST(sched_mutex_lends_urgency) {
    sync::Guarded<u32, Mutex<sync::Rank::kGeneric>> shared;
    std::atomic<bool> held{false};
    std::atomic<u32> order{0};
    Crew(2, [&](u32 index) {
        if (index == 0) {
            auto guard = shared.lock();
            held.store(true);
            while (current().sched_class == Class::kFair)
                (void)sleep_for(Duration::milliseconds(1), SleepMode::kUninterruptible);
            KTAP_EXPECT(current().sched_class == Class::kRealTime && current().rt_priority == 40);
            KTAP_EXPECT(current().policy == Policy::kNormal);
            order.store(1);
            guard.unlock();
            KTAP_EXPECT(current().sched_class == Class::kFair);
        } else {
            while (!held.load()) (void)sleep_for(Duration::milliseconds(1), SleepMode::kUninterruptible);
            KTAP_EXPECT(set_policy(current(), Policy::kFifo, 40, 0).ok());
            auto guard = shared.lock();
            KTAP_EXPECT(order.load() == 1);
        }
    });
}

KTAP_TEST(sched_rw_lock_readers_and_writers) {
    struct Pair {
        u64 a = 0, b = 0;
    };
    sync::Guarded<Pair, RwLock<sync::Rank::kGeneric>> shared;
    std::atomic<u32> torn{0};
    Crew(8, [&](u32 i) {
        for (int n = 0; n < 1000; n++) {
            if (i < 2) {
                auto g = shared.write();
                g->a++;
                if (n % 20 == 0) yield();
                g->b++;
            } else {
                auto g = shared.read();
                if (g->a != g->b) torn.fetch_add(1);
                if (n % 50 == 0) yield();
            }
        }
    });
    KTAP_EXPECT(torn.load() == 0);
    KTAP_EXPECT(shared.read()->a == 2000);
}

KTAP_TEST(sync_spin_lock_excludes) {
    sync::Guarded<u64, sync::SpinLock<sync::Rank::kPoll>> shared;
    Crew(8, [&](u32) {
        for (int n = 0; n < 5000; n++) (*shared.lock())++;
    });
    KTAP_EXPECT(*shared.lock() == 40000);
}

// ---- Timers ----

KTAP_TEST(sched_timers_fire_in_order_and_not_early) {
    struct Shot : Timer {
        Shot() : Timer(&fire) {}
        static void fire(Timer& t) {
            Shot& s = static_cast<Shot&>(t);
            s.at = time::now();
            s.order = s.counter->fetch_add(1) + 1;
        }
        std::atomic<u32>* counter = nullptr;
        Instant at;
        u32 order = 0;
    };
    std::atomic<u32> count{0};
    std::array<Shot, 10> shots;
    const Instant begin = time::now();
    {
        hw::CpuMask first;
        first.set(0);
        for (usize i = 0; i < shots.size(); i++) shots[i].counter = &count;
        for (usize i = shots.size(); i-- > 0;)
            arm(shots[i], begin + Duration::microseconds(2000 + static_cast<i64>(i) * 500));
    }
    (void)sleep_until(begin + Duration::milliseconds(30), SleepMode::kUninterruptible);
    KTAP_EXPECT(count.load() == 10);
    for (Shot& s : shots) KTAP_EXPECT(s.at >= s.when);
}

KTAP_TEST(sched_cancelled_timers_stay_silent) {
    struct Shot : Timer {
        Shot() : Timer([](Timer& t) { static_cast<Shot&>(t).fired.fetch_add(1); }) {}
        std::atomic<u32> fired{0};
    };
    Crew(4, [&](u32 i) {
        for (i64 n = 0; n < 300; n++) {
            Shot shot;
            arm(shot, time::now() + Duration::microseconds(n % 60 * 5));
            if (n % 3 == static_cast<i64>(i) % 3) yield();
            const bool waited = cancel(shot);
            KTAP_EXPECT(shot.fired.load() == (waited ? 0u : 1u));
        }
    });
}

KTAP_TEST(sched_sleep_is_long_enough) {
    Crew(6, [&](u32 i) {
        for (int n = 0; n < 20; n++) {
            const Instant begin = time::now();
            const Duration d = Duration::microseconds(100 + 37 * i);
            (void)sleep_for(d, SleepMode::kUninterruptible);
            KTAP_EXPECT(time::now() - begin >= d);
        }
    });
}

// ---- RCU ----

KTAP_TEST(sync_rcu_waits_for_readers) {
    struct Node {
        std::atomic<bool> dead{false};
    };
    std::array<Node, 2> nodes;
    rcu::Pointer<Node> shared(&nodes[0]);
    std::atomic<bool> stop{false};
    std::atomic<u32> bad{0};
    Crew(hw::cpus_online() + 1, [&](u32 i) {
        if (i == 0) {
            for (u32 n = 1; n <= 10; n++) {
                Node& fresh = nodes[n % 2];
                fresh.dead.store(false);
                Node* old = shared.exchange(&fresh);
                rcu::synchronize();
                old->dead.store(true);
            }
            stop.store(true);
            return;
        }
        while (!stop.load()) {
            {
                rcu::ReadGuard guard;
                Node* n = shared.read();
                for (int k = 0; k < 200; k++) arch::pause();
                if (n->dead.load()) bad.fetch_add(1);
            }
        }
    });
    KTAP_EXPECT(bad.load() == 0);
}

KTAP_TEST(sync_rcu_runs_deferred_functions) {
    static constinit std::atomic<u32> ran{0};
    ran.store(0);
    struct Item : rcu::Head {};
    std::array<Item, 100> items;
    for (Item& i : items) rcu::defer(i, [](rcu::Head&) { ran.fetch_add(1); });
    rcu::synchronize();
    // Those of this CPU come before the synchronize's own; the thread may have moved meanwhile.
    for (int n = 0; n < 200 && ran.load() != 100; n++)
        (void)sleep_for(Duration::milliseconds(2), SleepMode::kUninterruptible);
    KTAP_EXPECT(ran.load() == 100);
}

// ---- Work ----

KTAP_TEST(sched_work_runs_once_a_submission) {
    static constinit std::atomic<u32> ran{0};
    ran.store(0);
    std::array<Work, 20> works;
    for (Work& w : works) w.fn = [](Work&) { ran.fetch_add(1); };
    for (Work& w : works) KTAP_EXPECT(system_work().submit(w));
    system_work().flush();
    KTAP_EXPECT(ran.load() == 20);
}

KTAP_TEST(sched_times_add_up) {
    Thread& self = current();
    const Instant begin = time::now();  // first, so that the run lies within
    const u64 before = run_time(self);
    while (time::now() - begin < Duration::milliseconds(30)) arch::pause();
    const u64 ran = run_time(self) - before;
    KTAP_EXPECT(ran > 0 && ran <= static_cast<u64>((time::now() - begin).ns));
    const ThreadTimes t = thread_times(self);
    KTAP_EXPECT(t.user_ns + t.system_ns <= run_time(self) + 1000);
}

KTAP_TEST(time_is_monotonic_across_cpus) {
    std::atomic<i64> latest{0};
    std::atomic<u32> back{0};
    Crew(hw::cpus_online() * 2, [&](u32) {
        for (int n = 0; n < 5000; n++) {
            const i64 seen = latest.load();
            const i64 now = time::now().ns;
            if (now + 1'000'000 < seen) back.fetch_add(1);
            i64 expected = seen;
            if (now > seen) latest.compare_exchange_strong(expected, now);
        }
    });
    KTAP_EXPECT(back.load() == 0);
}

}  // namespace
