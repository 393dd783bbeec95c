#include "process/classic_bpf.h"

#include <algorithm>
#include <array>
#include <bit>

namespace process::bpf {

namespace {

using Instruction = abi::sock_filter;
constexpr u16 op(auto... parts) { return static_cast<u16>((parts | ...)); }

constexpr u16 kClassMask = 0x07, kSourceMask = 0x08, kOperationMask = 0xf0;
constexpr u16 class_of(const Instruction& i) { return i.code & kClassMask; }
constexpr u16 operation_of(const Instruction& i) { return i.code & kOperationMask; }
constexpr bool uses_x(const Instruction& i) { return (i.code & kSourceMask) != 0; }

bool is_valid_alu(const Instruction& i) {
    if (i.code == op(abi::BPF_ALU, abi::BPF_NEG)) return true;
    switch (operation_of(i)) {
        case abi::BPF_ADD:
        case abi::BPF_SUB:
        case abi::BPF_MUL:
        case abi::BPF_OR:
        case abi::BPF_AND:
        case abi::BPF_XOR: return true;
        case abi::BPF_DIV: return uses_x(i) || i.k != 0;
        case abi::BPF_LSH:
        case abi::BPF_RSH: return uses_x(i) || i.k < 32;
        default: return false;
    }
}

// `left`: instructions after this one.
bool is_valid_jump(const Instruction& i, usize left) {
    if (operation_of(i) == abi::BPF_JA) return !uses_x(i) && i.k < left;
    const u16 operation = operation_of(i);
    const bool known = operation == abi::BPF_JEQ || operation == abi::BPF_JGT || operation == abi::BPF_JGE ||
                       operation == abi::BPF_JSET;
    return known && i.jt < left && i.jf < left;
}

bool is_valid_one(const Instruction& i, usize left) {
    if (i.code > 0xff) return false;
    switch (class_of(i)) {
        case abi::BPF_LD:
        case abi::BPF_LDX:
            if (i.code == op(abi::BPF_LD, abi::BPF_W, abi::BPF_ABS))
                return i.k % 4 == 0 && i.k < sizeof(abi::seccomp_data);
            switch (i.code & ~kClassMask) {
                case op(abi::BPF_W, abi::BPF_LEN):
                case abi::BPF_IMM: return true;
                case abi::BPF_MEM: return i.k < abi::BPF_MEMWORDS;
                default: return false;
            }
        case abi::BPF_ST:
        case abi::BPF_STX: return (i.code & ~kClassMask) == 0 && i.k < abi::BPF_MEMWORDS;
        case abi::BPF_ALU: return is_valid_alu(i);
        case abi::BPF_JMP: return is_valid_jump(i, left);
        case abi::BPF_RET: return i.code == op(abi::BPF_RET, abi::BPF_K) || i.code == op(abi::BPF_RET, abi::BPF_A);
        default: return i.code == op(abi::BPF_MISC, abi::BPF_TAX) || i.code == op(abi::BPF_MISC, abi::BPF_TXA);
    }
}

// Scratch words that are surely written, at each instruction: what all ways to it have in common.
bool reads_only_written(std::span<const Instruction> program) {
    std::array<u16, abi::BPF_MAXINSNS> written;
    std::ranges::fill(written, u16{0xffff});
    written[0] = 0;
    const auto reach = [&](usize at, u16 set) { written[at] &= set; };
    for (usize at = 0; at < program.size(); at++) {
        const Instruction& i = program[at];
        u16 set = written[at];
        switch (class_of(i)) {
            case abi::BPF_LD:
            case abi::BPF_LDX:
                if ((i.code & ~kClassMask) == abi::BPF_MEM && ((set >> i.k) & 1) == 0) return false;
                break;
            case abi::BPF_ST:
            case abi::BPF_STX: set |= static_cast<u16>(1u << i.k); break;
            case abi::BPF_JMP:
                if (operation_of(i) == abi::BPF_JA) {
                    reach(at + 1 + i.k, set);
                } else {
                    reach(at + 1 + i.jt, set);
                    reach(at + 1 + i.jf, set);
                }
                continue;
            case abi::BPF_RET: continue;
            default: break;
        }
        if (at + 1 < program.size()) reach(at + 1, set);
    }
    return true;
}

u32 compute(u16 operation, u32 a, u32 b) {
    switch (operation) {
        case abi::BPF_ADD: return a + b;
        case abi::BPF_SUB: return a - b;
        case abi::BPF_MUL: return a * b;
        case abi::BPF_DIV: return b == 0 ? 0 : a / b;
        case abi::BPF_OR: return a | b;
        case abi::BPF_AND: return a & b;
        case abi::BPF_XOR: return a ^ b;
        case abi::BPF_LSH: return a << (b & 31);
        case abi::BPF_RSH: return a >> (b & 31);
        default: return 0 - a;
    }
}

bool holds(u16 operation, u32 a, u32 b) {
    switch (operation) {
        case abi::BPF_JEQ: return a == b;
        case abi::BPF_JGT: return a > b;
        case abi::BPF_JGE: return a >= b;
        default: return (a & b) != 0;
    }
}

}  // namespace

bool is_valid(std::span<const Instruction> program) {
    if (program.empty() || program.size() > static_cast<usize>(abi::BPF_MAXINSNS)) return false;
    for (usize at = 0; at < program.size(); at++) {
        if (!is_valid_one(program[at], program.size() - at - 1)) return false;
    }
    return class_of(program.back()) == abi::BPF_RET && reads_only_written(program);
}

u32 run(std::span<const Instruction> program, const abi::seccomp_data& data) {
    const auto words = std::bit_cast<std::array<u32, sizeof(abi::seccomp_data) / 4>>(data);
    std::array<u32, abi::BPF_MEMWORDS> scratch{};
    u32 a = 0, x = 0;
    for (usize at = 0; at < program.size(); at++) {
        const Instruction& i = program[at];
        const u32 operand = uses_x(i) ? x : i.k;
        switch (class_of(i)) {
            case abi::BPF_LD:
            case abi::BPF_LDX: {
                u32 value = i.k;
                const u16 mode = i.code & static_cast<u16>(~kClassMask);
                if (mode == abi::BPF_ABS) value = words[i.k / 4];
                if (mode == abi::BPF_MEM) value = scratch[i.k];
                if (mode == abi::BPF_LEN) value = sizeof(abi::seccomp_data);
                (class_of(i) == abi::BPF_LD ? a : x) = value;
                break;
            }
            case abi::BPF_ST: scratch[i.k] = a; break;
            case abi::BPF_STX: scratch[i.k] = x; break;
            case abi::BPF_ALU: a = compute(operation_of(i), a, operand); break;
            case abi::BPF_JMP:
                if (operation_of(i) == abi::BPF_JA) {
                    at += i.k;
                } else {
                    at += holds(operation_of(i), a, operand) ? i.jt : i.jf;
                }
                break;
            case abi::BPF_RET: return i.code == op(abi::BPF_RET, abi::BPF_A) ? a : i.k;
            default:
                if (i.code == op(abi::BPF_MISC, abi::BPF_TAX)) {
                    x = a;
                } else {
                    a = x;
                }
        }
    }
    return 0;
}

}  // namespace process::bpf
