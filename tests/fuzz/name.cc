// From a name to its program, by a stack of programs: a number behind nothing or `_` pushes, `+` changes the last, `x`
// joins the last two.
#include <charconv>

#include "mutate.h"

namespace fuzz {

std::optional<std::vector<Step>> program_of(std::string_view name, u64 variant, unsigned count, Mode mode,
                                            std::span<const unsigned> calls) {
    std::vector<std::vector<Step>> stack;
    char operation = '_';
    for (const char *at = name.data(), *const end = at + name.size();;) {
        u64 seed = 0;
        const auto [rest, error] = std::from_chars(at, end, seed);
        if (error != std::errc{}) return std::nullopt;
        seed += variant << 32;
        if (operation == '_') {
            stack.push_back(generate(seed, count, mode, calls));
        } else if (operation == '+') {
            stack.back() = mutate(stack.back(), seed, mode, calls);
        } else if (operation == 'x' && stack.size() >= 2) {
            const std::vector<Step> second = std::move(stack.back());
            stack.pop_back();
            stack.back() = splice(stack.back(), second, seed);
        } else {
            return std::nullopt;
        }
        if (rest == end) break;
        operation = *rest;
        at = rest + 1;
    }
    if (stack.size() != 1) return std::nullopt;
    return std::move(stack.back());
}

}  // namespace fuzz
