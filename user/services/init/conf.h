// What to run, as `./linnet run` asks for it in /.linnet/run.conf: records `key=value`, each ended by a NUL.
// Plain data and a pure parser; knows nothing of the system it runs on.
#pragma once

#include <cstddef>
#include <span>

namespace init {

inline constexpr std::size_t kMaxWords = 1024;

struct Conf {
    const char* cwd = "/";
    bool stdin_forwarded = false;
    unsigned columns = 0;  // of the terminal that the person sits at; 0: not known
    unsigned rows = 0;
    // Both end with a null pointer, as execve wants them. No arguments: an interactive shell.
    char* arguments[kMaxWords + 1] = {};
    std::size_t argument_count = 0;
    char* environment[kMaxWords + 1] = {};
    std::size_t environment_count = 0;
};

enum class ConfError { kNone, kUnknownKey, kTooManyWords, kNotTerminated };

// Fills `conf` with pointers into `text`, which must live as long as `conf`.
ConfError parse_conf(std::span<char> text, Conf& conf);

const char* describe(ConfError error);

}  // namespace init
