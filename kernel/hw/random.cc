#include "hw/random.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"
#include "base/bytes.h"
#include "hw/chacha20.h"
#include "hw/cpus.h"

namespace hw::random {
namespace {

// Fast key erasure (D. J. Bernstein, 2017): each block's first half is the next key, the second half is output, so
// what was given out cannot be computed from the state afterwards.
struct alignas(64) Generator {
    ChaChaKey key{};
    u32 refills = 0;  // until reseeding
    u32 left = 0;     // unused words at the end of `pool`
    std::array<u32, 8> pool{};
};
constinit std::array<Generator, kMaxCpus> g_generators{};
// What stir() collected; folded in at reseeding.
constinit std::array<std::atomic<u64>, 4> g_stirred{};
constinit std::atomic<u32> g_stir_at{0};

constexpr u32 kRefillsBetweenSeeds = 4096;

u64 hardware_or_jitter() {
    u64 value = 0;
    for (int tries = 0; tries < 10; tries++) {
        if (arch::hardware_random(value)) return value ^ arch::rdtsc();
    }
    // No RDRAND: the low bits of the time between dependent reads of the counter.
    for (int i = 0; i < 64; i++) {
        u64 before = arch::rdtsc();
        arch::pause();
        value = std::rotl(value, 7) ^ (arch::rdtsc() - before) ^ (before << 17);
        value *= 0x9e37'79b9'7f4a'7c15;
    }
    return value;
}

void seed(Generator& g, u32 cpu) {
    for (usize i = 0; i < g.key.size(); i += 2) {
        u64 v = hardware_or_jitter() ^ g_stirred[i / 2].load(std::memory_order_relaxed);
        g.key[i] ^= static_cast<u32>(v);
        g.key[i + 1] ^= static_cast<u32>(v >> 32);
    }
    ChaChaBlock mixed = chacha20_block(g.key, cpu, {0x6c696e6e, 0x65742d72, static_cast<u32>(arch::rdtsc())});
    for (usize i = 0; i < g.key.size(); i++) g.key[i] = mixed[i];
    g.refills = kRefillsBetweenSeeds;
}

void refill(Generator& g, u32 cpu) {
    if (g.refills == 0) seed(g, cpu);
    g.refills--;
    ChaChaBlock block = chacha20_block(g.key, 0, {});
    for (usize i = 0; i < 8; i++) {
        g.key[i] = block[i];
        g.pool[i] = block[8 + i];
    }
    g.left = 8;
}

u32 next_u32(Generator& g, u32 cpu) {
    if (g.left == 0) refill(g, cpu);
    u32& slot = g.pool[8 - g.left--];
    u32 value = slot;
    slot = 0;  // given out once
    return value;
}

}  // namespace

u64 next_u64() {
    u64 flags = arch::irq_save();
    u32 cpu = arch::cpu_id();
    Generator& g = g_generators[cpu];
    u64 low = next_u32(g, cpu);
    u64 value = low | (u64{next_u32(g, cpu)} << 32);
    arch::irq_restore(flags);
    return value;
}

u64 below(u64 bound) {
    // Multiply-shift; the bias is below bound / 2^64.
    return static_cast<u64>((static_cast<unsigned __int128>(next_u64()) * bound) >> 64);
}

void fill(std::span<u8> out) {
    while (out.size() >= 64) {
        // A fresh key for this run of blocks; interrupts are off only to take it.
        ChaChaKey key;
        for (usize i = 0; i < key.size(); i += 2) {
            u64 v = next_u64();
            key[i] = static_cast<u32>(v);
            key[i + 1] = static_cast<u32>(v >> 32);
        }
        for (u32 counter = 0; counter < 64 && out.size() >= 64; counter++) {
            ChaChaBlock block = chacha20_block(key, counter, {1, 0, 0});
            base::copy(out, base::bytes_of(block));
            out = out.subspan(64);
        }
    }
    while (!out.empty()) {
        u64 value = next_u64();
        usize n = base::copy(out, base::bytes_of(value));
        out = out.subspan(n);
    }
}

void stir(std::span<const u8> bytes) {
    u64 h = arch::rdtsc();
    for (u8 b : bytes) h = (h ^ b) * 0x0000'0100'0000'01b3;
    u32 at = g_stir_at.fetch_add(1, std::memory_order_relaxed);
    g_stirred[at % 4].fetch_xor(std::rotl(h, static_cast<int>(at % 64)), std::memory_order_relaxed);
}

}  // namespace hw::random
