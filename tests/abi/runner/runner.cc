// Starts the differential tests one after the other inside the guest: runner NAME... runs /abi/NAME, each in
// an empty folder of its own, and frames its output for tools/linnet/suites/abi.py:
//   0x1e "begin NAME\n" output 0x1e "end NAME STATUS\n"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void say(const char* text, int length) {
    while (length > 0) {
        ssize_t done = write(STDOUT_FILENO, text, static_cast<size_t>(length));
        if (done < 0 && errno != EINTR) _exit(125);
        if (done > 0) text += done, length -= static_cast<int>(done);
    }
}

[[noreturn]] void be_test(const char* name) {
    char folder[256];
    char program[256];
    snprintf(folder, sizeof folder, "/tmp/%s", name);
    snprintf(program, sizeof program, "/abi/%s", name);
    setsid();
    mkdir("/tmp", 01777);
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || chdir(folder) != 0) perror(folder);
    char* const arguments[] = {program, nullptr};
    execv(program, arguments);
    perror(program);
    _exit(126);
}

int run(const char* name) {
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 125;
    }
    if (child == 0) be_test(name);
    for (;;) {
        int status = 0;
        pid_t ended = waitpid(child, &status, 0);
        if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended < 0 && errno != EINTR) {
            perror("wait4");
            return 125;
        }
    }
}

}  // namespace

int main(int count, char** words) {
    for (int i = 1; i < count; ++i) {
        char line[512];
        say(line, snprintf(line, sizeof line,
                           "\x1e"
                           "begin %s\n",
                           words[i]));
        int status = run(words[i]);
        say(line, snprintf(line, sizeof line,
                           "\x1e"
                           "end %s %d\n",
                           words[i], status));
    }
    return 0;
}
