// Printing for the differential tests: SHOW(call) prints the call's text, its result and, on -1, errno by
// name. Output is unbuffered, so that it stays in order across fork.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

inline void say(const char* format, ...) {
    char line[8192];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (length > static_cast<int>(sizeof line) - 1) length = sizeof line - 1;
    for (int at = 0; at < length;) {
        ssize_t done = write(STDOUT_FILENO, line + at, static_cast<size_t>(length - at));
        if (done <= 0 && errno != EINTR) _exit(99);
        if (done > 0) at += static_cast<int>(done);
    }
}

inline long show(const char* what, long result) {
    int error = errno;
    if (result == -1) {
        const char* name = strerrorname_np(error);
        say("%s = -1 %s\n", what, name ? name : "?");
    } else {
        say("%s = %ld\n", what, result);
    }
    errno = error;
    return result;
}

// For results that may differ from run to run: only success or the error.
inline long show_ok(const char* what, long result) {
    return result == -1 ? show(what, result) : (say("%s: ok\n", what), result);
}

#define SHOW(call) show(#call, static_cast<long>((errno = 0, (call))))
#define SHOW_OK(call) show_ok(#call, static_cast<long>((errno = 0, (call))))
// A raw system call: the library must not change arguments.
#define SHOW_SYS(...) show("syscall(" #__VA_ARGS__ ")", (errno = 0, syscall(__VA_ARGS__)))

// Runs `body` in a child and prints how it ended; the child's exit status is what body returns.
template <typename Body>
int in_child(const char* what, Body body) {
    pid_t child = fork();
    if (child < 0) {
        say("%s: fork: %s\n", what, strerrorname_np(errno));
        return -1;
    }
    if (child == 0) _exit(body());
    int status = 0;
    pid_t ended;
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended != child) {
        say("%s: waitpid: %s\n", what, strerrorname_np(errno));
    } else if (WIFEXITED(status)) {
        say("%s: exit %d\n", what, WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        say("%s: signal %s\n", what, sigabbrev_np(WTERMSIG(status)));
    }
    return status;
}

inline std::string read_file(const char* path) {
    std::string text;
    if (FILE* file = fopen(path, "r")) {
        char piece[4096];
        while (size_t got = fread(piece, 1, sizeof piece, file)) text.append(piece, got);
        fclose(file);
    }
    return text;
}

inline void write_file(const char* path, const char* text) {
    if (FILE* file = fopen(path, "w")) {
        fputs(text, file);
        fclose(file);
    }
}
