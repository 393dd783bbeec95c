// How the strace decoder prints single values: flags, strings, structures behind user pointers.
// Callers: strace.cc.
// Locks, context: thread context; reads user memory.
#pragma once

#include "base/string.h"
#include "linux/glue/call_info.h"

namespace linux_abi {

using StraceLine = FixedString<400>;

// A number or address that needs no memory.
void print_scalar(StraceLine& line, const ArgumentInfo& argument, u64 value);
// The NUL-terminated text at `address`, quoted and cut.
void print_text(StraceLine& line, u64 address);
// `count` things (bytes, when the pointee is bytes) at `address`.
void print_pointee(StraceLine& line, const ArgumentInfo& argument, u64 address, u64 count);
// "= 3", "= -1 ENOENT", "= ? ERESTARTSYS".
void print_result(StraceLine& line, ResultKind kind, u64 result);

}  // namespace linux_abi
