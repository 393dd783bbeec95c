#include "coverage.h"

#include <fcntl.h>
#include <unistd.h>
#include <cstring>

namespace fuzz {
namespace {
constexpr std::size_t kPiece = 1 << 16;
}  // namespace

std::string ranges_of(const std::vector<unsigned>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(numbers[i]);
        if (last > i) text += '-' + std::to_string(numbers[last]);
        i = last + 1;
    }
    return text.empty() ? "-" : text;
}

Coverage::Coverage() : file_(open("/proc/coverage", O_RDWR | O_CLOEXEC)) {}

Coverage::~Coverage() {
    if (file_ >= 0) close(file_);
}

void Coverage::clear() {
    if (on() && pwrite(file_, "", 1, 0) != 1) _exit(96);
}

std::string Coverage::take_new() {
    std::size_t size = 0;
    for (;;) {
        if (counters_.size() < size + kPiece) counters_.resize(size + kPiece);
        const ssize_t got = pread(file_, counters_.data() + size, kPiece, static_cast<off_t>(size));
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    seen_.resize(size);
    std::vector<unsigned> fresh;
    for (std::size_t i = 0; i < size; ++i) {
        if (i % 8 == 0 && i + 8 <= size) {  // most are 0
            u64 eight;
            std::memcpy(&eight, counters_.data() + i, sizeof eight);
            if (eight == 0) {
                i += 7;
                continue;
            }
        }
        if (counters_[i] == 0 || seen_[i]) continue;
        seen_[i] = true;
        fresh.push_back(static_cast<unsigned>(i));
    }
    return ranges_of(fresh);
}

}  // namespace fuzz
