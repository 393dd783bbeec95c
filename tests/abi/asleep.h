// Waiting for another thread to sleep in the kernel, for the differential tests that need it there first.
#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>

// The state that /proc tells of a thread of ours or of another process; '?' when there is none.
inline char state_of(pid_t tid) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        snprintf(path, sizeof path, "/proc/%d/stat", tid);
        file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (file < 0) return '?';
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length < 0 ? 0 : length] = 0;
    const char* name_end = strrchr(text, ')');
    return name_end != nullptr && name_end[1] == ' ' ? name_end[2] : '?';
}

// Until it sleeps, twice in a row: a page fault may put it to sleep in passing. At most some seconds.
inline void wait_asleep(pid_t tid) {
    for (int seen = 0, tries = 0; seen < 2 && tries < 5000; tries++) {
        seen = state_of(tid) == 'S' ? seen + 1 : 0;
        usleep(1000);
    }
}
