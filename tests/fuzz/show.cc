#include "show.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "world.h"

namespace fuzz {
namespace {

bool in_data(u64 address, u64 size) {
    return address >= kData && address <= kData + kDataSize - size && size <= kDataSize;
}

u64 load(const u8* at, unsigned size, bool is_signed) {
    u64 value = 0;
    std::memcpy(&value, at, size);
    if (is_signed && size < 8 && (value >> (size * 8 - 1)) != 0) value |= ~0ull << (size * 8);
    return value;
}

void show_number(Text& text, u64 value, bool is_signed) {
    if (is_signed || value < 100000) {
        text.add("%lld", static_cast<long long>(value));
    } else {
        text.add("%#llx", static_cast<unsigned long long>(value));
    }
}

void show_bits(Text& text, const Shape& shape, u64 value) {
    const Set& set = kSets[shape.set];
    const char* separator = "";
    bool any = false;
    if (!set.field.empty()) {
        for (const NamedValue& name : set.field) {
            if (name.value != (value & set.mask)) continue;
            text.add("%s", name.name);
            any = true, separator = "|";
            value &= ~set.mask;
            break;
        }
    }
    for (const NamedValue& name : set.names) {
        if (name.value == 0 || (value & name.value) != name.value) continue;
        text.add("%s%s", separator, name.name);
        value &= ~name.value;
        any = true, separator = "|";
    }
    if (value != 0 || !any) text.add("%s%#llx", separator, static_cast<unsigned long long>(value));
}

void show_choice(Text& text, const Shape& shape, u64 value) {
    const Set& set = kSets[shape.set];
    for (const NamedValue& name : set.names.empty() ? set.field : set.names) {
        if (static_cast<u32>(name.value) == static_cast<u32>(value)) {
            text.add("%s", name.name);
            return;
        }
    }
    show_number(text, value, shape.is_signed);
}

// Also a futex word: a thread's number with two bits above it.
void show_process(Text& text, const Names& names, i64 id) {
    constexpr i64 kNumber = 0x3fff'ffff;
    if ((id < -1 || id > kNumber) && id >= INT32_MIN && (id & kNumber) > kLeastProcess && names.process(id & kNumber))
        return text.add("%s|%#llx", names.process(id & kNumber),
                        static_cast<unsigned long long>(static_cast<u32>(id) & ~static_cast<u32>(kNumber)));
    const char* name = id > 0 ? names.process(id) : id < -1 ? names.process(-id) : nullptr;
    if (name) {
        text.add("%s%s", id < 0 ? "-" : "", name);
    } else {
        text.add("%lld", static_cast<long long>(id));
    }
}

void show_address(Text& text, u64 address) {
    if (address == 0) {
        text.add("NULL");
    } else if (address >= kReadOnly && address < kReadOnly + 2 * kPage) {
        text.add("read-only");
    } else if (address >= kInaccessible && address < kInaccessible + 2 * kPage) {
        text.add("inaccessible");
    } else if (address == kUnmapped || address == kData + kDataSize) {
        text.add("unmapped");
    } else if (address >= kMapArea && address < kMapArea + 2 * kMapPages * kPage) {
        text.add("map+%llu", static_cast<unsigned long long>((address - kMapArea)));
    } else if (address >= kData && address < kData + kDataSize) {
        text.add("data+%llu", static_cast<unsigned long long>((address - kData)));
    } else if (address < 0x10000 || address >= 0x7fff'ffff'f000) {
        text.add("%#llx", static_cast<unsigned long long>(address));
    } else {
        text.add("somewhere");
    }
}

bool near_now(const Names& names, i64 seconds) { return seconds > names.now - 100000 && seconds < names.now + 100000; }

// Remaining times are known to be there or not; absolute ones are about now or were set.
void show_time(Text& text, const Names& names, i64 seconds) {
    if (near_now(names, seconds)) {
        text.add("now");
    } else if (seconds > 0 && seconds <= static_cast<i64>(kLater)) {
        text.add("later");
    } else if (seconds > 1ll << 32) {
        text.add("far");
    } else {
        text.add("%lld", static_cast<long long>(seconds));
    }
}

// A port of the system's choice, in an address of AF_INET.
bool is_chosen_port(const u8* bytes, u64 length, u64 at) {
    return length >= 8 && length <= 128 && bytes[0] == 2 && bytes[1] == 0 && bytes[2] >= 0x80 && (at == 2 || at == 3);
}

void show_bytes(Text& text, const Names& names, const u8* bytes, u64 length) {
    // Process ids within are made the same, word by word.
    u64 hash = 0xcbf29ce484222325;
    for (u64 i = 0; i < length;) {
        u8 piece[4] = {};
        const u64 size = length - i < 4 ? length - i : 4;
        std::memcpy(piece, bytes + i, size);
        if (size == 4) {
            const i64 word = static_cast<i64>(load(piece, 4, true));
            if (word > kLeastProcess && names.process(word)) std::memcpy(piece, "<id>", 4);
        }
        for (u64 j = 0; j < size; ++j) {
            if (is_chosen_port(bytes, length, i + j)) piece[j] = '?';
            hash = (hash ^ piece[j]) * 0x100000001b3;
            if (i + j >= 32) continue;
            if (piece[j] >= 32 && piece[j] < 127 && piece[j] != '"' && piece[j] != '\\') {
                text.add("%c", piece[j]);
            } else {
                text.add("\\%x", piece[j]);
            }
        }
        i += size;
    }
    if (length > 32) text.add("...#%08x", static_cast<unsigned>(hash));
}

void show_structure(Text& text, const Names& names, const Structure& structure, const u8* at, const u8* before,
                    int depth);

void show_pointed(Text& text, const Names& names, const Shape& shape, u64 address, u64 count, int depth) {
    if (!in_data(address, 1) || depth > 3) return show_address(text, address);
    const u8* at = reinterpret_cast<const u8*>(address);
    if (shape.kind != Kind::kPointer || shape.structure == kNone) {
        if (!in_data(address, count)) count = kData + kDataSize - address;
        if (shape.direction == Direction::kOut) {
            text.add("buffer of %llu", static_cast<unsigned long long>(count));
        } else {
            text.add("\"");
            show_bytes(text, names, at, count);
            text.add("\"");
        }
        return;
    }
    const Structure& structure = kStructures[shape.structure];
    if (!in_data(address, count * structure.size) || count > 64)
        return text.add("%llu %s at the end", static_cast<unsigned long long>(count), structure.name);
    if (shape.direction == Direction::kOut) return text.add("out %s", structure.name);
    if (count != 1) text.add("[");
    for (u64 i = 0; i < count; ++i) {
        if (i != 0) text.add(", ");
        show_structure(text, names, structure, at + i * structure.size, nullptr, depth + 1);
    }
    if (count != 1) text.add("]");
}

u64 count_of(const Shape& shape, std::span<const Shape> siblings, const u64* values) {
    if (shape.length == kNone) return shape.count;
    if (siblings[shape.length].kind == Kind::kPointer) return 16;
    return values[shape.length];
}

// Numbers that the system chose; the others are the generator's.
bool is_made(const char* resource, u64 value) {
    if (static_cast<i64>(value) <= 1 || static_cast<u32>(value) == 0x7fff'ffff || value == 100) return false;
    return value > 1000 || std::strcmp(resource, "shm") == 0;
}

void show_value(Text& text, const Names& names, const Shape& shape, u64 value, u64 count, int depth) {
    switch (shape.kind) {
        case Kind::kFd:
            text.add("%d", static_cast<i32>(value));
            for (const WorldDescriptor& d : world_descriptors()) {
                if (d.number == static_cast<i32>(value)) text.add("<%s>", d.name);
            }
            break;
        case Kind::kDirFd:
            static_cast<i32>(value) == -100 ? text.add("AT_FDCWD") : text.add("%d", static_cast<i32>(value));
            break;
        case Kind::kPid: show_process(text, names, static_cast<i32>(value)); break;
        case Kind::kMode: text.add("0%o", static_cast<u32>(value)); break;
        case Kind::kSignal:
            if (const char* name = value > 0 && value < 32 ? sigabbrev_np(static_cast<int>(value)) : nullptr) {
                text.add("SIG%s", name);
            } else {
                text.add("%d", static_cast<i32>(value));
            }
            break;
        case Kind::kFlags: show_bits(text, shape, shape.size < 8 ? static_cast<u32>(value) : value); break;
        case Kind::kChoice: show_choice(text, shape, value); break;
        case Kind::kMapping: show_address(text, value); break;
        case Kind::kTime: show_time(text, names, static_cast<i64>(value)); break;
        case Kind::kSignalSet:
        case Kind::kFdSet: text.add("%#llx", static_cast<unsigned long long>(value)); break;
        case Kind::kHandler: value < 2 ? text.add(value ? "SIG_IGN" : "SIG_DFL") : text.add("handler"); break;
        case Kind::kRestorer: text.add(value ? "restorer" : "0"); break;
        case Kind::kPath:
        case Kind::kText:
        case Kind::kXattrName:
        case Kind::kWord:
            if (in_data(value, 1)) {
                const char* name = reinterpret_cast<const char*>(value);
                const u64 length = strnlen(name, kData + kDataSize - value);
                length > 60 ? text.add("\"%.8s...\"(%llu)", name, static_cast<unsigned long long>(length))
                            : text.add("\"%s\"", name);
            } else {
                show_address(text, value);
            }
            break;
        case Kind::kPointer:
        case Kind::kSockaddr:
        case Kind::kControl: show_pointed(text, names, shape, value, count, depth); break;
        case Kind::kVariant:
            value >= kMapArea&& value < kUnmapped + kPage ? show_address(text, value)
                                                          : text.add("%#llx", static_cast<unsigned long long>(value));
            break;
        case Kind::kResource:
            if (is_made(kResourceNames[shape.resource], value)) {
                text.add("%s", kResourceNames[shape.resource]);
                break;
            }
            [[fallthrough]];
        default:
            show_number(text,
                        shape.size == 4 && shape.is_signed ? static_cast<u64>(static_cast<i64>(static_cast<i32>(value)))
                                                           : value,
                        shape.is_signed);
    }
}

// Other numbers of nanoseconds, or 0, are what is left of a time.
bool is_round(u64 nanoseconds) {
    return nanoseconds == 1 || nanoseconds == 1000 || nanoseconds == 1'000'000 || nanoseconds == 999'999'999;
}

bool has_no_times(const Structure& structure, const u8* at) {
    for (const Shape& field : structure.fields) {
        if (std::strcmp(field.name, "st_mode") == 0 || std::strcmp(field.name, "stx_mode") == 0) {
            const u64 type = load(at + field.offset, field.size, false) & 0170000;
            return type == 0140000 || type == 0;
        }
    }
    return false;
}

// With `before`: only the fields that changed.
void show_structure(Text& text, const Names& names, const Structure& structure, const u8* at, const u8* before,
                    int depth) {
    text.add("{");
    const char* separator = "";
    // The times of a socket's inode are whatever lay there, those of anonymous files when the system started.
    bool timeless = has_no_times(structure, at);
    const bool no_times = timeless;
    for (const Shape& field : structure.fields) {
        if (field.kind == Kind::kVolatile || (no_times && field.kind == Kind::kTime) ||
            (field.kind == Kind::kNanoseconds && timeless))
            continue;
        const u16 elements = field.kind == Kind::kPointer ? 1 : field.count;
        u64 values[64] = {};
        for (std::size_t i = 0; i < structure.fields.size() && i < 64; ++i) {
            const Shape& f = structure.fields[i];
            values[i] = load(at + f.offset, f.size, f.is_signed);
        }
        if (elements > 1 && field.size == 1) {  // text
            const u8* here = at + field.offset;
            if (before && std::memcmp(here, before + field.offset, elements) == 0) continue;
            text.add("%s%s=\"%.*s\"", separator, field.name, elements, reinterpret_cast<const char*>(here));
            separator = " ";
            continue;
        }
        for (u16 e = 0; e < elements; ++e) {
            const u8* here = at + field.offset + e * field.size;
            if (before && std::memcmp(here, before + field.offset + e * field.size, field.size) == 0) continue;
            const u64 value = load(here, field.size, field.is_signed);
            if (!before && value == 0 && elements > 1) continue;
            text.add("%s%s%s", separator, field.name, *field.name ? "=" : "");
            if (before &&
                ((field.kind == Kind::kNanoseconds && !is_round(value)) || (field.kind == Kind::kLeft && value > 1))) {
                text.add("some");
                separator = " ";
                continue;
            }
            show_value(text, names, field, value, count_of(field, structure.fields, values), depth);
            separator = " ";
            if (field.kind == Kind::kTime) timeless = no_times || static_cast<i64>(value) > 0;
        }
    }
    text.add("}");
}

}  // namespace

const char* Names::process(i64 id) const {
    if (id == self) return "self";
    if (id == child) return "child";
    if (id == parent) return "parent";
    for (u32 i = 0; i < *process_count; ++i) {
        if (processes[i] == id) return "made";
    }
    return nullptr;
}

void show_call(Text& text, const Names& names, const Step& step, const u64 (&arguments)[6]) {
    text.add("%s(", step.call->name);
    for (std::size_t i = 0; i < step.call->arguments.size(); ++i) {
        const Shape& shape = step.call->arguments[i];
        if (i != 0) text.add(", ");
        show_value(text, names, shape, arguments[i], count_of(shape, step.call->arguments, arguments), 0);
    }
    text.add(")");
}

void show_result(Text& text, const Names& names, const CallShape& call, const u64 (&arguments)[6], i64 result) {
    if (result < 0 && result > -4096) {
        const char* name = strerrorname_np(static_cast<int>(-result));
        text.add(" = -%s\n", name ? name : "?");
        return;
    }
    const char* makes = call.makes == kNone || call.stored_at != kNone ? "" : kResourceNames[call.makes];
    text.add(" = ");
    if (call.result == 'a' || std::strcmp(makes, "addr") == 0) {
        show_address(text, static_cast<u64>(result));
    } else if (call.result == 'p' || (std::strcmp(call.name, "fcntl") == 0 && arguments[1] == 9)) {
        show_process(text, names, result);
    } else if (std::strcmp(call.name, "kcmp") == 0 && result > 0 && result < 3) {
        text.add("differs");
    } else if (std::strcmp(call.name, "alarm") == 0) {
        text.add(result ? "left" : "0");
    } else if (std::strcmp(call.name, "sysfs") == 0) {
        text.add(result ? "some" : "0");
    } else if (std::strncmp(makes, "fd", 2) != 0 && *makes && (result > 100 || std::strcmp(makes, "shm") == 0)) {
        text.add("%s", makes);
    } else {
        text.add("%lld", static_cast<long long>(result));
    }
    text.add("\n");
}

void show_folder(Text& text, bool wide, u64 address, u64 length) {
    if (!in_data(address, length)) return;
    struct Entry {
        const char* name;
        u8 type;
    };
    std::vector<Entry> entries;
    const u8* bytes = reinterpret_cast<const u8*>(address);
    for (u64 at = 0; at + 19 < length;) {
        const u64 size = load(bytes + at + 16, 2, false);
        if (size < 20 || at + size > length)
            return text.add("    an entry of %llu bytes\n", static_cast<unsigned long long>(size));
        // The old kind has the type in its last byte, the new one before the name.
        entries.push_back({reinterpret_cast<const char*>(bytes + at + (wide ? 19 : 18)),
                           wide ? bytes[at + 18] : bytes[at + size - 1]});
        at += size;
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::strcmp(a.name, b.name) < 0; });
    text.add("    entries:");
    for (const Entry& entry : entries) text.add(" %u:%s", entry.type, entry.name);
    text.add("\n");
}

void show_change(Text& text, const Names& names, const Watch& watch, const u8* before) {
    const Shape& shape = *watch.shape;
    const u8* at = reinterpret_cast<const u8*>(watch.address);
    const u8* old = before + (watch.address - kData);
    const u64 size =
        shape.structure == kNone ? watch.count : static_cast<u64>(watch.count) * kStructures[shape.structure].size;
    if (std::memcmp(at, old, size) == 0) return;
    text.add("    %s: ", shape.name);
    if (shape.structure == kNone) {
        u64 length = size;
        while (length > 0 && at[length - 1] == old[length - 1]) --length;
        length = length + 3 < size ? (length + 3) & ~3ull : size;
        text.add("%llu bytes \"", static_cast<unsigned long long>(length));
        show_bytes(text, names, at, length);
        text.add("\"\n");
        return;
    }
    const Structure& structure = kStructures[shape.structure];
    for (u32 i = 0; i < watch.count; ++i) {
        if (std::memcmp(at + i * structure.size, old + i * structure.size, structure.size) == 0) continue;
        if (watch.count > 1) text.add("[%u]", i);
        show_structure(text, names, structure, at + i * structure.size, old + i * structure.size, 0);
    }
    text.add("\n");
}

}  // namespace fuzz
