// The vDSO's code: the clocks and the CPU's number without entering the kernel. It runs in user mode, in every
// process, and is linked apart from the kernel (tools/cmake/vdso.cmake, vdso.lds).
// Callers: C libraries, by symbol name (vdso(7)).
// Locks, context: any thread of user space, signal handlers included. Nothing is written but what the caller wants.
//
// No pointer in here needs relocating, and nothing is called: the object works wherever it is mapped.
#include "abi/linux/time.h"
#include "time/vdso/data.h"

#define EXPORT extern "C" [[gnu::visibility("default"), gnu::used]]

// The page in front of the image (vdso.lds).
extern "C" [[gnu::visibility("hidden")]] const time::VdsoData vdso_data;

namespace {

constexpr i64 kNsPerSecond = 1'000'000'000;
constexpr i64 kCoarseNs = 4'000'000;  // as sched::kTickNs: what CLOCK_*_COARSE promise

// abi/linux/syscalls.def
enum class Call : u64 { kGettimeofday = 96, kTime = 201, kClockGettime = 228, kClockGetres = 229, kGetcpu = 309 };

i64 system_call(Call number, u64 first, u64 second) {
    u64 result = static_cast<u64>(number);
    asm volatile("syscall" : "+a"(result) : "D"(first), "S"(second), "d"(u64{0}) : "rcx", "r11", "memory");
    return static_cast<i64>(result);
}
template <typename T>
u64 address(T* pointer) {
    return reinterpret_cast<u64>(pointer);
}

// Not before what precedes it in the program (Intel SDM volume 2, RDTSC).
u64 read_tsc() {
    u32 low, high;
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return u64{high} << 32 | low;
}

// Nanoseconds of the clock; false when only the kernel can tell.
[[gnu::always_inline]] inline bool read_clock(bool real_time, i64& ns) {
    for (;;) {
        const u32 sequence = __atomic_load_n(&vdso_data.sequence, __ATOMIC_ACQUIRE);
        if (__builtin_expect(!vdso_data.use_tsc, 0)) return false;
        const u64 delta = read_tsc() - vdso_data.base_count;
        ns = vdso_data.base_ns +
             static_cast<i64>(static_cast<u64>((static_cast<unsigned __int128>(delta) * vdso_data.mult) >> 32));
        if (real_time) ns += vdso_data.realtime_offset;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__builtin_expect((sequence & 1) == 0 && __atomic_load_n(&vdso_data.sequence, __ATOMIC_RELAXED) == sequence,
                             1))
            return true;
        __builtin_ia32_pause();
    }
}

constexpr u32 bit(int clock) { return 1u << clock; }
constexpr u32 kReal = bit(abi::CLOCK_REALTIME) | bit(abi::CLOCK_REALTIME_COARSE);
constexpr u32 kMonotonic = bit(abi::CLOCK_MONOTONIC) | bit(abi::CLOCK_MONOTONIC_RAW) |
                           bit(abi::CLOCK_MONOTONIC_COARSE) | bit(abi::CLOCK_BOOTTIME);
constexpr u32 kCoarse = bit(abi::CLOCK_REALTIME_COARSE) | bit(abi::CLOCK_MONOTONIC_COARSE);

// 0 for clocks that the kernel alone knows (CPU time, TAI, dynamic ones).
u32 clock_bit(int clock) { return static_cast<u32>(clock) < 32 ? bit(clock) & (kReal | kMonotonic) : 0; }

// A count of nanoseconds below 2^63 is taken as unsigned: one multiplication instead of a signed division.
abi::timespec timespec_of(i64 ns) {
    const u64 value = static_cast<u64>(ns);
    return {static_cast<i64>(value / kNsPerSecond), static_cast<i64>(value % kNsPerSecond)};
}

}  // namespace

EXPORT int __vdso_clock_gettime(int clock, abi::timespec* out) {
    const u32 which = clock_bit(clock);
    i64 ns;
    if (which == 0 || !read_clock((which & kReal) != 0, ns))
        return static_cast<int>(system_call(Call::kClockGettime, static_cast<u64>(clock), address(out)));
    *out = timespec_of(ns);
    return 0;
}

EXPORT int __vdso_clock_getres(int clock, abi::timespec* out) {
    const u32 which = clock_bit(clock);
    if (which == 0) return static_cast<int>(system_call(Call::kClockGetres, static_cast<u64>(clock), address(out)));
    if (out != nullptr) *out = {0, (which & kCoarse) != 0 ? kCoarseNs : 1};
    return 0;
}

EXPORT int __vdso_gettimeofday(abi::timeval* out, abi::timezone* zone) {
    i64 ns = 0;
    if (out != nullptr) {
        if (!read_clock(true, ns))
            return static_cast<int>(system_call(Call::kGettimeofday, address(out), address(zone)));
        const abi::timespec now = timespec_of(ns);
        *out = {now.tv_sec, now.tv_nsec / 1000};
    }
    if (zone != nullptr) *zone = {vdso_data.minutes_west, vdso_data.dst_time};
    return 0;
}

EXPORT i64 __vdso_time(i64* out) {
    i64 ns;
    if (!read_clock(true, ns)) return system_call(Call::kTime, address(out), 0);
    const i64 seconds = timespec_of(ns).tv_sec;
    if (out != nullptr) *out = seconds;
    return seconds;
}

// Linux's encoding of TSC_AUX: the CPU in 12 bits, the node above.
EXPORT long __vdso_getcpu(u32* cpu, u32* node, void*) {
    if (!vdso_data.cpu_by_tsc_aux) return system_call(Call::kGetcpu, address(cpu), address(node));
    u32 low, high, aux;
    asm volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
    if (cpu != nullptr) *cpu = aux & 0xfff;
    if (node != nullptr) *node = aux >> 12;
    return 0;
}

#define ALIAS(name) [[gnu::weak, gnu::alias("__vdso_" #name), gnu::visibility("default")]]
extern "C" {
ALIAS(clock_gettime) int clock_gettime(int clock, abi::timespec* out);
ALIAS(clock_getres) int clock_getres(int clock, abi::timespec* out);
ALIAS(gettimeofday) int gettimeofday(abi::timeval* out, abi::timezone* zone);
ALIAS(getcpu) long getcpu(u32* cpu, u32* node, void* unused);
// `time` is a namespace here, so its alias is made by the assembler.
asm(".weak time\n.set time, __vdso_time\n.type time, @function");
}
