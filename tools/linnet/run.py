"""./linnet run: boots Linnet, with a shell on this terminal or with one program."""

import argparse
import os
import signal
import time

from . import build, qemu, rootfs, terminal
from .paths import PRESETS, has_shadow
from .session import Outcome, Session
from .ui import Problem, clear, say

TIMED_OUT, FAILED, PANICKED = 124, 125, 126
FIRMWARE_TABLES = 256 << 10    # bytes at the end of memory that the emulator keeps for them
WARNING = 4     # syslog level: this and lower numbers are shown by default


def parser():
    p = argparse.ArgumentParser(
        prog="./linnet run", usage="./linnet run [OPTIONS] [-- PROGRAM [ARG...]]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Without PROGRAM: an interactive shell on this terminal; leave with Ctrl-A X.\n"
                    "With PROGRAM: runs it as root in /; its stdout, stderr and exit status arrive here, and stdin\n"
                    "is forwarded when it is not a terminal.",
        epilog="exit status: the program's (128+N after signal N); 124 time ran out; 125 the emulator or the image\n"
               "failed; 126 the kernel panicked (the panic text is on stderr)")
    p.add_argument("--root", default="busybox", metavar="busybox|debian[+PACKAGE,...]|PATH",
                   help="root file system; debian+git,make has these of Debian's packages too; PATH is a folder or a "
                        ".cpio[.gz]; default busybox")
    p.add_argument("--add", action="append", default=[], metavar="HOST[:GUEST]",
                   help="puts a file or folder into the root (repeatable)")
    p.add_argument("--env", action="append", default=[], metavar="K=V", help="environment of PROGRAM (repeatable)")
    p.add_argument("--cwd", default="/", metavar="DIR", help="working folder of PROGRAM; default /")
    p.add_argument("--smp", type=int, metavar="N", help="CPUs; default: the host's, at most 4")
    p.add_argument("--memory", metavar="SIZE", help="for instance 64M; default 256M, more for a large root")
    p.add_argument("--append", action="append", default=[], metavar='"OPTIONS"', help="kernel options")
    p.add_argument("--preset", default="release", choices=PRESETS)
    p.add_argument("--timeout", type=float, metavar="SECONDS", help="exit status 124 when it runs out")
    p.add_argument("--log", metavar="FILE", help="whole kernel log; default: warnings and worse, on stderr")
    p.add_argument("--icount", action="store_true",
                   help="time counts instructions: the same each time with one CPU, the default; with "
                        "--smp they take turns, and runs differ a little")
    p.add_argument("--gdb", action="store_true", help="waits for gdb: ./linnet debug in a second terminal")
    return p


def parse(arguments):
    program = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, program = arguments[:at], arguments[at + 1:]
        if not program:
            parser().error("no PROGRAM after --")
    options = parser().parse_args(arguments)
    options.program = program
    for entry in options.env:
        if "=" not in entry or entry.startswith("="):
            parser().error(f"--env {entry}: write NAME=VALUE")
    if options.smp is not None and options.smp < 1:
        parser().error("--smp: at least 1")
    return options


def memory_for(options, kernel, initrd_size):
    if options.memory:
        # The emulator puts the archive at the end of memory, over the kernel when both do not fit, without a word.
        # The kernel itself names any other shortage.
        size, least = qemu.parse_size(options.memory), qemu.kernel_end(kernel) + initrd_size + FIRMWARE_TABLES
        if size < least:
            raise Problem(f"--memory {options.memory}: too little memory, the kernel's image and the root archive "
                          f"alone need {-(-least >> 20)} MiB; 32M is enough for a shell")
        return size
    # The archive and its copy in tmpfs are both in memory while it is unpacked.
    wanted = (2 * initrd_size >> 20) + 128
    size = max(256, -wanted // 64 * -64)
    return size << (21 if has_shadow(options.preset) else 20)


def command_line(options):
    words = ["console=ttyS0", "init=/.linnet/init", "exit=debug"]
    words.append(f"loglevel={8 if options.log else WARNING + 1}")
    if options.gdb:
        words.append("nokaslr")
    return " ".join(words + options.append)


class Output:
    """Where the guest's bytes go."""

    def __init__(self, options, screen):
        self._screen = screen
        self._log = None
        self.console_tail = b""
        if options.log:
            try:
                self._log = open(options.log, "wb", buffering=0)
            except OSError as error:
                raise Problem(f"--log {options.log}: {error.strerror}", status=2)

    @staticmethod
    def write(descriptor, data):
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view):]

    def stdout(self, data):
        self.write(1, data)

    def stderr(self, data):
        self.write(2, data)

    def console(self, data):
        """What a program's run prints on the console is shown when the run fails: init complains there."""
        self.console_tail = (self.console_tail + data)[-4000:]

    def log(self, level, line):
        if self._log:
            self._log.write(line + b"\n")
        if level <= WARNING and (not self._log or level == 0):
            self._screen.print_line(line)


class Stdin:
    """Forwards our stdin to the program in frames, as fast as the guest takes them."""

    LIMIT = 1 << 16

    def __init__(self, session):
        self._session = session
        session.add_input(0, self._read)

    def _read(self):
        if self._session.backlog() > self.LIMIT:
            time.sleep(0.001)
            return
        data = os.read(0, 4096)
        self._session.send_stdin(data)
        if not data:
            self._session.drop_input(0)


class Keyboard:
    """Forwards what is typed to the guest's console."""

    def __init__(self, session, screen):
        self._session, self._screen = session, screen
        session.add_input(0, self._read)

    def _read(self):
        data = os.read(0, 4096)
        if not data:
            self._session.drop_input(0)
            self._session.send("console", b"\x04")
            return False
        typed = self._screen.filter(data)
        if typed is None:
            return True
        if typed:
            self._session.send("console", typed)
        return False


def _end_on_signals():
    def end(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def main(arguments):
    options = parse(arguments)
    _end_on_signals()
    kernel = build.build_kernel(options.preset)
    screen = terminal.Terminal()
    interactive = not options.program
    forward = not interactive and not terminal.is_terminal(0)
    conf = rootfs.run_conf(options.program, options.cwd, options.env, forward, screen.size() if interactive else None)
    with rootfs.assemble(options.root, options.add, conf) as initrd:
        machine = qemu.Machine(
            kernel=kernel, initrd=initrd.fileno(), append=command_line(options), icount=options.icount,
            smp=options.smp or (1 if options.icount else min(4, qemu.host_cpus())), gdb=options.gdb,
            memory=memory_for(options, kernel, os.fstat(initrd.fileno()).st_size))
        clear()
        if options.gdb:
            say("the machine waits for gdb; in a second terminal: "
                f"./linnet debug{'' if options.preset == 'release' else ' --preset ' + options.preset}")
        if interactive:
            say(terminal.HELP)
        screen.raw = screen.raw and interactive
        output = Output(options, screen)
        with qemu.Emulator(machine) as emulator, screen:
            session = Session(emulator, on_console=output.stdout if interactive else output.console, on_log=output.log,
                              on_stdout=output.stdout, on_stderr=output.stderr)
            if interactive:
                Keyboard(session, screen)
            elif forward:
                Stdin(session)
            outcome = session.run(time.monotonic() + options.timeout if options.timeout else None)
            if outcome.kind == Outcome.EXIT:
                emulator.close(patience=1.0)
    return finish(outcome, session, emulator, options, output.console_tail)


def finish(outcome, session, emulator, options, console):
    if outcome.kind == Outcome.EXIT:
        return outcome.status
    if outcome.kind == Outcome.LEFT:
        return 0
    if outcome.kind == Outcome.TIMEOUT:
        say(f"no end after {options.timeout:g} s (--timeout)")
        if console.strip():
            say(f"the console showed:\n{console.decode(errors='replace').strip()}")
        return TIMED_OUT
    if outcome.kind == Outcome.PANIC:
        say("the kernel panicked; its report is above")
        return PANICKED
    parts = [("the emulator says", emulator.said()),
             ("the console showed", console.decode(errors="replace").strip()),
             ("last lines of the kernel log", b"\n".join(session.log.tail).decode(errors="replace"))]
    text = "".join(f"\n{title}:\n{body}" for title, body in parts if body)
    say("the machine stopped without a status (a reset, a triple fault, or power-off before the end)"
        + (text or "; it printed nothing, see more with --log FILE"))
    return FAILED
