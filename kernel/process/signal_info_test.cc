#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include "process/signal_info.h"

#include "process/limits.h"
#include "process/signal_actions.h"
#include "process/signal_queue.h"
#include "process/wait_status.h"

namespace process {
namespace {

TEST(SignalSet, FaultsComeFirstThenNumbers) {
    EXPECT_EQ(SignalSet::of(abi::SIGHUP, abi::SIGSEGV).next(), abi::SIGSEGV);
    EXPECT_EQ(SignalSet::of(abi::SIGTERM, abi::SIGINT, 64).next(), abi::SIGINT);
    EXPECT_EQ(SignalSet::of(64).next(), 64);
    EXPECT_EQ(SignalSet::of(abi::SIGILL, abi::SIGSEGV).next(), abi::SIGILL);
}

TEST(SignalInfo, LaysOutLikeLinux) {
    const abi::siginfo kill = SignalInfo::user(abi::SIGUSR1, abi::SI_QUEUE, 77, 1000, 0x1122334455667788).to_abi();
    EXPECT_EQ(kill.fields.rt.pid, 77);
    EXPECT_EQ(kill.fields.rt.uid, 1000u);
    EXPECT_EQ(kill.fields.rt.value, 0x1122334455667788u);
    const abi::siginfo child = SignalInfo::child(abi::CLD_KILLED, 5, 6, 9, 10, 11).to_abi();
    EXPECT_EQ(child.fields.sigchld.pid, 5);
    EXPECT_EQ(child.fields.sigchld.uid, 6u);
    EXPECT_EQ(child.fields.sigchld.status, 9);
    EXPECT_EQ(child.fields.sigchld.utime, 10);
    EXPECT_EQ(child.fields.sigchld.stime, 11);
    const abi::siginfo timer = SignalInfo::timer(14, 3, 2, 9).to_abi();
    EXPECT_EQ(timer.fields.timer.tid, 3);
    EXPECT_EQ(timer.fields.timer.overrun, 2);
    const SignalInfo back = SignalInfo::from_abi(kill);
    EXPECT_EQ(back.fields[1], 0x1122334455667788u);
}

TEST(DefaultAction, AsInSignal7) {
    int counts[5] = {};
    for (int s = 1; s <= 64; s++) counts[static_cast<int>(default_action(s))]++;
    EXPECT_EQ(counts[static_cast<int>(DefaultAction::kCore)], 10);
    EXPECT_EQ(counts[static_cast<int>(DefaultAction::kIgnore)], 3);
    EXPECT_EQ(counts[static_cast<int>(DefaultAction::kStop)], 4);
    EXPECT_EQ(counts[static_cast<int>(DefaultAction::kContinue)], 1);
}

Own<QueuedSignal> entry(int signo, u64 value) {
    auto made = make_own<QueuedSignal>();
    made->get()->info = SignalInfo::user(signo, abi::SI_QUEUE, 1, 1, value);
    return made.take();
}

TEST(SignalQueue, RealTimeSignalsKeepOrder) {
    SignalQueue q;
    q.add(entry(40, 1));
    q.add(entry(41, 2));
    q.add(entry(40, 3));
    EXPECT_EQ(q.take(40).fields[1], 1u);
    EXPECT_TRUE(q.has(40));
    EXPECT_EQ(q.take(40).fields[1], 3u);
    EXPECT_FALSE(q.has(40));
    EXPECT_TRUE(q.has(41));
    EXPECT_EQ(q.queued(), 1u);
}

TEST(SignalQueue, MarkedWithoutInformation) {
    SignalQueue q;
    q.mark(9);
    EXPECT_EQ(q.take(9).code, abi::SI_USER);
    EXPECT_TRUE(q.pending().empty());
}

TEST(SignalQueue, Discard) {
    SignalQueue q;
    q.add(entry(40, 1));
    q.add(entry(20, 1));
    q.discard(kStopSignals);
    EXPECT_EQ(q.pending(), SignalSet::of(40));
    q.clear();
    EXPECT_EQ(q.queued(), 0u);
}

TEST(SignalActions, ExecKeepsIgnoredOnly) {
    auto actions = SignalActions::create().take();
    actions->set(2, {.sa_handler = 0x1000});
    actions->set(3, {.sa_handler = abi::SIG_IGN});
    EXPECT_TRUE(actions->caught().has(2));
    EXPECT_TRUE(actions->ignores(3));
    EXPECT_TRUE(actions->ignores(abi::SIGCHLD));
    auto after = actions->for_exec().take();
    EXPECT_TRUE(after->caught().empty());
    EXPECT_TRUE(after->ignores(3));
    EXPECT_EQ(after->get(2).sa_handler, abi::SIG_DFL);
}

TEST(WaitStatus, Encodings) {
    EXPECT_EQ(status_of_exit(0x1ff), 0xff00);
    EXPECT_EQ(status_of_signal(11, true), 0x8b);
    EXPECT_EQ(child_code(0x8b).code, abi::CLD_DUMPED);
    EXPECT_EQ(child_code(0x0300).status, 3);
    EXPECT_EQ(shell_status(9), 137);
    EXPECT_EQ(shell_status(0x0700), 7);
}

TEST(Limits, Checks) {
    EXPECT_EQ(check_new_limit(0, {1, 1}, {2, 1}, true).error(), Errno::kINVAL);
    EXPECT_EQ(check_new_limit(0, {1, 1}, {1, 2}, false).error(), Errno::kPERM);
    EXPECT_TRUE(check_new_limit(0, {1, 1}, {1, 2}, true).ok());
    EXPECT_EQ(check_new_limit(abi::RLIMIT_NOFILE, {1, 1}, {1, kMaxOpenFiles + 1}, true).error(), Errno::kPERM);
}

TEST(SignalInfo, LayoutIsKnownByTheCode) {
    const auto known = [](int signo, int code) { return SignalInfo{.signo = signo, .code = code}.has_known_layout(); };
    EXPECT_TRUE(known(abi::SIGALRM, abi::SI_USER));
    EXPECT_TRUE(known(abi::SIGALRM, abi::SI_KERNEL));
    EXPECT_TRUE(known(abi::SIGALRM, abi::SI_DETHREAD));
    EXPECT_FALSE(known(abi::SIGALRM, abi::SI_DETHREAD - 1));
    EXPECT_TRUE(known(abi::SIGALRM, abi::SI_ASYNCNL));
    EXPECT_TRUE(known(abi::SIGALRM, abi::POLL_HUP));
    EXPECT_FALSE(known(abi::SIGALRM, abi::POLL_HUP + 1));
    EXPECT_TRUE(known(abi::SIGFPE, abi::FPE_CONDTRAP));
    EXPECT_FALSE(known(abi::SIGBUS, abi::BUS_MCEERR_AO + 1));
    EXPECT_FALSE(known(abi::SIGSYS, abi::SYS_USER_DISPATCH + 1));
}

}  // namespace

}  // namespace process
