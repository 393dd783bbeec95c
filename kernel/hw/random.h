// The kernel's random numbers: ChaCha20 with fast key erasure, one generator a CPU, seeded by RDRAND and TSC jitter.
// Callers: everyone (getrandom, ASLR, stack canaries, hash keys, /dev/urandom).
// Locks, context: any but NMI; takes no lock (per-CPU generators, interrupts off for a block).
#pragma once

#include <span>

#include "base/types.h"

namespace hw::random {

// Fills `out` with random bytes. Good from the first call on with RDRAND; else as good as the timing jitter.
void fill(std::span<u8> out);
u64 next_u64();
// Uniform in [0, bound); bound > 0.
u64 below(u64 bound);
// Mixes in bytes that an outsider cannot know (interrupt times, writes to /dev/random). Credited nothing.
void stir(std::span<const u8> bytes);

}  // namespace hw::random
