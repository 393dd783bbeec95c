// Programs made of other programs: what a mutation changes depends on its seed and the program alone.
// Called by the supervisor, and by tests.
// No state.
#pragma once

#include <optional>
#include <string_view>

#include "program.h"

namespace fuzz {

/// Programs grow no longer by mutations.
constexpr std::size_t kMostSteps = 400;

/// Some steps dropped, added, repeated, moved, or their arguments made anew. Never empty.
std::vector<Step> mutate(const std::vector<Step>& steps, u64 seed, Mode mode, std::span<const unsigned> calls);

/// The beginning of one and the end of the other. What the second takes from steps that it lost comes from steps of the
/// first that make the same kind of thing.
std::vector<Step> splice(const std::vector<Step>& first, const std::vector<Step>& second, u64 seed);

/// The program that a name stands for:
///     SEED            generate()
///     NAME+SEED       mutate() of a program
///     NAME_NAMExSEED  splice() of two
/// in decimal; "7+1_8x2+3" is program 7 changed by 1, spliced with program 8 by 2, changed by 3. `variant`: the same for
/// another thread, which is like it but made with other seeds. Nothing: that is no name.
std::optional<std::vector<Step>> program_of(std::string_view name, u64 variant, unsigned count, Mode mode,
                                            std::span<const unsigned> calls);

}  // namespace fuzz
