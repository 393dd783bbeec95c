// Classic BPF programs over struct seccomp_data: checked once, then run. Pure.
// Callers: process/seccomp.
// Locks, context: none; values only.
#pragma once

#include <span>

#include "abi/linux/filter.h"
#include "base/types.h"

namespace process::bpf {

// Whether `program` may run: known instructions that seccomp allows, jumps forwards and inside, loads inside
// seccomp_data, no scratch word read before it was written on every path, a return at the end (Linux:
// bpf_check_classic(), seccomp_check_filter()).
bool is_valid(std::span<const abi::sock_filter> program);

// The value returned. `program` has passed is_valid(); it ends, since it can only go forwards.
u32 run(std::span<const abi::sock_filter> program, const abi::seccomp_data& data);

}  // namespace process::bpf
