#include "abi/linux/time.h"
#include "process/cpu_clock.h"

namespace process {

std::optional<CpuClock> CpuClock::decode(i32 clock) {
    if (clock == abi::CLOCK_PROCESS_CPUTIME_ID) return CpuClock{};
    if (clock == abi::CLOCK_THREAD_CPUTIME_ID) return CpuClock{.of_thread = true};
    if (clock >= 0 || (clock & 3) == 3) return std::nullopt;
    return CpuClock{static_cast<Counts>(clock & 3), (clock & 4) != 0, ~(clock >> 3)};
}

}  // namespace process
