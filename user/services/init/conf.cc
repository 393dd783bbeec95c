#include "conf.h"

#include <cstdlib>
#include <cstring>

namespace init {

namespace {

ConfError push(char* (&words)[kMaxWords + 1], std::size_t& count, char* word) {
    if (count == kMaxWords) return ConfError::kTooManyWords;
    words[count++] = word;
    words[count] = nullptr;
    return ConfError::kNone;
}

// The value when `record` is `KEY=value`, else null.
char* value_of(char* record, const char* key) {
    std::size_t length = std::strlen(key);
    return std::strncmp(record, key, length) == 0 && record[length] == '=' ? record + length + 1 : nullptr;
}

ConfError take(char* record, Conf& conf) {
    if (char* value = value_of(record, "arg")) return push(conf.arguments, conf.argument_count, value);
    if (char* value = value_of(record, "env")) return push(conf.environment, conf.environment_count, value);
    if (char* value = value_of(record, "cwd")) {
        conf.cwd = value;
    } else if (char* value = value_of(record, "stdin")) {
        conf.stdin_forwarded = *value == '1';
    } else if (char* value = value_of(record, "columns")) {
        conf.columns = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    } else if (char* value = value_of(record, "rows")) {
        conf.rows = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    } else {
        return ConfError::kUnknownKey;
    }
    return ConfError::kNone;
}

}  // namespace

ConfError parse_conf(std::span<char> text, Conf& conf) {
    if (!text.empty() && text.back() != '\0') return ConfError::kNotTerminated;
    for (std::size_t at = 0; at < text.size(); at += std::strlen(&text[at]) + 1) {
        if (ConfError error = take(&text[at], conf); error != ConfError::kNone) return error;
    }
    return ConfError::kNone;
}

const char* describe(ConfError error) {
    switch (error) {
        case ConfError::kNone: return "no error";
        case ConfError::kUnknownKey: return "a key that this init does not know";
        case ConfError::kTooManyWords: return "more than 1024 arguments or variables";
        case ConfError::kNotTerminated: return "the last record does not end with a NUL byte";
    }
    return "unknown error";
}

}  // namespace init
