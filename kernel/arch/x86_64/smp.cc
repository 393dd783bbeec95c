// Filling of the trampoline page, and the first C++ of the other CPUs.
// Callers: see smp.h.
// Locks, context: see smp.h.
#include "arch/smp.h"

#include <atomic>
#include <cstring>

#include "arch/cpu.h"

#pragma GCC visibility push(hidden)
extern "C" const u8 trampoline_start[], trampoline_end[], trampoline_data[];
#pragma GCC visibility pop

namespace arch {
namespace {

// What trampoline.S has at trampoline_data.
struct [[gnu::packed]] TrampolineData {
    u16 gdt_limit;
    u32 gdt_base;
    u32 far32;
    u16 far32_selector;
    u32 far64;
    u16 far64_selector;
    u8 pad[6];
    u64 page_tables, efer, stack, local, entry, continuation, done;
};

TrampolineData& data_of(void* page) {
    // The page is ours and begins with a copy of the trampoline.
    return *reinterpret_cast<TrampolineData*>(static_cast<u8*>(page) + (trampoline_data - trampoline_start));
}

[[noreturn]] void ap_main(CpuLocal* local, void (*entry)(CpuLocal&)) {
    local->stack_canary = boot_cpu_local().stack_canary;  // before any guarded function is entered
    set_gs_base(*local);
    cpu_init(*local);
    entry(*local);
    halt_forever();
}

}  // namespace

void prepare_trampoline(void* page, PhysAddr phys, const ApStart& start) {
    std::memcpy(page, trampoline_start, static_cast<usize>(trampoline_end - trampoline_start));
    TrampolineData& data = data_of(page);
    const u32 base = static_cast<u32>(phys.value);
    data.gdt_base += base;
    data.far32 += base;
    data.far64 += base;
    data.page_tables = start.page_tables.value;
    data.efer = efer::kLongMode | (rdmsr(msr::kEfer) & efer::kNoExecute);
    data.stack = start.stack_top;
    data.local = reinterpret_cast<u64>(start.local);
    data.entry = reinterpret_cast<u64>(start.entry);
    data.continuation = reinterpret_cast<u64>(&ap_main);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool trampoline_done(const void* page) {
    const volatile u64& done = data_of(const_cast<void*>(page)).done;
    return done != 0;
}

}  // namespace arch
