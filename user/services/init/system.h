// The few things that both ways of running need: saying what went wrong, mounting, waiting, leaving.
// Every one goes on when a call is missing; it says so and returns.
#pragma once

#include <sys/types.h>

namespace init {

// One line on the console (or on stderr before there is a console), `init: what: reason of errno`.
void complain(const char* what, const char* detail = nullptr);

// The folders and file systems that programs take for granted: /proc, /dev, /dev/pts, /dev/shm, /sys, /tmp,
// /run.
void mount_all();

// The first word of /etc/hostname, or "linnet".
void set_host_name();

// Reaps every child until `main_child` has ended; its status as a shell would say it: 0..255, 128+N after
// signal N.
int wait_for(pid_t main_child);

// Default environment: PATH, HOME, TERM, USER; what is there already stays.
void set_default_environment(const char* terminal);

// execve with a search in PATH. Returns only on failure, with the shell's status: 127 not found, 126 not
// executable.
int execute(char* const* arguments);

// Hands the status to the machine's owner and turns the machine off.
[[noreturn]] void leave(int status);

}  // namespace init
