// StackImage: the words at the top of a new program's stack: argc, argv, envp, auxiliary vector. Pure.
// Callers: process/exec.
// Locks, context: none; allocates.
// Source: System V ABI AMD64 3.4.1; order and alignment as in Linux 6.1 fs/binfmt_elf.c create_elf_tables().
#pragma once

#include <array>
#include <span>

#include "abi/linux/auxv.h"
#include "base/result.h"
#include "base/types.h"
#include "base/vector.h"

namespace process {

struct AuxEntry {
    u64 type;
    u64 value;
};

// Lengths, with their NULs, of the strings as they lie one after the other from `strings` on: argv's, envp's.
struct StackStrings {
    u64 strings = 0;  // user address of argv[0]'s first byte
    std::span<const u32> argv_lengths;
    std::span<const u32> envp_lengths;
};

struct StackLayout {
    u64 stack_pointer = 0;  // 16-byte aligned: where argc lies
    u64 platform = 0;       // "x86_64\0"
    u64 random = 0;         // 16 bytes
    u64 auxv = 0;           // first entry
    u64 arg_start = 0, arg_end = 0, env_start = 0, env_end = 0;
    Vector<u64> words;  // from stack_pointer on
};

inline constexpr std::array<char, 7> kPlatform = {'x', '8', '6', '_', '6', '4', '\0'};

// Lays out everything below `strings.strings`. `gap`: random bytes to leave out (0..8191). `auxv`: without
// AT_PLATFORM, AT_RANDOM and AT_NULL, which are put where Linux has them. ENOMEM.
Result<StackLayout> build_stack(const StackStrings& strings, u64 gap, std::span<const AuxEntry> auxv);

}  // namespace process
