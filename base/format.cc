#include "base/format.h"

namespace base {
namespace {

struct Spec {
    char align = 0;
    bool alternate = false;
    bool zero = false;
    usize width = 0;
    char type = 0;
};

Spec parse_spec(std::string_view s) {
    Spec spec;
    usize i = 0;
    if (i < s.size() && (s[i] == '<' || s[i] == '>')) spec.align = s[i++];
    if (i < s.size() && s[i] == '#') spec.alternate = true, i++;
    if (i < s.size() && s[i] == '0') spec.zero = true, i++;
    while (i < s.size() && s[i] >= '0' && s[i] <= '9') spec.width = spec.width * 10 + static_cast<usize>(s[i++] - '0');
    if (i < s.size()) spec.type = s[i];
    return spec;
}

void pad(FormatSink sink, char fill, usize n) {
    for (; n > 0; n--) sink.write(sink.self, std::string_view(&fill, 1));
}

void emit(FormatSink sink, const Spec& spec, std::string_view prefix, std::string_view body, bool right) {
    usize length = prefix.size() + body.size();
    usize gap = spec.width > length ? spec.width - length : 0;
    if (spec.align != 0) right = spec.align == '>';
    bool zero = spec.zero && right && spec.align == 0;
    if (right && !zero) pad(sink, ' ', gap);
    sink.write(sink.self, prefix);
    if (zero) pad(sink, '0', gap);
    sink.write(sink.self, body);
    if (!right) pad(sink, ' ', gap);
}

void emit_number(FormatSink sink, Spec spec, u64 value, bool negative) {
    u64 radix = 10;
    std::string_view prefix = negative ? "-" : "";
    const char* digits = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    if (spec.type == 'x' || spec.type == 'X') radix = 16;
    if (spec.type == 'o') radix = 8;
    if (spec.type == 'b') radix = 2;
    if (spec.alternate && !negative) prefix = radix == 16 ? "0x" : radix == 8 ? "0" : radix == 2 ? "0b" : "";
    char buffer[64];
    usize n = sizeof(buffer);
    do {
        buffer[--n] = digits[value % radix];
        value /= radix;
    } while (value != 0);
    emit(sink, spec, prefix, std::string_view(&buffer[n], sizeof(buffer) - n), true);
}

void emit_argument(FormatSink sink, const Spec& spec, const FormatArgument& a) {
    using K = FormatArgument::Kind;
    switch (a.kind) {
        case K::kText: return emit(sink, spec, "", a.text, false);
        case K::kBool:
            if (spec.type == 0) return emit(sink, spec, "", a.number != 0 ? "true" : "false", false);
            return emit_number(sink, spec, a.number, false);
        case K::kChar: {
            if (spec.type != 0 && spec.type != 'c') return emit_number(sink, spec, a.number, false);
            char c = static_cast<char>(a.number);
            return emit(sink, spec, "", std::string_view(&c, 1), false);
        }
        case K::kPointer: {
            Spec s = spec;
            if (s.type == 0) s.type = 'x', s.alternate = true;
            return emit_number(sink, s, a.number, false);
        }
        case K::kSigned: {
            bool negative = static_cast<i64>(a.number) < 0 && (spec.type == 0 || spec.type == 'd');
            return emit_number(sink, spec, negative ? ~a.number + 1 : a.number, negative);
        }
        case K::kUnsigned: {
            if (spec.type == 'c') {
                char c = static_cast<char>(a.number);
                return emit(sink, spec, "", std::string_view(&c, 1), false);
            }
            return emit_number(sink, spec, a.number, false);
        }
    }
}

}  // namespace

void format_list(FormatSink sink, std::string_view format, std::span<const FormatArgument> arguments) {
    usize next = 0;
    usize plain = 0;  // start of the text not yet written
    for (usize i = 0; i < format.size(); i++) {
        char c = format[i];
        if (c != '{' && c != '}') continue;
        sink.write(sink.self, format.substr(plain, i - plain));
        if (i + 1 < format.size() && format[i + 1] == c) {
            sink.write(sink.self, format.substr(i, 1));
            plain = ++i + 1;
            continue;
        }
        usize end = format.find('}', i);
        if (c == '}' || end == std::string_view::npos) {
            plain = i;
            continue;
        }
        std::string_view inside = format.substr(i + 1, end - i - 1);
        if (inside.starts_with(':')) inside.remove_prefix(1);
        if (next < arguments.size()) emit_argument(sink, parse_spec(inside), arguments[next++]);
        i = end;
        plain = end + 1;
    }
    if (plain < format.size()) sink.write(sink.self, format.substr(plain));
}

}  // namespace base
