// Carries a program out, one call after the other, and writes what happened into shared memory.
// Called in the child that made the world.
// No heap, no descriptors: the program may have taken them away.
#pragma once

#include <span>

#include "program.h"
#include "shared.h"

namespace fuzz {

/// Which steps to carry out: those below `upto` that `only` names, or all when it is empty.
struct Selection {
    unsigned upto = ~0u;
    std::vector<unsigned> only;

    bool has(unsigned step) const {
        if (step >= upto) return false;
        if (only.empty()) return true;
        for (unsigned s : only) {
            if (s == step) return true;
        }
        return false;
    }
};

void execute(std::span<const Step> steps, const Selection& selection, Shared& shared, int child);

/// Only the calls, for crash mode: nothing is written down. `thread`: the number of the calling one.
void execute_silently(std::span<const Step> steps, Shared& shared, int child, unsigned thread);

}  // namespace fuzz
