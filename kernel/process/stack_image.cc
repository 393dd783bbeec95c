#include "process/stack_image.h"

namespace process {

Result<StackLayout> build_stack(const StackStrings& strings, u64 gap, std::span<const AuxEntry> auxv) {
    StackLayout out;
    u64 p = align_down<u64>(strings.strings - gap, 16);
    p -= kPlatform.size();
    out.platform = p;
    p -= 16;
    out.random = p;

    const usize argc = strings.argv_lengths.size(), envc = strings.envp_lengths.size();
    const usize aux_entries = auxv.size() + 3;
    const usize words = 1 + (argc + 1) + (envc + 1) + aux_entries * 2;
    // The vector below the strings ends 16-byte aligned at its start: what the ABI asks of rsp.
    out.stack_pointer = align_down<u64>(align_down<u64>(p, 16) - words * 8, 16);
    TRY(out.words.try_reserve(words));
    auto put = [&](u64 word) { out.words.push_reserved(word); };

    put(argc);
    u64 at = strings.strings;
    out.arg_start = at;
    for (u32 length : strings.argv_lengths) {
        put(at);
        at += length;
    }
    put(0);
    out.arg_end = out.env_start = at;
    for (u32 length : strings.envp_lengths) {
        put(at);
        at += length;
    }
    put(0);
    out.env_end = at;
    out.auxv = out.stack_pointer + out.words.size() * 8;
    for (const AuxEntry& entry : auxv) {
        put(entry.type);
        put(entry.value);
    }
    put(abi::AT_RANDOM);
    put(out.random);
    put(abi::AT_PLATFORM);
    put(out.platform);
    put(abi::AT_NULL);
    put(0);
    return out;
}

}  // namespace process
