// What the strace decoder knows of each system call: names, kinds of arguments, sets of flags. Generated as
// syscall_decode.cc from abi/linux/syscalls.def.
// Callers: linux/glue.
// Locks, context: constants.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/types.h"
#include "linux/glue/dispatch.h"

namespace linux_abi {

struct ValueName {
    u64 value;
    std::string_view name;
};

// Bits by name; those within `field_mask` are one value with names of its own.
struct NameSet {
    u64 field_mask;
    std::span<const ValueName> field;
    std::span<const ValueName> bits;
};

enum class ArgumentKind : u8 {
    kInt,
    kUint,
    kLong,
    kUlong,
    kFd,
    kDirFd,
    kId,
    kMode,
    kSignal,
    kAddress,
    kText,
    kPointer,
    kFlags,
    kLongFlags,
    kEnum,
    kEnumHex,
};
enum class Direction : u8 { kIn, kOut, kInout };
enum class Pointee : u8 {
    kOther,
    kBytes,
    kI32,
    kU32,
    kI64,
    kU64,
    kTimespec,
    kTimeval,
    kItimerspec,
    kItimerval,
    kSignalSet,
    kPollfd,
    kEpollEvent,
    kRlimit,
    kStat,
};
enum class ResultKind : u8 { kNumber, kAddress, kNone };

struct ArgumentInfo {
    ArgumentKind kind;
    Direction direction = Direction::kIn;
    Pointee pointee = Pointee::kOther;
    u8 count = 1;             // of a pointer: how many
    u8 count_argument = kNo;  // or the argument that tells
    const NameSet* set = nullptr;

    static constexpr u8 kNo = 0xff;
    constexpr bool is_array() const { return count != 1 || count_argument != kNo; }
};

struct CallInfo {
    std::string_view name;  // empty: no such number
    std::span<const ArgumentInfo> arguments;
    ResultKind result = ResultKind::kNumber;
};
extern const std::array<CallInfo, kCallCount> kCalls;

}  // namespace linux_abi
