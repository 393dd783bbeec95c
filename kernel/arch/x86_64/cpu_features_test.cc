// Decoding of CPUID leaves.
// Callers: the host test runner.
// Locks, context: none.
#include "arch/cpu_features.h"

#include <gtest/gtest.h>

#include <string>

namespace arch {

TEST(CpuFeatures, IntelIdentity) {
    CpuidLeaves l;
    l.base = {0x1b, 0x756e6547, 0x6c65746e, 0x49656e69};
    l.version.eax = 0x000806c1;  // Tiger Lake
    l.addresses.eax = 0x3027;
    const Features f = decode_features(l);
    EXPECT_EQ(std::string(f.vendor), "GenuineIntel");
    EXPECT_EQ(f.family, 6u);
    EXPECT_EQ(f.model, 0x8cu);
    EXPECT_EQ(f.stepping, 1u);
    EXPECT_EQ(f.physical_bits, 39);
    EXPECT_EQ(f.linear_bits, 48);
}

TEST(CpuFeatures, ExtendedFamily) {
    CpuidLeaves l;
    l.version.eax = 0x00a20f12;  // Zen 3
    EXPECT_EQ(decode_features(l).family, 0x19u);
    EXPECT_EQ(decode_features(l).model, 0x21u);
}

TEST(CpuFeatures, NothingOnAnEmptyCpu) {
    const Features f = decode_features({});
    EXPECT_FALSE(f.nx || f.smap || f.smep || f.xsave || f.fsgsbase || f.rdrand || f.pcid);
    EXPECT_EQ(f.physical_bits, 36);
}

TEST(CpuFeatures, XsaveOptionsNeedXsave) {
    CpuidLeaves l;
    l.xsave.eax = 7;
    l.xsave_options.eax = 1;
    l.version.ecx = 1u << 28;
    EXPECT_FALSE(decode_features(l).xsaveopt || decode_features(l).avx);
    l.version.ecx |= 1u << 26;
    EXPECT_TRUE(decode_features(l).xsaveopt && decode_features(l).avx);
    EXPECT_EQ(decode_features(l).xsave_components, 7u);
}

}  // namespace arch
