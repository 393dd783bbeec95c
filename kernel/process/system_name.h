// SystemName: what uname(2) and /proc/sys/kernel/{hostname,domainname,version} tell.
// Callers: linux, procfs.
// Locks, context: a spin lock inside; any thread context.
#pragma once

#include <string_view>

#include "base/string.h"

namespace process {

inline constexpr std::string_view kSystemType = "Linux";
inline constexpr std::string_view kSystemRelease = "6.1.0-linnet";
inline constexpr std::string_view kSystemVersion = "#1 SMP PREEMPT Linnet";
inline constexpr std::string_view kSystemMachine = "x86_64";

// 64 bytes at most, as Linux (__NEW_UTS_LEN).
using SystemName = FixedString<64>;

SystemName host_name();
SystemName domain_name();
// Longer names are cut.
void set_host_name(std::string_view name);
void set_domain_name(std::string_view name);

}  // namespace process
