// A small deterministic generator of numbers (splitmix64, Steele et al. 2014): the same seed, the same sequence.
// Used by the generator of programs.
// No locks.
#pragma once

#include "grammar.h"

namespace fuzz {

class Random {
  public:
    explicit Random(u64 seed) : state_(seed) {}

    u64 next() {
        u64 z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    u64 below(u64 bound) { return next() % bound; }
    bool percent(u64 chance) { return below(100) < chance; }

    template <typename Range>
    const auto& of(const Range& range) {
        return *(std::begin(range) + below(std::size(range)));
    }

  private:
    u64 state_;
};

}  // namespace fuzz
