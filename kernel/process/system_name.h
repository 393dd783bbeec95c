// What uname(2) tells, and UtsNamespace: the two names in it that can be set, for all tasks that share them.
// Callers: linux, procfs, process (clone).
// Locks, context: a spin lock inside; any thread context.
#pragma once

#include <string_view>

#include "base/ref.h"
#include "base/string.h"
#include "sync/guarded.h"
#include "sync/spin_lock.h"

namespace process {

inline constexpr std::string_view kSystemType = "Linux";
inline constexpr std::string_view kSystemRelease = "6.1.0-linnet";
inline constexpr std::string_view kSystemVersion = "#1 SMP PREEMPT Linnet";
inline constexpr std::string_view kSystemMachine = "x86_64";

// 64 bytes at most, as Linux (__NEW_UTS_LEN).
using SystemName = FixedString<64>;

class UtsNamespace : public RefCounted<UtsNamespace> {
  public:
    struct Names {
        SystemName host{"linnet"};
        SystemName domain{"(none)"};
    };
    // The one that process 1 gets. ENOMEM.
    static Result<Ref<UtsNamespace>> create();
    // CLONE_NEWUTS: another with the same names. ENOMEM.
    Result<Ref<UtsNamespace>> copy() const;
    UtsNamespace(const Names& names, u64 number) : number_(number) { *names_.lock() = names; }

    Names names() const { return *names_.lock(); }
    // Longer ones are cut.
    void set_host(std::string_view name) { names_.lock()->host.assign(name); }
    void set_domain(std::string_view name) { names_.lock()->domain.assign(name); }
    // Of /proc/PID/ns/uts.
    u64 number() const { return number_; }

  private:
    mutable sync::Guarded<Names, sync::SpinLock<sync::Rank::kFsContext>> names_;
    const u64 number_;
};

}  // namespace process
