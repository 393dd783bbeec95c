// CPU features decoded from CPUID leaves: a pure function of the leaves, tested on the host.
// Callers: arch; others read arch::features().
// Locks, context: none; values only.
#pragma once

#include "base/types.h"

namespace arch {

struct CpuidLeaf {
    u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// The leaves that decoding needs; a leaf beyond the CPU's maximum is all zero.
struct CpuidLeaves {
    CpuidLeaf base;           // 0
    CpuidLeaf version;        // 1
    CpuidLeaf structured;     // 7.0
    CpuidLeaf xsave;          // 0xd.0
    CpuidLeaf xsave_options;  // 0xd.1
    CpuidLeaf extended;       // 0x80000001
    CpuidLeaf power;          // 0x80000007
    CpuidLeaf addresses;      // 0x80000008
};

struct Features {
    char vendor[13] = {};  // "GenuineIntel", "AuthenticAMD", …
    u32 family = 0, model = 0, stepping = 0;
    u32 initial_apic_id = 0;
    u8 physical_bits = 36, linear_bits = 48;
    u64 xsave_components = 0;  // what XCR0 may hold

    bool nx = false, gigabyte_pages = false, rdtscp = false, invariant_tsc = false, global_pages = false;
    bool smep = false, smap = false, umip = false, fsgsbase = false, pcid = false, invpcid = false;
    bool rdrand = false, rdseed = false, xsave = false, xsaveopt = false, avx = false, pat = false;
    bool x2apic = false, tsc_deadline = false, monitor = false, hypervisor = false, erms = false, fsrm = false;
    bool syscall = false, tsc = false, cx16 = false, popcnt = false, rdpid = false, mce = false;
    bool protection_keys = false;

    // As the kernel saw it, for AT_HWCAP and /proc/cpuinfo.
    CpuidLeaves leaves;
};

Features decode_features(const CpuidLeaves& leaves);

}  // namespace arch
