// Sessions, process groups and the controlling terminal: setsid(2), setpgid(2), job control.
// Callers: process, linux, drivers/tty.
// Locks, context: relations are guarded by the process tree's lock, taken inside; may be called from interrupts
// where stated.
#pragma once

#include "base/list.h"
#include "base/ref.h"
#include "base/result.h"
#include "process/signal_info.h"

namespace process {

class Task;
class Process;
class Session;
class Group;

// What a terminal is to processes. drivers/tty derives its terminal from it.
class Terminal : public RefCounted<Terminal> {
  public:
    Terminal();
    virtual ~Terminal();
    // st_rdev encoding (new_encode_dev): the tty_nr of /proc/PID/stat.
    virtual u32 device_number() const = 0;
    // The session's leader exits: a line is hung up, for all who have it open. False: it goes on, as a pty does, and
    // controls nobody any more. Thread context, no locks held.
    virtual bool hang_up_with_session() { return false; }

  private:
    friend class TerminalAccess;
    OptRef<Session> session_;   // guarded by the tree's lock
    OptRef<Group> foreground_;  // guarded by the tree's lock
};

// TIOCSCTTY: the session leader `task` takes the terminal. EPERM: no leader, or it has one, or another session
// holds it (and `steal` is not set or not permitted).
Result<void> set_controlling_terminal(Task& task, Terminal& terminal, bool steal);
// open(2) without O_NOCTTY by a session leader that has none: takes it if it is free; otherwise nothing happens.
void adopt_controlling_terminal(Task& task, Terminal& terminal);
// TIOCNOTTY. ENOTTY: not the caller's.
Result<void> release_controlling_terminal(Task& task, Terminal& terminal);
// /dev/tty. Null: none.
OptRef<Terminal> controlling_terminal(const Task& task);
// TIOCGPGRP, TIOCGSID. ENOTTY when `terminal` is not the caller's.
Result<i32> foreground_group(const Task& task, Terminal& terminal);
Result<i32> terminal_session(const Task& task, Terminal& terminal);
// Whoever asks (/proc/PID/stat, the master of a pty): the foreground group's number, -1 when there is none; ENOTTY without
// a session.
i32 foreground_group_of(Terminal& terminal);
Result<i32> session_of(Terminal& terminal);
// TIOCSPGRP, with the check that background callers get SIGTTOU. ENOTTY, ESRCH, EPERM, kRESTARTSYS.
Result<void> set_foreground_group(Task& task, Terminal& terminal, i32 pgid);
// Before a read (SIGTTIN), or a write with TOSTOP and changes of settings (SIGTTOU): a background caller gets
// `signo` and kRESTARTSYS, or EIO when that cannot stop it (read), or leave to go on (write).
Result<void> check_foreground(Task& task, Terminal& terminal, int signo);
// ^C, ^\, ^Z, window size: `signo` to the foreground group. Any context.
void signal_foreground(Terminal& terminal, int signo);
// The line is gone: SIGHUP and SIGCONT to the session's leader and foreground group; nobody is controlled then.
void hang_up(Terminal& terminal);
// The leader exits, the line stays: SIGHUP to the foreground group; nobody is controlled then.
void leave_terminal(Terminal& terminal);

// setsid, setpgid, getpgid, getsid: numbers as the calls take and give them.
Result<i32> create_session(Task& task);
Result<void> set_group(Task& task, i32 pid, i32 pgid);
Result<i32> group_of(const Task& task, i32 pid);
Result<i32> session_of(const Task& task, i32 pid);
// Null: no such group.
OptRef<Group> find_group(i32 pgid);

}  // namespace process
