// From a seed to a program. Most calls are meant to succeed, so that programs get somewhere; the others have one or
// more arguments wrong.
#include <algorithm>
#include <cstring>

#include "program.h"
#include "random.h"
#include "world.h"

namespace fuzz {
namespace {

// Files that a path may name, and some that it may not; made by make_world().
constexpr const char* kWrongPaths[] = {"", "f/x", "nowhere/x", "loop", "dangling", "d/../../..", "/", ".", ".."};
constexpr const char* kXattrNames[] = {"trusted.a", "trusted.b", "security.c", "trusted.", "unknown.d", "", "trusted"};
constexpr u64 kWrongAddresses[] = {0,
                                   1,
                                   kUnmapped,
                                   kInaccessible,
                                   kReadOnly,
                                   0x8000'0000'0000'0000,
                                   0xffff'8880'0000'0000,
                                   0xffff'ffff'ffff'f000,
                                   0x7fff'ffff'f000,
                                   kData + kDataSize};
constexpr u64 kNumbers[] = {0, 0, 1, 1, 2, 3, 4, 7, 8, 16, 100};
constexpr u64 kWrongNumbers[] = {~0ull, 0x7fff'ffff,           0x8000'0000,           0xffff'ffff,  4096,
                                 65536, 0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000, 0x1'0000'0000};
constexpr u64 kSizes[] = {1, 100, kPage, kPage, 2 * kPage, 3 * kPage, 8 * kPage, kPage + 1};
// Between 64 pages and the whole address space a mapping call would reach the harness.
constexpr u64 kWrongSizes[] = {0, ~0ull, 0x8000'0000'0000'0000, 0x7fff'ffff'ffff'ffff, ~0ull - 4094, 64 * kPage};
constexpr u64 kOffsets[] = {0, 0, 1, 100, 4095, 4096, 8192, 10000, 65536};
constexpr u64 kWrongOffsets[] = {~0ull,      0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000, 0x7fff'ffff, 0x8000'0000,
                                 1ull << 40, ~0ull - 4095,          0x7fff'ffff'ffff'f000};
constexpr u64 kLengths[] = {1, 2, 4, 7, 8, 8, 13, 16, 64, 100, 128, 256, 512, 1000, 4096, 5000};
constexpr u64 kWrongDescriptors[] = {~0ull, 1000, 0x7fff'ffff, static_cast<u64>(-100), 0x8000'0000, 39};
constexpr u64 kModes[] = {0, 0600, 0644, 0755, 0777, 0400, 04755, 01777, 07777};
constexpr u64 kIds[] = {0, 0, 1, 1000, 65534, ~0ull};
constexpr int kHarnessSignal = 62;  // the harness's own, see supervise.cc
constexpr int kSignals[] = {1, 2, 3, 10, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 27, 28, 29, 30, 34, 35, 40, 64};

bool is(const Shape& shape, Kind kind) { return shape.kind == kind; }

class Generator {
  public:
    Generator(u64 seed, unsigned count, Mode mode, std::span<const unsigned> calls)
        : random_(seed), mode_(mode), calls_(calls) {
        choose_theme();
        steps_.reserve(count);
        for (unsigned i = 0; i < count; ++i) steps_.push_back(make_step(choose_call()));
    }
    /// For steps that come after `before`.
    Generator(u64 seed, std::span<const Step> before, Mode mode, std::span<const unsigned> calls)
        : random_(seed), mode_(mode), calls_(calls), first_(before.size()) {
        choose_theme();
        for (std::size_t i = 0; i < before.size(); ++i) note_made(*before[i].call, i);
    }
    Step another(std::span<const Step> before, const CallShape* call) {
        if (call) return make_step(*call);
        std::vector<const CallShape*> akin;
        if (!before.empty() && random_.percent(60)) {
            const char* family = random_.of(before).call->family;
            for (const CallShape* other : all_) {
                if (std::strcmp(other->family, family) == 0) akin.push_back(other);
            }
        }
        return make_step(akin.empty() ? choose_call() : *random_.of(akin));
    }
    std::vector<Step> take() { return std::move(steps_); }

  private:
    struct Made {
        int resource;
        u16 call;
        u8 which;
    };
    struct Place {
        u64 address;
        bool ours;  // in kData: what lies there is written and watched
    };

    bool may_call(const CallShape& call) const {
        if (!calls_.empty() && std::find(calls_.begin(), calls_.end(), call.number) == calls_.end()) return false;
        return mode_ == Mode::kCompare ? call.compared : call.allowed;
    }

    // A program is about a few families of calls; the rest comes in now and then.
    void choose_theme() {
        static constexpr const char* kBase[] = {"open", "fd", "read_write", "pipe", "socket", "poll", "name"};
        std::vector<const char*> families;
        for (const CallShape& call : kCalls) {
            if (may_call(call)) all_.push_back(&call);
        }
        const u64 number = 2 + random_.below(3);
        for (u64 i = 0; i < number; ++i) families.push_back(random_.of(all_)->family);
        for (const CallShape* call : all_) {
            for (const char* family : families) {
                if (std::strcmp(family, call->family) == 0) theme_.push_back(call);
            }
            for (const char* family : kBase) {
                if (std::strcmp(family, call->family) == 0) base_.push_back(call);
            }
        }
    }

    const CallShape& choose_call() {
        const u64 roll = random_.below(100);
        return *random_.of(roll < 62 ? theme_ : roll < 88 && !base_.empty() ? base_ : all_);
    }

    Step make_step(const CallShape& call) {
        Step step{};
        step.call = &call;
        step_ = &step;
        used_ = 0;
        // One thing wrong shows what Linux says of it; several show in which order it looks, which matters less.
        wrong_ = random_.percent(40) ? 22 : 0;
        wrongs_left_ = random_.percent(85) ? 1 : 3;
        std::array<Value, 6> values{};
        make_list(step.call->arguments, values.data());
        step.arguments = values;
        step.used = used_;
        note_made(call, first_ + steps_.size());
        return step;
    }

    void note_made(const CallShape& call, std::size_t at) {
        if (call.makes == kNone) return;
        const u16 index = static_cast<u16>(at);
        made_.push_back({call.makes, index, 0});
        if (call.stored_at != kNone && call.arguments[call.stored_at].count == 2) {
            made_.push_back({call.makes, index, 1});
        }
    }

    bool wrong() {
        if (wrong_ == 0 || wrongs_left_ == 0 || !random_.percent(wrong_)) return false;
        --wrongs_left_;
        return true;
    }

    /// Arguments or fields that belong together; pointers first, for they say how long they are.
    void make_list(std::span<const Shape> shapes, Value* values) {
        std::vector<i64> lengths(shapes.size(), -1);
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const Shape& shape = shapes[i];
            if (!is(shape, Kind::kPointer) && !is(shape, Kind::kSockaddr) && !is(shape, Kind::kControl)) continue;
            u64 count = shape.count;
            if (shape.length != kNone) {
                i64& known = lengths[shape.length];
                if (known < 0) known = static_cast<i64>(choose_length(shape));
                count = static_cast<u64>(known);
            }
            values[i] = pointer(shape, count);
        }
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const Shape& shape = shapes[i];
            if (is(shape, Kind::kSockaddr) || is(shape, Kind::kControl)) continue;
            if (is(shape, Kind::kPointer)) {
                if (lengths[i] >= 0) length_in_memory(shape, values[i], static_cast<u64>(lengths[i]));
                continue;
            }
            values[i] = lengths[i] >= 0 && !wrong() ? Value{static_cast<u64>(lengths[i])} : scalar(shape);
        }
    }

    // accept's addrlen and its like: the length is pointed to.
    void length_in_memory(const Shape& shape, Value where, u64 length) {
        if (where.number >= kData && where.number + shape.size <= kData + kDataSize) poke(where.number, 4, {length});
    }

    u64 choose_length(const Shape& shape) {
        if (is(shape, Kind::kSockaddr))
            return random_.percent(60) ? 16 : random_.of(std::array<u64, 5>{2, 8, 28, 110, 12});
        if (is(shape, Kind::kControl)) return random_.percent(50) ? 0 : random_.of(std::array<u64, 4>{20, 24, 32, 64});
        if (shape.structure == kNone) return wrong() && random_.percent(50) ? 0 : random_.of(kLengths);
        return wrong() ? random_.of(std::array<u64, 3>{0, 16, 40}) : 1 + random_.below(4);
    }

    u64 size_of(const Shape& shape, u64 count) const {
        return count * (shape.structure == kNone ? 1 : kStructures[shape.structure].size);
    }

    Place place(u64 size, bool optional) {
        if (wrong()) {
            const u64 roll = random_.below(10);
            if (roll < 6) return {random_.of(kWrongAddresses), false};
            if (roll == 6 && size <= kDataSize) return {kData + kDataSize - size, true};  // ends where the page ends
            if (roll == 7 && size > 1) return {kData + kDataSize - size / 2, false};      // half of it is missing
            if (roll == 8) return {kMapArea + kPage * random_.below(kMapPages), false};
        }
        if (optional && random_.percent(12)) return {0, false};
        const u64 address = kData + used_ + (random_.percent(4) ? 1 : 0);
        const u64 taken = (size + 31) & ~15ull;
        if (used_ + taken > kDataSize) return {kUnmapped, false};
        used_ += taken;
        return {address, true};
    }

    Value pointer(const Shape& shape, u64 count) {
        if (depth_ > 3) return {0};
        const u64 size = size_of(shape, count);
        const Place where = place(size, shape.direction != Direction::kIn && !is(shape, Kind::kSockaddr));
        if (!where.ours) return {where.address};
        ++depth_;
        if (is(shape, Kind::kSockaddr)) {
            socket_address(where.address, count);
        } else if (is(shape, Kind::kControl)) {
            control_message(where.address, count);
        } else if (shape.direction != Direction::kOut || random_.percent(20)) {
            fill(shape, where.address, count);
        }
        --depth_;
        if (shape.direction != Direction::kIn)
            step_->watches.push_back({&shape, where.address, static_cast<u32>(count)});
        return {where.address};
    }

    void fill(const Shape& shape, u64 address, u64 count) {
        if (shape.structure == kNone) {
            step_->pokes.push_back({address, static_cast<u32>(count), {random_.below(26)}, Poke::What::kPattern});
            return;
        }
        const Structure& structure = kStructures[shape.structure];
        std::vector<Value> values(structure.fields.size());
        for (u64 i = 0; i < count && i < 64; ++i) {
            make_list(structure.fields, values.data());
            for (std::size_t f = 0; f < values.size(); ++f) {
                const Shape& field = structure.fields[f];
                const u16 elements = is(field, Kind::kPointer) ? 1 : field.count;
                for (u16 e = 0; e < elements; ++e) {
                    poke(address + i * structure.size + field.offset + e * field.size, field.size,
                         e == 0 ? values[f] : scalar(field));
                }
            }
        }
    }

    void poke(u64 address, u32 size, Value value) {
        step_->pokes.push_back({address, size, value, Poke::What::kValue});
    }

    Value text(const char* words) {
        const Place where = place(std::strlen(words) + 1, false);
        if (where.ours)
            step_->pokes.push_back(
                {where.address, static_cast<u32>(std::strlen(words) + 1), {}, Poke::What::kText, words});
        return {where.address};
    }

    Value path() {
        if (wrong()) {
            if (random_.percent(30)) {  // too long a name, or too long a path
                const u64 length = random_.of(std::array<u64, 4>{255, 256, 4095, 4096});
                const Place where = place(length + 1, false);
                if (where.ours) {
                    step_->pokes.push_back(
                        {where.address, static_cast<u32>(length), {random_.below(26)}, Poke::What::kPattern});
                    poke(where.address + length, 1, {0});
                }
                return {where.address};
            }
            return text(random_.of(kWrongPaths));
        }
        return text(random_.of(world_paths()));
    }

    void socket_address(u64 address, u64 length) {
        const u64 family = wrong() ? random_.below(20) : random_.percent(90) ? 1 : 2;
        if (length >= 2) poke(address, 2, {family});
        if (family == 1 && length > 2) {
            static constexpr const char* kNames[] = {"sock", "dsock", "qsock", "sock2", "sock3", "f", "d"};
            const char* name = random_.of(kNames);
            const u32 room = static_cast<u32>(std::min<u64>(length - 2, std::strlen(name) + 1));
            if (random_.percent(25) && length > 4) {  // an abstract name
                poke(address + 2, 1, {0});
                step_->pokes.push_back(
                    {address + 3, static_cast<u32>(length - 3), {random_.below(3)}, Poke::What::kPattern});
            } else {
                step_->pokes.push_back({address + 2, room, {}, Poke::What::kText, name});
            }
        } else if (length >= 8) {
            static constexpr u64 kPorts[] = {0x8813, 0x8913, 0x8a13};  // 5000.. in network order
            poke(address + 2, 2, {random_.of(kPorts)});
            poke(address + 4, 4, {random_.percent(85) ? 0x0100'007full : 0});
        }
    }

    void control_message(u64 address, u64 length) {
        if (length < 16) return;
        poke(address, 8, {wrong() ? random_.of(kWrongNumbers) : length});
        poke(address + 8, 4, {wrong() ? random_.below(50) : 1});
        const bool rights = random_.percent(70);
        poke(address + 12, 4, {rights ? 1ull : 2ull});
        for (u64 at = 16; at + 4 <= length; at += 4)
            poke(address + at, 4, rights ? descriptor(kNone) : scalar_number());
    }

    Value scalar_number() { return {random_.of(kNumbers)}; }

    Value made_by(const Made& made) { return {0, Source::kResult, made.which, made.call}; }

    Value resource(int wanted) {
        std::vector<Made> found;
        for (const Made& made : made_) {
            if (made.resource == wanted) found.push_back(made);
        }
        if (found.empty() || wrong()) return {random_.of(std::array<u64, 5>{0, 1, ~0ull, 100, 0x7fff'ffff})};
        return made_by(random_.of(found));
    }

    // kNone stands for any descriptor: also for a call that wants a certain kind now and then.
    Value descriptor(int wanted) {
        if (wrong()) return {random_.of(kWrongDescriptors)};
        const bool any = wanted == kNone || random_.percent(12);
        std::vector<Value> found;
        for (const WorldDescriptor& d : world_descriptors()) {
            if (any || std::strcmp(d.resource, kResourceNames[wanted]) == 0)
                found.push_back({static_cast<u64>(d.number)});
        }
        const std::size_t old = found.size();
        for (const Made& made : made_) {
            const char* name = kResourceNames[made.resource];
            if (std::strncmp(name, "fd", 2) == 0 && (any || made.resource == wanted)) found.push_back(made_by(made));
        }
        if (found.empty()) return {~0ull};
        if (found.size() > old && random_.percent(50)) return found[old + random_.below(found.size() - old)];
        return random_.of(found);
    }

    Value process() {
        const u64 roll = random_.below(100);
        if (wrong()) return {random_.of(std::array<u64, 4>{0x3fff'ffff, 0x8000'0001, 0xc000'0001, 0x7fff'ffff})};
        if (roll < 40) return {0, Source::kSelf};
        if (roll < 60) return {0};
        if (roll < 75) return {0, Source::kChild};
        if (roll < 85) return std::strcmp(step_->call->family, "wait") == 0 ? Value{~0ull} : Value{0, Source::kSelf};
        static const int kPid = [] {
            for (std::size_t i = 0; i < kResourceNames.size(); ++i) {
                if (std::strcmp(kResourceNames[i], "pid") == 0) return static_cast<int>(i);
            }
            return kNone;
        }();
        for (const Made& made : made_) {
            if (made.resource == kPid) return resource(kPid);
        }
        return {0, Source::kSelf};
    }

    Value bits(const Shape& shape) {
        const Set& set = kSets[shape.set];
        u64 value = 0;
        if (!set.names.empty() && random_.percent(65)) value |= random_.of(set.names).value;
        while (!set.names.empty() && random_.percent(25)) value |= random_.of(set.names).value;
        if (!set.field.empty()) value = (value & ~set.mask) | random_.of(set.field).value;
        if (wrong()) value = random_.percent(20) ? ~0ull : value ^ (1ull << random_.below(shape.size * 8));
        return {value};
    }

    Value choice(const Shape& shape) {
        if (wrong() && random_.percent(60))
            return {random_.of(std::array<u64, 4>{~0ull, 1000, 0x7fff'ffff, 0x8000'0000})};
        const Set& set = kSets[shape.set];
        return {random_.of(set.names.empty() ? set.field : set.names).value};
    }

    u64 signal_set() {
        u64 set = 0;
        for (u64 n = random_.below(4); n > 0; --n) set |= 1ull << (random_.of(kSignals) - 1);
        if (random_.percent(5)) set = ~0ull;
        // The harness needs its own signal, and SIGSEGV and SIGBUS tell of its mistakes.
        return set & ~(1ull << (kHarnessSignal - 1)) & ~(1ull << 10) & ~(1ull << 6);
    }

    Value signal() {
        if (wrong()) return {random_.of(std::array<u64, 4>{0, 65, ~0ull, 9})};
        return {static_cast<u64>(random_.of(kSignals))};
    }

    Value variant() {
        switch (random_.below(5)) {
            case 0: return {random_.of(kNumbers)};
            case 1: return descriptor(kNone);
            case 2: return {random_.below(2) ? 0x800ull : 0x400ull};
            case 3: return wrong() ? Value{random_.of(kWrongNumbers)} : Value{random_.below(65)};
            default: {
                static constexpr Shape kLock = {
                    .name = "buffer", .kind = Kind::kPointer, .direction = Direction::kInout, .count = 32};
                const Place where = place(32, false);
                if (!where.ours) return {where.address};
                poke(where.address, 2, {random_.below(4)});
                poke(where.address + 2, 2, {random_.below(3)});
                poke(where.address + 8, 8, {random_.of(kOffsets)});
                poke(where.address + 16, 8, {random_.of(kOffsets)});
                poke(where.address + 24, 4, {0});
                step_->watches.push_back({&kLock, where.address, 32});
                return {where.address};
            }
        }
    }

    Value scalar(const Shape& shape) {
        switch (shape.kind) {
            case Kind::kFd: return descriptor(shape.resource);
            case Kind::kDirFd:
                return random_.percent(60)   ? Value{static_cast<u64>(-100)}
                       : random_.percent(60) ? Value{6 + random_.below(2)}
                                             : descriptor(kNone);
            case Kind::kPid: return process();
            case Kind::kSignal: return signal();
            case Kind::kMode: return {wrong() ? random_.next() : random_.of(kModes)};
            case Kind::kId: return {random_.of(kIds)};
            case Kind::kSize: return {wrong() ? random_.of(kWrongSizes) : random_.of(kSizes)};
            case Kind::kOffset: return {wrong() ? random_.of(kWrongOffsets) : random_.of(kOffsets)};
            case Kind::kMapping: return mapping();
            case Kind::kPath: return path();
            case Kind::kText: return text(random_.of(world_paths()));
            case Kind::kWord: return text(random_.of(kSets[shape.set].names).name);
            case Kind::kXattrName: return text(random_.of(kXattrNames));
            case Kind::kFlags: return bits(shape);
            case Kind::kChoice: return choice(shape);
            case Kind::kTime:
                return {wrong()               ? random_.of(std::array<u64, 3>{~0ull, 0x7fff'ffff'ffff'ffff, 1ull << 40})
                        : random_.percent(75) ? 0
                                              : kLater};
            case Kind::kNanoseconds:
                return {wrong() ? random_.of(std::array<u64, 4>{1'000'000'000, ~0ull, 1'000'000, 999'999'999})
                                : random_.of(std::array<u64, 4>{0, 0, 1, 1000})};
            case Kind::kMilliseconds: return {random_.percent(90) ? 0 : random_.percent(50) ? 1 : ~0ull};
            case Kind::kSignalSet: return {signal_set()};
            case Kind::kHandler: return handler();
            case Kind::kRestorer: return {0, Source::kRestorer};
            case Kind::kLeft:
            case Kind::kZero: return {wrong() && random_.percent(30) ? 1ull : 0};
            case Kind::kVolatile: return {0};
            case Kind::kResource: return resource(shape.resource);
            case Kind::kVariant: return variant();
            case Kind::kFdSet: return {random_.percent(70) ? 1ull << (3 + random_.below(33)) : 0};
            case Kind::kNumber: return {wrong() ? random_.of(kWrongNumbers) : random_.of(kNumbers)};
            case Kind::kPointer:
            case Kind::kSockaddr:
            case Kind::kControl: break;
        }
        return {0};
    }

    Value mapping() {
        if (wrong())
            return {random_.of(
                std::array<u64, 5>{0, kMapArea + 1, 0x8000'0000'0000'0000, 0xffff'8880'0000'0000, 0x7fff'ffff'f000})};
        return {kMapArea + kPage * random_.below(kMapPages)};
    }

    Value handler() {
        const u64 roll = random_.below(10);
        if (roll < 3) return {roll & 1};  // SIG_DFL, SIG_IGN
        return {0, Source::kHandler};
    }

    Random random_;
    Mode mode_;
    std::span<const unsigned> calls_;
    std::vector<const CallShape*> all_, theme_, base_;
    std::vector<Step> steps_;
    std::size_t first_ = 0;  // number of the first of them
    std::vector<Made> made_;
    Step* step_ = nullptr;
    u64 used_ = 0;   // of kData, by the step at hand
    u64 wrong_ = 0;  // per cent of this step's values that are wrong
    int wrongs_left_ = 0;
    int depth_ = 0;
};

}  // namespace

std::vector<Step> generate(u64 seed, unsigned count, Mode mode, std::span<const unsigned> calls) {
    return Generator(seed, count, mode, calls).take();
}

Step another_step(u64 seed, std::span<const Step> before, const CallShape* call, Mode mode,
                  std::span<const unsigned> calls) {
    return Generator(seed, before, mode, calls).another(before, call);
}

}  // namespace fuzz
