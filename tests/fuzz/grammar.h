// The grammar of the system calls: what tools/gen/fuzz_grammar.py makes of abi/linux/syscalls.def and hints.def.
// Read by the generator of programs and by the printer.
// Constant data.
#pragma once

#include <cstdint>
#include <span>

namespace fuzz {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// What a value is for. kPointer, kSockaddr and kControl are addresses of something that must be made first.
enum class Kind : u8 {
    kNumber,
    kFd,
    kDirFd,
    kPid,
    kSignal,
    kMode,
    kId,
    kSize,
    kOffset,
    kMapping,
    kPath,
    kText,
    kXattrName,
    kWord,
    kFlags,
    kChoice,
    kTime,
    kNanoseconds,
    kMilliseconds,
    kSignalSet,
    kHandler,
    kRestorer,
    kZero,
    kLeft,
    kVolatile,
    kResource,
    kVariant,
    kFdSet,
    kPointer,
    kSockaddr,
    kControl,
};
enum class Direction : u8 { kNone, kIn, kOut, kInout };

constexpr int kNone = -1;

/// An argument of a call or a field of a structure.
struct Shape {
    const char* name;
    Kind kind;
    Direction direction = Direction::kNone;
    u8 size = 8;  // bytes of one value
    bool is_signed = false;
    int set = kNone;        // kFlags, kChoice, kWord: index into kSets
    int structure = kNone;  // kPointer: index into kStructures; kNone is raw bytes
    int length = kNone;     // pointers: the sibling that tells how many there are
    u16 count = 1;          // fields: an array of so many; pointers without `length`: so many are pointed to
    u16 offset = 0;         // fields
    int resource = kNone;   // kFd, kResource: index into kResourceNames; kNone is any
};

struct Structure {
    const char* name;
    u16 size;
    std::span<const Shape> fields;
};

struct NamedValue {
    u64 value;
    const char* name;
};

/// Bits or values by name; `field` has the names of the values within `mask`.
struct Set {
    u64 mask;
    std::span<const NamedValue> field;
    std::span<const NamedValue> names;
};

struct CallShape {
    u16 number;
    const char* name;
    const char* family;
    bool made;      // Linnet has it
    bool compared;  // may be called in differential mode
    bool allowed;   // may be called in crash mode
    int makes;      // index into kResourceNames, or kNone
    int stored_at;  // the argument that points to what is made, or kNone: the result
    char result;    // 'n' number, 'f' descriptor, 'a' address, 'p' process
    std::span<const Shape> arguments;
};

extern const std::span<const Structure> kStructures;
extern const std::span<const Set> kSets;
extern const std::span<const CallShape> kCalls;
extern const std::span<const char* const> kResourceNames;  // "fd", "fd:pipe", "shm", ...

}  // namespace fuzz
