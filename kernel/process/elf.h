// ELF: checks a 64-bit x86 program's headers and plans its mappings. Pure, and safe on any bytes.
// Callers: process/exec.
// Locks, context: none; the plan's vectors allocate.
// Source: System V ABI; errors and order of checks as in Linux 6.1 fs/binfmt_elf.c.
#pragma once

#include <span>

#include "abi/linux/elf.h"
#include "base/result.h"
#include "base/types.h"
#include "base/vector.h"

namespace process::elf {

inline constexpr usize kMaxInterpreterPath = 4096;
inline constexpr usize kMaxProgramHeaderBytes = 65536;

// The file header when `start` (the file's first bytes) is an x86-64 program or shared object. ENOEXEC.
Result<abi::Elf64_Ehdr> parse_header(std::span<const u8> start);
inline usize program_header_bytes(const abi::Elf64_Ehdr& h) { return usize{h.e_phnum} * sizeof(abi::Elf64_Phdr); }

// What one PT_LOAD asks for, with addresses before the load bias.
struct Segment {
    u64 map_start = 0;    // page aligned
    u64 file_offset = 0;  // page aligned when the file is sound; else the mapping fails with EINVAL
    u64 file_length = 0;  // bytes from map_start that come from the file; 0: none
    u64 zero_start = 0;   // the rest of the last file page is cleared from here,
    u64 zero_end = 0;     // … up to here (equal: nothing to clear)
    u64 anon_start = 0;   // whole pages of zeroes
    u64 anon_end = 0;
    u32 flags = 0;  // PF_R | PF_W | PF_X
    u64 end = 0;    // vaddr + memsz
};

struct Plan {
    Vector<Segment> segments;
    u64 lowest = 0;     // page aligned address of the first segment
    u64 total = 0;      // bytes from there to the end of the last
    u64 alignment = 0;  // the greatest p_align that is a power of two; at least a page
    u64 entry = 0;
    u64 program_headers = 0;  // address of the table in memory; 0: not in any segment
    u64 code_start = ~u64{0}, code_end = 0, data_start = 0, data_end = 0, highest = 0;
    u64 interpreter_offset = 0, interpreter_size = 0;  // PT_INTERP; size 0: none
    bool executable_stack = true;                      // no PT_GNU_STACK: as old programs expect
    bool position_independent = false;
};

// ENOEXEC: an interpreter path of silly size. EINVAL: segments outside the address space or with
// p_filesz > p_memsz, or none at all. ENOMEM.
Result<Plan> plan(const abi::Elf64_Ehdr& header, std::span<const abi::Elf64_Phdr> headers);

}  // namespace process::elf
