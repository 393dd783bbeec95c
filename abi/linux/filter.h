// Classic BPF, as seccomp filters use it.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{filter,bpf_common,seccomp}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct sock_filter {
    u16 code;
    u8 jt, jf;
    u32 k;
};
static_assert(sizeof(sock_filter) == 8);

struct sock_fprog {
    u16 len;
    u16 pad[3];
    u64 filter;
};
static_assert(sizeof(sock_fprog) == 16);

// What a seccomp filter sees.
struct seccomp_data {
    i32 nr;
    u32 arch;
    u64 instruction_pointer;
    u64 args[6];
};
static_assert(sizeof(seccomp_data) == 64);

inline constexpr int BPF_MAXINSNS = 4096;
// Operations, put together of class, size or operation, and mode or source.
inline constexpr u16 BPF_LD = 0x00, BPF_LDX = 0x01, BPF_ST = 0x02, BPF_STX = 0x03, BPF_ALU = 0x04, BPF_JMP = 0x05,
                     BPF_RET = 0x06, BPF_MISC = 0x07;
inline constexpr u16 BPF_W = 0x00, BPF_IMM = 0x00, BPF_ABS = 0x20, BPF_MEM = 0x60, BPF_LEN = 0x80;
inline constexpr u16 BPF_ADD = 0x00, BPF_SUB = 0x10, BPF_MUL = 0x20, BPF_DIV = 0x30, BPF_OR = 0x40, BPF_AND = 0x50,
                     BPF_LSH = 0x60, BPF_RSH = 0x70, BPF_NEG = 0x80, BPF_XOR = 0xa0;
inline constexpr u16 BPF_JA = 0x00, BPF_JEQ = 0x10, BPF_JGT = 0x20, BPF_JGE = 0x30, BPF_JSET = 0x40;
inline constexpr u16 BPF_K = 0x00, BPF_X = 0x08, BPF_A = 0x10, BPF_TAX = 0x00, BPF_TXA = 0x80;
inline constexpr u32 BPF_MEMWORDS = 16;

}  // namespace abi
