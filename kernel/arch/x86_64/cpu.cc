// Set-up of one CPU: features, control and system-call registers, tables.
// Callers: boot/main.cc for the boot CPU, smp.cc for the others.
// Locks, context: the executing CPU, interrupts off.
#include "arch/cpu.h"

#include <cpuid.h>

#include "arch/context.h"
#include "arch/descriptors.h"
#include "arch/image.h"
#include "arch/page_table.h"
#include "arch/trap.h"

#pragma GCC visibility push(hidden)
extern "C" {
extern const i32 smap_sites_start[], smap_sites_end[];
void syscall_entry();
void syscall_entry_compat();
}
#pragma GCC visibility pop

namespace arch {

constinit Features cpu_features;
void fpu_init_cpu();  // fpu.cc

namespace {

constinit CpuBlock boot_block{};
constinit ThreadArch boot_thread{};

CpuidLeaf leaf(u32 number, u32 sub = 0) {
    CpuidLeaf l;
    if (__get_cpuid_max(number & 0x8000'0000, nullptr) < number) return l;
    __cpuid_count(number, sub, l.eax, l.ebx, l.ecx, l.edx);
    return l;
}

CpuidLeaves read_leaves() {
    CpuidLeaves l;
    l.base = leaf(0);
    l.version = leaf(1);
    l.structured = leaf(7);
    l.xsave = leaf(0xd);
    l.xsave_options = leaf(0xd, 1);
    l.extended = leaf(0x8000'0001);
    l.power = leaf(0x8000'0007);
    l.addresses = leaf(0x8000'0008);
    return l;
}

// STAC and CLAC are undefined instructions without SMAP: they become three-byte NOPs. The text is still writable.
void patch_smap_sites() {
    for (const i32* at = smap_sites_start; at < smap_sites_end; ++at) {
        u8* site = reinterpret_cast<u8*>(reinterpret_cast<i64>(at) + *at);  // self-relative
        site[0] = 0x0f;
        site[1] = 0x1f;
        site[2] = 0x00;
    }
}

void set_control_registers(const Features& f) {
    // Set, not ORed: firmware leaves bits of its own.
    write_cr0(cr0::kProtection | cr0::kMonitorFpu | cr0::kExtensionType | cr0::kNumericError | cr0::kWriteProtect |
              cr0::kAlignmentMask | cr0::kPaging);
    u64 value = cr4::kPae | cr4::kFxsave | cr4::kSimdExceptions;
    if (f.mce) value |= cr4::kMachineCheck;
    if (f.global_pages) value |= cr4::kGlobalPages;
    if (f.umip) value |= cr4::kUmip;
    if (f.fsgsbase) value |= cr4::kFsgsbase;
    if (f.xsave) value |= cr4::kXsave;
    if (f.smep) value |= cr4::kSmep;
    if (f.smap) value |= cr4::kSmap;
    if (f.protection_keys) value |= cr4::kProtectionKeys;
    write_cr4(value);
}

void set_syscall_registers(const Features& f, u32 cpu_id) {
    u64 enable = efer::kSyscall | efer::kLongMode;
    if (f.nx) enable |= efer::kNoExecute;
    wrmsr(msr::kEfer, enable);
    // SYSRET takes CS from base+16 and SS from base+8 of bits 63:48, SYSCALL from bits 47:32 (SDM volume 2).
    wrmsr(msr::kStar, (u64{kUserCode32} << 48) | (u64{kKernelCode} << 32));
    wrmsr(msr::kLstar, reinterpret_cast<u64>(&syscall_entry));
    wrmsr(msr::kCstar, reinterpret_cast<u64>(&syscall_entry_compat));
    // All flags that user space sets are cleared on entry, as Linux does (syscall_init).
    wrmsr(msr::kSfmask, rflags::kCarry | rflags::kParity | rflags::kAdjust | rflags::kZero | rflags::kSign |
                            rflags::kTrap | rflags::kInterrupt | rflags::kDirection | rflags::kOverflow |
                            rflags::kIopl | rflags::kNestedTask | rflags::kResume | rflags::kAlignCheck | rflags::kId);
    wrmsr(msr::kSysenterCs, 0);  // SYSENTER faults
    if (f.rdtscp || f.rdpid) wrmsr(msr::kTscAux, cpu_id);
    if (f.pat) wrmsr(msr::kPat, kPatValue);
}

}  // namespace

const Features& features() { return cpu_features; }
CpuLocal& boot_cpu_local() { return boot_block.local; }

void set_stack_canary(CpuLocal& local, u64 random) {
    // One value for all CPUs, since a thread may return on another CPU than it entered a function on. A zero byte
    // stops string overruns.
    local.stack_canary = random & ~0xffull;
}

void set_gs_base(CpuLocal& local) {
    local.self = &local;
    wrmsr(msr::kGsBase, reinterpret_cast<u64>(&local));
    wrmsr(msr::kKernelGsBase, 0);
}

void cpu_init(CpuLocal& local) {
    CpuBlock& block = *reinterpret_cast<CpuBlock*>(reinterpret_cast<u64>(&local) - offsetof(CpuBlock, local));
    const bool boot = &block == &boot_block;
    set_gs_base(local);
    if (boot) {
        cpu_features = decode_features(read_leaves());
        if (!cpu_features.smap) patch_smap_sites();
        fill_idt();
    }
    local.tss = &block.tables.tss;
    local.preempt_count = kNoReschedBit;
    local.apic_id = leaf(1).ebx >> 24;
    if (local.current == nullptr) local.current = &boot_thread;  // interrupts may mark its work
    load_gdt(block.tables, local);
    set_control_registers(cpu_features);
    set_syscall_registers(cpu_features, local.cpu_id);
    load_idt();
    fpu_init_cpu();
}

bool hardware_random(u64& value) {
    if (!cpu_features.rdrand) return false;
    for (int tries = 0; tries < 10; ++tries) {  // Intel's guide: ten tries before it counts as failed
        bool good;
        asm volatile("rdrand %0" : "=r"(value), "=@ccc"(good));
        if (good) return true;
    }
    return false;
}

}  // namespace arch
