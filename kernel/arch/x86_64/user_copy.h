// Copies between kernel and user memory that survive faults: the only code that touches user addresses.
// Callers: vm/user_memory.h alone (and vm's fault-caught probes); everyone else uses its typed front ends.
// Locks, context: may fault and so sleep; with faults disabled by vm they fail instead. No spin locks held.
#pragma once

#include "base/types.h"

namespace arch {

// All check that [address, address + n) lies below kUserLimit first, and open SMAP's window only for the copy.
// On a fault the destination holds what was copied so far.
extern "C" {
// Bytes NOT copied: 0 is success. Precise to the byte at a fault.
[[nodiscard]] usize copy_from_user(void* to, u64 user_from, usize n);
[[nodiscard]] usize copy_to_user(u64 user_to, const void* from, usize n);
// Bytes not cleared.
[[nodiscard]] usize clear_user(u64 user_to, usize n);
// Copies up to and including a NUL, at most `max` bytes. The string's length without NUL; `max` if none was found;
// -EFAULT (-14) at a fault before it.
[[nodiscard]] i64 strncpy_from_user(char* to, u64 user_from, usize max);
// strnlen(3) of a user string: the length without NUL, `max` if none was found, -EFAULT.
[[nodiscard]] i64 strnlen_user(u64 user_from, usize max);

// 0, or -EFAULT. Loads and stores are single instructions, so atomic when aligned.
[[nodiscard]] int get_user32(u32* value, u64 user_from);
[[nodiscard]] int get_user64(u64* value, u64 user_from);
[[nodiscard]] int put_user32(u64 user_to, u32 value);
[[nodiscard]] int put_user64(u64 user_to, u64 value);

// Atomic operations on user words, for futexes. 0 or -EFAULT; *old is what was there before.
[[nodiscard]] int cmpxchg_user32(u64 user, u32 expected, u32 desired, u32* old);
[[nodiscard]] int xchg_user32(u64 user, u32 value, u32* old);
[[nodiscard]] int add_user32(u64 user, u32 value, u32* old);
[[nodiscard]] int or_user32(u64 user, u32 value, u32* old);
[[nodiscard]] int and_user32(u64 user, u32 value, u32* old);
[[nodiscard]] int xor_user32(u64 user, u32 value, u32* old);

// Kernel reads at addresses that may not be mapped (backtraces, debuggers): bytes not copied. No range check.
[[nodiscard]] usize copy_from_kernel_nofault(void* to, const void* from, usize n);
}

}  // namespace arch
