// Saving and loading of FPU, SSE and AVX state (SDM volume 1, chapter 13).
// Callers: see fpu.h.
// Locks, context: see fpu.h.
#include "arch/fpu.h"

#include <cstring>

#include <cpuid.h>

#include "arch/context.h"
#include "arch/cpu.h"

namespace arch {

extern Features cpu_features;

namespace {

constexpr u64 kX87 = 1, kSse = 2, kAvx = 4, kAvx512 = 0xe0;
constexpr usize kControlWord = 0, kMxcsr = 24, kMxcsrMask = 28;
constexpr u16 kControlWordDefault = 0x37f;

constinit u64 components = 0;
constinit usize state_size = sizeof(FpuState);
constinit u32 mxcsr_mask = 0xffbf;
alignas(64) constinit FpuState initial_state{};  // legacy part and an empty header: XRSTOR initialises the rest

void set_xcr0(u64 value) {
    asm volatile("xsetbv" : : "c"(0), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)));
}

u64 supported_components() {
    u64 wanted = kX87 | kSse | kAvx;
    if ((cpu_features.xsave_components & kAvx512) == kAvx512) wanted |= kAvx512;
    return wanted & cpu_features.xsave_components;
}

}  // namespace

void fpu_init_cpu() {
    if (cpu_features.xsave) {
        components = supported_components();
        set_xcr0(components);
        u32 a, size, c, d;
        __cpuid_count(0xd, 0, a, size, c, d);
        state_size = size;
    }
    asm volatile("fninit");
    const u32 mxcsr = kMxcsrDefault;
    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
    if (initial_state.legacy[kControlWord] == 0) {
        FpuState probe{};
        asm volatile("fxsave64 %0" : "+m"(probe));
        u32 mask;
        std::memcpy(&mask, probe.legacy + kMxcsrMask, 4);
        if (mask != 0) mxcsr_mask = mask;
        std::memcpy(initial_state.legacy + kMxcsr, &mxcsr, 4);
        std::memcpy(initial_state.legacy + kControlWord, &kControlWordDefault, 2);
    }
}

usize fpu_state_size() { return state_size; }
u64 fpu_features() { return components; }
u32 fpu_mxcsr_mask() { return mxcsr_mask; }

void fpu_init_state(FpuState& state) {
    std::memset(static_cast<void*>(&state), 0, state_size);
    std::memcpy(static_cast<void*>(&state), initial_state.legacy, sizeof(initial_state.legacy));
}

// XRSTOR takes MXCSR from memory even for components in their initial state (SDM volume 1, 13.8.1).
void fpu_restart_state(FpuState& state) {
    if (components == 0) return fpu_init_state(state);
    const u32 mxcsr = kMxcsrDefault;
    std::memcpy(state.legacy + kControlWord, &kControlWordDefault, sizeof(kControlWordDefault));
    std::memcpy(state.legacy + kMxcsr, &mxcsr, sizeof(mxcsr));
    state.xstate_bv = state.xcomp_bv = 0;
    std::memset(state.header_reserved, 0, sizeof(state.header_reserved));
}

void fpu_save(FpuState& state) {
    // All enabled components: the request mask is ANDed with XCR0.
    if (cpu_features.xsaveopt) {
        asm volatile("xsaveopt64 %0" : "+m"(state) : "a"(~0u), "d"(~0u) : "memory");
    } else if (cpu_features.xsave) {
        asm volatile("xsave64 %0" : "+m"(state) : "a"(~0u), "d"(~0u) : "memory");
    } else {
        asm volatile("fxsave64 %0" : "+m"(state) : : "memory");
    }
}

namespace {

#define RESTORE_WITH(instruction, state, good)                                                \
    asm volatile("1: " instruction                                                            \
                 " %1\n"                                                                      \
                 "2:\n"                                                                       \
                 ".pushsection .text.fixup, \"ax\"\n3: xorl %0, %0\n jmp 2b\n.popsection\n"   \
                 ".pushsection .extable, \"a\"\n.balign 4\n.long 1b - ., 3b - .\n.popsection" \
                 : "+r"(good)                                                                 \
                 : "m"(state), "a"(~0u), "d"(~0u)                                             \
                 : "memory", "cc")

bool restore(const FpuState& state) {
    u32 good = 1;
    if (cpu_features.xsave) {
        RESTORE_WITH("xrstor64", state, good);
    } else {
        RESTORE_WITH("fxrstor64", state, good);
    }
    return good != 0;
}

}  // namespace

bool fpu_restore(const FpuState& state) {
    if (restore(state)) [[likely]]
        return true;
    restore(initial_state);
    return false;
}

void fpu_sanitise(FpuState& state) {
    u32 mxcsr;
    std::memcpy(&mxcsr, state.legacy + kMxcsr, 4);
    mxcsr &= mxcsr_mask;
    std::memcpy(state.legacy + kMxcsr, &mxcsr, 4);
    state.xstate_bv &= components;
    state.xcomp_bv = 0;
    std::memset(state.header_reserved, 0, sizeof(state.header_reserved));
}

void fpu_fill_initial(FpuState& state) {
    if (components == 0) return;  // FXSAVE leaves nothing out
    constexpr usize kStack = 32, kXmm = 160, kXmmEnd = 416;
    if ((state.xstate_bv & kX87) == 0) {
        std::memcpy(state.legacy, initial_state.legacy, kMxcsr);
        std::memset(state.legacy + kStack, 0, kXmm - kStack);
    }
    if ((state.xstate_bv & kSse) == 0) std::memset(state.legacy + kXmm, 0, kXmmEnd - kXmm);
    u8* const bytes = state.legacy;  // the state goes on behind the structure
    for (u32 i = 2; i < 63; i++) {
        if (((components >> i) & 1) == 0 || ((state.xstate_bv >> i) & 1) != 0) continue;
        u32 size, offset, c, d;
        __cpuid_count(0xd, i, size, offset, c, d);
        if (usize{offset} + size <= state_size) std::memset(bytes + offset, 0, size);
    }
}

void fpu_switch_out(ThreadArch& thread) {
    if ((thread.user_work.load(std::memory_order_relaxed) & kWorkFpu) == 0) fpu_save(*thread.fpu);
}

void fpu_switch_in(ThreadArch& thread) {
    const CpuLocal& local = cpu();
    if (local.fpu_owner != &thread || thread.fpu_cpu != local.cpu_id) {
        thread.user_work.fetch_or(kWorkFpu, std::memory_order_relaxed);
    }
}

void fpu_load_for_user(ThreadArch& thread) {
    CpuLocal& local = cpu();
    fpu_restore(*thread.fpu);
    local.fpu_owner = &thread;
    thread.fpu_cpu = local.cpu_id;
    thread.user_work.fetch_and(~kWorkFpu, std::memory_order_relaxed);
}

void fpu_sync_current() {
    const u64 flags = irq_save();
    ThreadArch& thread = *current();
    if (thread.fpu != nullptr) fpu_switch_out(thread);
    irq_restore(flags);
}

void fpu_reload_current() {
    const u64 flags = irq_save();
    ThreadArch& thread = *current();
    if (thread.fpu != nullptr) {
        fpu_switch_out(thread);
        fpu_invalidate(thread);
    }
    irq_restore(flags);
}

void fpu_invalidate(ThreadArch& thread) {
    thread.fpu_cpu = ThreadArch::kNoCpu;
    thread.user_work.fetch_or(kWorkFpu, std::memory_order_relaxed);
}

void fpu_attach(ThreadArch& thread, FpuState& state) {
    fpu_invalidate(thread);  // first: no switch may save foreign registers into the new state
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.fpu = &state;
}

}  // namespace arch
