// CPUID leaves into Features (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).
// Callers: cpu.cc; tests.
// Locks, context: pure.
#include "arch/cpu_features.h"

namespace arch {
namespace {

constexpr bool bit(u32 word, unsigned n) { return (word >> n & 1) != 0; }

void decode_identity(const CpuidLeaves& l, Features& f) {
    const u32 words[3] = {l.base.ebx, l.base.edx, l.base.ecx};
    for (unsigned i = 0; i < 12; ++i) f.vendor[i] = static_cast<char>(words[i / 4] >> (8 * (i % 4)));
    const u32 v = l.version.eax;
    f.stepping = v & 15;
    f.model = v >> 4 & 15;
    f.family = v >> 8 & 15;
    if (f.family == 6 || f.family == 15) f.model |= (v >> 16 & 15) << 4;
    if (f.family == 15) f.family += v >> 20 & 255;
    f.initial_apic_id = l.version.ebx >> 24;
    if (l.addresses.eax != 0) {
        f.physical_bits = static_cast<u8>(l.addresses.eax);
        f.linear_bits = static_cast<u8>(l.addresses.eax >> 8);
    }
}

}  // namespace

Features decode_features(const CpuidLeaves& l) {
    Features f;
    f.leaves = l;
    decode_identity(l, f);
    const u32 c = l.version.ecx, d = l.version.edx;
    f.tsc = bit(d, 4);
    f.mce = bit(d, 7);
    f.global_pages = bit(d, 13);
    f.pat = bit(d, 16);
    f.monitor = bit(c, 3);
    f.cx16 = bit(c, 13);
    f.pcid = bit(c, 17);
    f.x2apic = bit(c, 21);
    f.popcnt = bit(c, 23);
    f.tsc_deadline = bit(c, 24);
    f.xsave = bit(c, 26);
    f.avx = bit(c, 28) && f.xsave;
    f.rdrand = bit(c, 30);
    f.hypervisor = bit(c, 31);

    const u32 sb = l.structured.ebx, sc = l.structured.ecx;
    f.fsgsbase = bit(sb, 0);
    f.smep = bit(sb, 7);
    f.erms = bit(sb, 9);
    f.invpcid = bit(sb, 10);
    f.rdseed = bit(sb, 18);
    f.smap = bit(sb, 20);
    f.umip = bit(sc, 2);
    f.protection_keys = bit(sc, 3);
    f.rdpid = bit(sc, 22);
    f.fsrm = bit(l.structured.edx, 4);

    if (f.xsave) {
        f.xsave_components = (u64{l.xsave.edx} << 32) | l.xsave.eax;
        f.xsaveopt = bit(l.xsave_options.eax, 0);
    }
    f.syscall = bit(l.extended.edx, 11);
    f.nx = bit(l.extended.edx, 20);
    f.gigabyte_pages = bit(l.extended.edx, 26);
    f.rdtscp = bit(l.extended.edx, 27);
    f.invariant_tsc = bit(l.power.edx, 8);
    return f;
}

}  // namespace arch
