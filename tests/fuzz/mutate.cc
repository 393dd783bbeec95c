#include "mutate.h"

#include <algorithm>

#include "random.h"

namespace fuzz {
namespace {

constexpr std::size_t kMostMoved = 8;  // steps, at a time
constexpr u64 kNothing = ~0ull;        // stands for what no step makes any more

/// Where a step of a new program comes from. Its values name steps by their numbers in the program `home`.
struct Origin {
    Step step;
    int home = 0;
    int index = kNone;  // there; kNone: it was in none
};

using Programs = std::array<const std::vector<Step>*, 2>;

/// Makes the values of a new program name its own steps.
class Renumbering {
  public:
    Renumbering(Programs from, std::vector<Origin>& made, Random& random) : from_(from), made_(made), random_(random) {
        for (int home = 0; home < 2; ++home) {
            if (from_[home]) places_[home].assign(from_[home]->size(), kNone);
        }
        for (std::size_t i = 0; i < made.size(); ++i) {
            if (made[i].index == kNone) continue;
            int& place = places_[made[i].home][made[i].index];
            if (place == kNone) place = static_cast<int>(i);
        }
    }

    std::vector<Step> steps() {
        std::vector<Step> result;
        for (std::size_t i = 0; i < made_.size(); ++i) {
            for (Value& value : made_[i].step.arguments) fix(value, made_[i].home, i);
            for (Poke& poke : made_[i].step.pokes) fix(poke.value, made_[i].home, i);
            result.push_back(std::move(made_[i].step));
        }
        return result;
    }

  private:
    void fix(Value& value, int home, std::size_t at) {
        if (value.source != Source::kResult) return;
        const int place = places_[home][value.call];
        if (place != kNone && static_cast<std::size_t>(place) < at) {
            value.call = static_cast<u16>(place);
            return;
        }
        const int makes = (*from_[home])[value.call].call->makes;
        std::vector<u16> others;
        for (std::size_t i = 0; i < at; ++i) {
            if (made_[i].step.call->makes == makes) others.push_back(static_cast<u16>(i));
        }
        if (others.empty()) {
            // As the executor does with what could not be made; -1 as a process would be all of them.
            value = (*from_[home])[value.call].call->result == 'p' ? Value{0, Source::kSelf} : Value{kNothing};
        } else {
            value.call = random_.of(others);
        }
    }

    Programs from_;
    std::vector<Origin>& made_;
    Random& random_;
    std::vector<int> places_[2];
};

std::vector<Origin> origins(const std::vector<Step>& steps, int home, std::size_t from, std::size_t to) {
    std::vector<Origin> list;
    for (std::size_t i = from; i < to; ++i) list.push_back({steps[i], home, static_cast<int>(i)});
    return list;
}

bool is_address(const Shape& shape) {
    return shape.kind == Kind::kPointer || shape.kind == Kind::kSockaddr || shape.kind == Kind::kControl ||
           shape.kind == Kind::kPath || shape.kind == Kind::kText || shape.kind == Kind::kXattrName ||
           shape.kind == Kind::kVariant;
}

class Mutation {
  public:
    Mutation(const std::vector<Step>& steps, Random& random, Mode mode, std::span<const unsigned> calls)
        : steps_(steps), list_(origins(steps, 0, 0, steps.size())), random_(random), mode_(mode), calls_(calls) {}

    std::vector<Step> run() {
        const u64 roll = random_.below(100);
        if (roll < 20) {
            drop();
        } else if (roll < 50) {
            insert();
        } else if (roll < 62) {
            repeat();
        } else if (roll < 92) {
            vary();
        } else {
            move();
        }
        return Renumbering({&steps_, nullptr}, list_, random_).steps();
    }

  private:
    std::size_t place() { return random_.below(list_.size()); }
    /// How many steps from `first` on: one most often.
    std::size_t length(std::size_t first) {
        const std::size_t wanted = random_.percent(50) ? 1 : 1 + random_.below(kMostMoved);
        return std::min(wanted, list_.size() - first);
    }

    void drop() {
        const std::size_t first = place(), count = length(first);
        if (count == list_.size()) return;
        list_.erase(list_.begin() + first, list_.begin() + first + count);
    }

    void insert() {
        const std::size_t at = random_.below(list_.size() + 1);
        const std::size_t count = random_.percent(50) ? 1 : 1 + random_.below(4);
        if (list_.size() + count > kMostSteps) return;
        for (std::size_t i = 0; i < count; ++i) {
            Step step = another_step(random_.next(), std::span(steps_).first(at), nullptr, mode_, calls_);
            list_.insert(list_.begin() + at + i, Origin{std::move(step)});
        }
    }

    // Often what matters is that something happens twice.
    void repeat() {
        const std::size_t first = place(), count = length(first);
        if (list_.size() + count > kMostSteps) return;
        const std::vector<Origin> copies(list_.begin() + first, list_.begin() + first + count);
        const std::size_t at =
            random_.percent(60) ? first + count : first + count + random_.below(list_.size() - first - count + 1);
        list_.insert(list_.begin() + at, copies.begin(), copies.end());
    }

    void vary() {
        const std::size_t at = place();
        Step& step = list_[at].step;
        Step fresh = another_step(random_.next(), std::span(steps_).first(at), step.call, mode_, calls_);
        const auto& shapes = step.call->arguments;
        const std::size_t one = shapes.empty() ? 0 : random_.below(shapes.size());
        if (!shapes.empty() && !is_address(shapes[one]) && random_.percent(60)) {
            step.arguments[one] = fresh.arguments[one];  // the others, and memory, stay
        } else {
            step = std::move(fresh);
        }
    }

    void move() {
        const std::size_t from = place(), to = place();
        Origin origin = std::move(list_[from]);
        list_.erase(list_.begin() + from);
        list_.insert(list_.begin() + to, std::move(origin));
    }

    const std::vector<Step>& steps_;
    std::vector<Origin> list_;
    Random& random_;
    Mode mode_;
    std::span<const unsigned> calls_;
};

}  // namespace

std::vector<Step> mutate(const std::vector<Step>& steps, u64 seed, Mode mode, std::span<const unsigned> calls) {
    Random random(seed);
    std::vector<Step> result = steps;
    // A few of a short program, more of a long one, or it stays what it was.
    for (u64 edits = 1 + random.below(2 + steps.size() / 8); edits > 0; --edits)
        result = Mutation(result, random, mode, calls).run();
    return result;
}

std::vector<Step> splice(const std::vector<Step>& first, const std::vector<Step>& second, u64 seed) {
    Random random(seed);
    const std::size_t kept = 1 + random.below(first.size());
    const std::size_t from = random.below(second.size());
    const std::size_t to = std::min(second.size(), from + (kMostSteps - std::min(kept, kMostSteps - 1)));
    std::vector<Origin> list = origins(first, 0, 0, std::min(kept, kMostSteps - 1));
    std::vector<Origin> rest = origins(second, 1, from, to);
    std::move(rest.begin(), rest.end(), std::back_inserter(list));
    return Renumbering({&first, &second}, list, random).steps();
}

}  // namespace fuzz
