// fuzz SEED COUNT [--upto N] [--only N,N...]   runs one program and prints it
// fuzz serve                                   takes orders on stdin, for ./linnet fuzz:
//     batch FIRST SEEDS COUNT        a line for each seed:  "seed S CALLS HASH"
//     show SEED COUNT UPTO ONLY      the program's lines, then "end HOW VALUE"; `-` for all
//     calls N,N...                   the numbers of the calls to choose from; `-` for all
//     crash FIRST SEEDS COUNT THREADS    a line for each seed: "seed S CALLS"
//     play COUNT THREADS NAME...     the same for each name: "seed NAME CALLS", then the numbers of edges of the kernel
//                                    that were never taken before (coverage.h), if it counts them
// README.md says what it is about.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "coverage.h"
#include "supervise.h"
#include "world.h"

namespace fuzz {
namespace {

const char* const kHow[] = {"finished", "signal", "exit", "time"};

std::vector<unsigned> numbers(const char* words) {
    std::vector<unsigned> list;
    while (*words >= '0' && *words <= '9') {
        char* end;
        list.push_back(static_cast<unsigned>(strtoul(words, &end, 10)));
        words = *end == ',' ? end + 1 : end;
    }
    return list;
}

u64 hash_of(const Text& text, const Ended& ended) {
    u64 hash = 0xcbf29ce484222325 ^ (static_cast<u64>(ended.how) << 32) ^ static_cast<u64>(ended.value);
    for (u32 i = 0; i < text.length; ++i) hash = (hash ^ static_cast<u8>(text.bytes[i])) * 0x100000001b3;
    return hash;
}

void show(Supervisor& supervisor, u64 seed, unsigned count, const Selection& selection) {
    const Ended ended = supervisor.run(seed, count, selection);
    fwrite(supervisor.text().bytes, 1, supervisor.text().length, stdout);
    printf("%send %s %d\n",
           supervisor.text().length != 0 && supervisor.text().bytes[supervisor.text().length - 1] != '\n' ? "\n" : "",
           kHow[static_cast<int>(ended.how)], ended.value);
    fflush(stdout);
}

void batch(Supervisor& supervisor, u64 first, unsigned seeds, unsigned count) {
    for (u64 seed = first; seed < first + seeds; ++seed) {
        const Ended ended = supervisor.run(seed, count, {});
        printf("seed %llu %u %016llx\n", static_cast<unsigned long long>(seed), ended.calls,
               static_cast<unsigned long long>(hash_of(supervisor.text(), ended)));
        fflush(stdout);
    }
}

void crash(Supervisor& supervisor, u64 first, unsigned seeds, unsigned count, unsigned threads) {
    for (u64 seed = first; seed < first + seeds; ++seed) {
        printf("seed %llu ", static_cast<unsigned long long>(seed));
        fflush(stdout);  // whoever falls is known
        printf("%u\n", supervisor.crash(std::to_string(seed), count, threads).calls);
        fflush(stdout);
    }
}

void play(Supervisor& supervisor, Coverage& coverage, unsigned count, unsigned threads, char* names) {
    for (char* name = strtok(names, " \n"); name; name = strtok(nullptr, " \n")) {
        printf("seed %s ", name);
        fflush(stdout);
        coverage.clear();
        printf("%u", supervisor.crash(name, count, threads).calls);
        if (coverage.on()) printf(" %s", coverage.take_new().c_str());
        printf("\n");
        fflush(stdout);
    }
}

int serve() {
    leave_host();
    Supervisor supervisor;
    Coverage coverage;
    static char line[1 << 16];
    static char only[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        unsigned long long seed;
        unsigned seeds, count, threads;
        int names = 0;
        char upto[16];
        if (sscanf(line, "batch %llu %u %u", &seed, &seeds, &count) == 3) {
            batch(supervisor, seed, seeds, count);
        } else if (sscanf(line, "show %llu %u %15s %65535s", &seed, &count, upto, only) == 4) {
            Selection selection;
            if (*upto != '-') selection.upto = static_cast<unsigned>(strtoul(upto, nullptr, 10));
            selection.only = numbers(only);
            show(supervisor, seed, count, selection);
        } else if (sscanf(line, "calls %65535s", only) == 1) {
            supervisor.set_calls(numbers(only));
        } else if (sscanf(line, "crash %llu %u %u %u", &seed, &seeds, &count, &threads) == 4) {
            crash(supervisor, seed, seeds, count, threads);
        } else if (sscanf(line, "play %u %u %n", &count, &threads, &names) == 2 && names != 0) {
            play(supervisor, coverage, count, threads, line + names);
        } else {
            fprintf(stderr, "fuzz: what is '%s'?\n", line);
            return 2;
        }
        printf("done\n");
        fflush(stdout);
    }
    return 0;
}

int run_one(int count, char** words) {
    Selection selection;
    for (int i = 3; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--upto") == 0) selection.upto = static_cast<unsigned>(strtoul(words[i + 1], nullptr, 10));
        if (strcmp(words[i], "--only") == 0) selection.only = numbers(words[i + 1]);
    }
    leave_host();
    Supervisor supervisor;
    show(supervisor, strtoull(words[1], nullptr, 10), static_cast<unsigned>(strtoul(words[2], nullptr, 10)), selection);
    return 0;
}

}  // namespace
}  // namespace fuzz

int main(int count, char** words) {
    if (count == 2 && strcmp(words[1], "serve") == 0) return fuzz::serve();
    if (count >= 3) return fuzz::run_one(count, words);
    fprintf(stderr, "usage: fuzz SEED COUNT [--upto N] [--only N,N...] | fuzz serve\n");
    return 2;
}
