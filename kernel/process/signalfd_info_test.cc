#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include "process/signalfd_info.h"


namespace {

using process::SignalInfo;

TEST(SignalfdInfo, CarriesWhatTheKindHas) {
    abi::signalfd_siginfo s = process::to_signalfd(SignalInfo::user(abi::SIGUSR1, abi::SI_QUEUE, 12, 34, 0x1'0000'0002));
    EXPECT_EQ(s.ssi_signo, static_cast<u32>(abi::SIGUSR1));
    EXPECT_EQ(s.ssi_pid, 12u);
    EXPECT_EQ(s.ssi_uid, 34u);
    EXPECT_EQ(s.ssi_ptr, 0x1'0000'0002u);
    EXPECT_EQ(s.ssi_int, 2);

    s = process::to_signalfd(SignalInfo::timer(abi::SIGALRM, 3, 7, 99));
    EXPECT_EQ(s.ssi_tid, 3u);
    EXPECT_EQ(s.ssi_overrun, 7u);
    EXPECT_EQ(s.ssi_ptr, 99u);
    EXPECT_EQ(s.ssi_pid, 0u);

    s = process::to_signalfd(SignalInfo::child(1, 50, 0, 9, 4, 5));
    EXPECT_EQ(s.ssi_pid, 50u);
    EXPECT_EQ(s.ssi_status, 9);
    EXPECT_EQ(s.ssi_utime, 4u);
    EXPECT_EQ(s.ssi_stime, 5u);

    s = process::to_signalfd(SignalInfo::fault(abi::SIGSEGV, 1, 0xdead));
    EXPECT_EQ(s.ssi_addr, 0xdeadu);

    s = process::to_signalfd(SignalInfo::kernel(abi::SIGALRM));
    EXPECT_EQ(s.ssi_code, abi::SI_KERNEL);
    EXPECT_EQ(s.ssi_pid, 0u);
}

}  // namespace
