// A program: a sequence of system calls with what has to lie in memory for each, made from a seed alone.
// Made by generate(), carried out by execute(); neither depends on what calls return.
// One thread.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "grammar.h"

namespace fuzz {

constexpr u64 kPage = 4096;
// Where calls work on memory mappings: only there do mmap, munmap, mprotect and their like point.
constexpr u64 kMapArea = 0x2000'0000;
constexpr u64 kMapPages = 32;
// Buffers and structures; behind the last page nothing is mapped.
constexpr u64 kData = 0x4000'0000;
constexpr u64 kDataSize = 32 * kPage;
constexpr u64 kReadOnly = 0x4010'0000;
constexpr u64 kInaccessible = 0x4020'0000;
constexpr u64 kUnmapped = 0x4030'0000;

// Seconds: later than any uptime, earlier than any date.
constexpr u64 kLater = 100'000'000;

enum class Source : u8 { kNumber, kResult, kSelf, kParent, kChild, kHandler, kRestorer };

/// A number known at once, or one known when the program runs: `number` is added to it.
struct Value {
    u64 number = 0;
    Source source = Source::kNumber;
    u8 which = 0;  // kResult: the first or second thing that call made
    u16 call = 0;  // kResult: by which step
};

/// What to write into memory before the call: a value, or `size` bytes of a pattern or text.
struct Poke {
    u64 address;
    u32 size;
    Value value;
    enum class What : u8 { kValue, kPattern, kText } what = What::kValue;
    const char* text = nullptr;
};

/// Memory that the call may change.
struct Watch {
    const Shape* shape;  // a pointer
    u64 address;
    u32 count;  // of structures, or bytes
};

struct Step {
    const CallShape* call;
    std::array<Value, 6> arguments;
    std::vector<Poke> pokes;
    std::vector<Watch> watches;
    u64 used = 0;  // of kData, but for its last page
};

enum class Mode { kCompare, kCrash };

/// `calls` are the numbers to choose from; all when it is empty.
std::vector<Step> generate(u64 seed, unsigned count, Mode mode, std::span<const unsigned> calls);

/// A step that may come after `before`: of `call`, or when that is null, of one akin to those before it or any other.
Step another_step(u64 seed, std::span<const Step> before, const CallShape* call, Mode mode,
                  std::span<const unsigned> calls);

}  // namespace fuzz
