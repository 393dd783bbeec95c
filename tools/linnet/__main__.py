"""./linnet COMMAND: picks the module that does it."""

import importlib
import sys

from .ui import Problem, clear, say

COMMANDS = {
    "run": ("run", "start Linnet: an interactive shell, or one program with `-- PROGRAM ARG...`"),
    "test": ("test", "all tests, one summary line"),
    "fuzz": ("fuzz", "random system calls: what differs from Linux, what brings the kernel down"),
    "bench": ("bench", "the same programs on Linux and on Linnet, as a table of ratios"),
    "image": ("image", "media to boot from: `image iso`, `image root`"),
    "check": ("check", "format, layering, sizes, counters; what CI runs"),
    "scan": ("scan", "will it run? What Linnet lacks of the system calls a program can make"),
    "build": ("build", "build a preset"),
    "debug": ("debug", "gdb on the running kernel, with symbols"),
    "menuconfig": ("menuconfig", "edit the build options of a preset"),
}


def usage():
    lines = ["usage: ./linnet COMMAND [OPTION...]", ""]
    lines += [f"  {name:<11} {text}" for name, (_, text) in COMMANDS.items()]
    lines += ["  help        this page", "", "./linnet COMMAND --help says more. First time: ./linnet run"]
    return "\n".join(lines)


def main():
    arguments = sys.argv[1:]
    name = arguments[0] if arguments else "help"
    if name in ("help", "-h", "--help"):
        if len(arguments) > 1 and arguments[1] in COMMANDS:
            return dispatch(arguments[1], ["--help"])
        print(usage())
        return 0
    if name not in COMMANDS:
        print(f"linnet: no command '{name}'\n{usage()}", file=sys.stderr)
        return 2
    return dispatch(name, arguments[1:])


def dispatch(name, arguments):
    module = importlib.import_module(f".{COMMANDS[name][0]}", __package__)
    return module.main(arguments)


try:
    status = main()
except Problem as problem:
    say(problem)
    status = problem.status
except KeyboardInterrupt:
    clear()
    status = 130
except BrokenPipeError:
    status = 141
sys.exit(status)
