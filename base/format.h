// format_to(sink, "text {} {:#x} {:>8} {:08x}", ...): the printf of Linnet; placeholders are counted at compile time.
// Callers: everyone. A sink is anything with write(std::string_view).
// Locks, context: as the sink's. No allocation.
// Placeholder: {[:[<|>][#][0][width][x|X|o|b|c|d]]}; "{{" and "}}" stand for braces.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/duration.h"
#include "base/errno.h"
#include "base/types.h"

namespace base {

struct FormatArgument {
    enum class Kind : u8 { kSigned, kUnsigned, kText, kChar, kBool, kPointer };
    Kind kind = Kind::kUnsigned;
    u64 number = 0;
    std::string_view text{};
};

template <typename T>
FormatArgument format_argument(const T& v) {
    using K = FormatArgument::Kind;
    if constexpr (requires { format_value(v); }) {
        return format_argument(format_value(v));  // found by argument-dependent look-up: a number or a text
    } else if constexpr (std::is_same_v<T, bool>) {
        return {K::kBool, v ? 1u : 0u, {}};
    } else if constexpr (std::is_same_v<T, char>) {
        return {K::kChar, static_cast<u8>(v), {}};
    } else if constexpr (std::is_same_v<T, Errno>) {
        return {K::kText, 0, errno_name(v)};
    } else if constexpr (std::is_enum_v<T>) {
        return format_argument(static_cast<std::underlying_type_t<T>>(v));
    } else if constexpr (std::is_signed_v<T>) {
        return {K::kSigned, static_cast<u64>(static_cast<i64>(v)), {}};
    } else if constexpr (std::is_unsigned_v<T>) {
        return {K::kUnsigned, static_cast<u64>(v), {}};
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        return {K::kText, 0, std::string_view(v)};
    } else if constexpr (std::is_pointer_v<T>) {
        return {K::kPointer, reinterpret_cast<u64>(v), {}};
    } else if constexpr (requires { v.view(); }) {
        return {K::kText, 0, v.view()};
    } else if constexpr (requires { u64{v.value}; }) {
        return {K::kPointer, v.value, {}};  // an Address
    } else if constexpr (requires { i64{v.ns}; }) {
        return {K::kSigned, static_cast<u64>(v.ns), {}};
    } else {
        static_assert(sizeof(T) == 0, "no way to print this type: write format_value(const T&)");
    }
}

// A sink behind a function pointer, so that the formatter is compiled once.
struct FormatSink {
    void (*write)(void* self, std::string_view text);
    void* self;
};
void format_list(FormatSink sink, std::string_view format, std::span<const FormatArgument> arguments);

// A format string whose placeholders are counted when it is compiled.
template <typename... Args>
struct FormatString {
    template <usize N>
    consteval FormatString(const char (&s)[N]) : text(s, N - 1) {  // NOLINT: implicit by design
        usize count = 0;
        for (usize i = 0; i + 1 < N; i++) {
            if (s[i] == '{') {
                if (s[i + 1] == '{') {
                    i++;
                } else {
                    count++;
                }
            }
        }
        if (count != sizeof...(Args)) wrong_number_of_arguments();
    }
    std::string_view text;

  private:
    static void wrong_number_of_arguments() {}  // not constexpr: naming it stops the compilation
};

template <typename Sink, typename... Args>
void format_to(Sink& sink, FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    const std::array<FormatArgument, sizeof...(Args) + 1> list{format_argument(args)..., FormatArgument{}};
    format_list({[](void* self, std::string_view text) { static_cast<Sink*>(self)->write(text); }, &sink}, format.text,
                std::span(list).first(sizeof...(Args)));
}

}  // namespace base
