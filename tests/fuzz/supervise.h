// Runs a seed in a child of its own: makes the world, interrupts calls that block, ends what takes too long, and takes
// everything away afterwards.
// Called by main().
// One thread; the child is a process.
#pragma once

#include <string_view>

#include "execute.h"

namespace fuzz {

struct Ended {
    enum class How { kFinished, kSignal, kExit, kTime } how;
    int value;  // of kSignal, kExit
    u32 calls;
};

class Supervisor {
  public:
    Supervisor();
    /// The calls that programs are made of from now on; all when it is empty.
    void set_calls(std::vector<unsigned> calls) { calls_ = std::move(calls); }
    Ended run(u64 seed, unsigned count, const Selection& selection);
    /// Several threads, each with a variant of the program with this name (mutate.h), all calls: for kernels that may
    /// fall.
    Ended crash(std::string_view name, unsigned count, unsigned threads);
    /// What the last run printed.
    const Text& text() const { return shared_->text; }

  private:
    void watch(int child, Ended& ended, Mode mode);
    void reset();
    int enter_world();
    std::vector<Step> crash_program(std::string_view name, u64 thread, unsigned count) const;
    void clean_up();

    Shared* shared_;
    std::vector<unsigned> calls_;
};

}  // namespace fuzz
