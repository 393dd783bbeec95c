// Which edges of the kernel's control flow were taken since the last look, by /proc/coverage of a kernel that counts
// them (preset `coverage`).
// Called by the supervisor's process, before and after a program.
// One thread.
#pragma once

#include <string>
#include <vector>

#include "grammar.h"

namespace fuzz {

class Coverage {
  public:
    /// Opens the file, if there is one.
    Coverage();
    ~Coverage();
    Coverage(const Coverage&) = delete;
    Coverage& operator=(const Coverage&) = delete;

    bool on() const { return file_ >= 0; }
    void clear();
    /// The numbers of edges taken since clear() and never seen before: "3-7,12", or "-" when there is none.
    std::string take_new();

  private:
    int file_;
    std::vector<u8> counters_;
    std::vector<bool> seen_;
};

/// "3-7,12" of ascending numbers, or "-".
std::string ranges_of(const std::vector<unsigned>& numbers);

}  // namespace fuzz
