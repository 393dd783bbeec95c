"""./linnet scan: will it run? Finds the system calls that a program and its libraries can make, and says what of them
Linnet lacks.

Two sources: `syscall` instructions with the number loaded before them (in the program and its own libraries), and the
functions that these import from the C library, each of which is known to need its calls. The C library's own
instructions are not counted: it can make nearly every call, and a program reaches them by its functions only.
"""

import argparse
import collections
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from . import debian
from .paths import TOP
from .ui import Problem

# Its parts: whatever is in them is reached through imported functions.
C_LIBRARY = re.compile(r"(ld-linux.*|libc|libm|libpthread|libdl|librt|libresolv|libutil|libnss_.*|libanl)\.so(\.|$)")
# Functions of the C library that make calls of another name. A function named like a call makes that call.
FUNCTIONS = {
    "accept": "accept", "aio_read": "pread64 futex clone3", "aio_write": "pwrite64 futex clone3", "daemon": "clone setsid",
    "eventfd": "eventfd2", "fork": "clone", "forkpty": "clone setsid", "getaddrinfo": "socket connect sendto recvfrom",
    "gethostbyname": "socket connect sendto recvfrom", "getifaddrs": "socket sendto recvmsg", "if_nametoindex": "socket ioctl",
    "inotify_init": "inotify_init1", "initgroups": "setgroups", "mq_receive": "mq_timedreceive", "mq_send": "mq_timedsend",
    "name_to_handle_at": "name_to_handle_at", "popen": "pipe2 clone3", "posix_spawn": "clone3", "posix_spawnp": "clone3",
    "pthread_create": "clone3 futex", "pthread_setaffinity_np": "sched_setaffinity", "ptrace": "ptrace", "recv": "recvfrom",
    "semop": "semop", "send": "sendto", "shm_open": "openat", "sem_open": "openat futex", "sigqueue": "rt_sigqueueinfo",
    "signalfd": "signalfd4", "syslog": "socket connect sendto", "system": "clone3 wait4", "epoll_create": "epoll_create1",
    "umount": "umount2", "__recv_chk": "recvfrom", "__recvfrom_chk": "recvfrom",
}
# Calls whose absence programs take calmly: the C library or the usual caller does something else on ENOSYS.
HAS_WAY_OUT = {"io_uring_setup", "io_uring_enter", "io_uring_register", "rseq", "clone3", "faccessat2", "close_range", "statx",
               "copy_file_range", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "membarrier",
               "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "mbind", "set_mempolicy",
               "get_mempolicy", "ioprio_set", "ioprio_get", "add_key", "keyctl", "request_key", "bpf", "perf_event_open"}


@functools.cache
def table():
    """Name: {number, state, family} of every call, from abi/linux/syscalls.def."""
    made = subprocess.run([sys.executable, TOP / "tools/gen/syscalls.py", "scan", TOP / "abi/linux/syscalls.def"],
                          capture_output=True, text=True, check=True)
    return json.loads(made.stdout)["calls"]


def _tool(name, *words):
    try:
        done = subprocess.run([name, *words], capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        raise Problem(f"{name} is missing; run tools/setup")
    if done.returncode != 0:
        raise Problem(f"{words[-1]}: {done.stderr.strip() or f'{name} cannot read it'}")
    return done.stdout


def numbers_in(disassembly):
    """Numbers that are in eax at `syscall` instructions, of llvm-objdump's text, and how many stay unknown. A number is
    followed from its `mov` to the next `syscall` without a jump target or another change of eax between."""
    found, unknown, number = set(), 0, None
    for line in disassembly.splitlines():
        instruction = line.partition("\t")[2].replace("\t", " ").strip() or line.partition(":")[2].strip()
        if line.endswith(">:"):
            number = None   # another function
        elif match := re.match(r"movl? \$?(0x[0-9a-f]+|\d+), %(?:e|r)ax$", instruction):
            number = int(match[1], 0)
        elif re.match(r"xorl? %eax, %eax$", instruction):
            number = 0
        elif instruction == "syscall":
            if number is None:
                unknown += 1
            else:
                found.add(number)
            number = None
        elif re.match(r"call|ret|jmp", instruction) or re.search(r", %(eax|rax|ax|al)$", instruction):
            number = None
    return found, unknown


def imports_in(symbols):
    """Undefined functions of llvm-readelf's --dyn-syms text."""
    return {match[1] for match in re.finditer(r"\bUND\s+([\w.]+)(?:@|\s|$)", symbols)}


def calls_of_functions(names):
    """Call: functions that make it."""
    known, calls = table(), collections.defaultdict(set)
    for name in names:
        plain = re.sub(r"64$", "", name)
        targets = FUNCTIONS.get(name, "").split() or [n for n in (name, plain) if n in known][:1]
        for target in targets:
            calls[target].add(name)
    return calls


def needed_by(dynamic):
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", dynamic)


def scan(path, find_library):
    """Call: why, of a program and its libraries; names of libraries that were not found; count of unknown numbers."""
    by_number = {call["number"]: name for name, call in table().items()}
    reasons, missing, unknown = collections.defaultdict(set), [], 0
    queue, seen = [pathlib.Path(path)], set()
    while queue:
        file = queue.pop()
        if not _is_elf(file):
            raise Problem(f"{file}: not an ELF file; a script runs if its interpreter does")
        dynamic = _tool("llvm-readelf-19", "--dynamic", file)
        for name in needed_by(dynamic):
            if name in seen or C_LIBRARY.match(name):
                continue
            seen.add(name)
            library = find_library(name)
            if library:
                queue.append(pathlib.Path(library))
            else:
                missing.append(name)
        found, more = numbers_in(_tool("llvm-objdump-19", "-d", "--no-show-raw-insn", file))
        unknown += more
        for number in found:
            if number in by_number:
                reasons[by_number[number]].add(f"instruction in {file.name}")
        for call, functions in calls_of_functions(imports_in(_tool("llvm-readelf-19", "--dyn-syms", file))).items():
            reasons[call] |= {f"{function}()" for function in functions}
    return reasons, missing, unknown


def _is_elf(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}")


def report(name, reasons, missing, unknown):
    """The answer in words."""
    calls = table()
    absent = {call: why for call, why in reasons.items() if calls[call]["state"] == "no"}
    hard = {call: why for call, why in absent.items() if call not in HAS_WAY_OUT}
    lines = []
    if not absent:
        lines.append(f"{name}: nothing is missing: Linnet has all {len(reasons)} system calls that it can make")
    elif not hard:
        lines.append(f"{name}: should run: Linnet lacks only what programs usually do without")
    else:
        lines.append(f"{name}: parts will not work: Linnet lacks {len(absent)} of the {len(reasons)} system calls that it can make")
    families = collections.defaultdict(list)
    for call in sorted(absent):
        families[calls[call]["family"]].append(call)
    for family, members in sorted(families.items()):
        lines.append(f"  {family}:")
        for call in members:
            why = sorted(absent[call])
            text = ", ".join(why[:4]) + (f" and {len(why) - 4} more" if len(why) > 4 else "")
            lines.append(f"    {call:<20} by {text}" + ("" if call in hard else "; usually has a way out"))
    if missing:
        lines.append(f"  libraries not found, so not looked at: {', '.join(sorted(missing))}")
    if unknown:
        lines.append(f"  {unknown} system call instructions take their number from elsewhere (syscall() and the like)")
    lines.append("A call that is there may still lack an option: docs/coverage.md and docs/programs.md say more.")
    return lines, bool(hard)


def in_folders(folders):
    def find(name):
        return next((folder / name for folder in folders if (folder / name).exists()), None)
    return find


def _package_programs(package, folder):
    """The programs of a package that debian.root() has fetched; it and what it depends on are unpacked in `folder`."""
    own = sorted(debian.DEBS.glob(f"{package}_*.deb"))
    if not own:
        raise Problem(f"{package}: neither a file nor a package of Debian's", status=2)
    for deb in debian.packages_with_dependencies([package]):
        if (debian.DEBS / deb).exists():
            subprocess.run(["dpkg-deb", "-x", debian.DEBS / deb, folder], check=True)
    listing = subprocess.run(["dpkg-deb", "-c", own[-1]], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^-\S+ .* \./(\S*bin/[^/\s]+)$", listing, re.MULTILINE)
    return [folder / name for name in names if _is_elf(folder / name)]


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="./linnet scan", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Reads a program and its libraries, finds the system calls that they can make, and says which of them\n"
                    "Linnet lacks. PATH is an ELF file; PACKAGE one of Debian's packages: all programs in it.",
        epilog="exit status: 0 all is there or has a way out, 1 something is missing, 2 it cannot be told")
    parser.add_argument("what", metavar="PATH|PACKAGE")
    parser.add_argument("--library-path", action="append", default=[], metavar="DIR", help="where libraries are (repeatable)")
    parser.add_argument("--all", action="store_true", help="list the calls that Linnet has too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        path = pathlib.Path(options.what)
        places = [pathlib.Path(place) for place in options.library_path]
        if path.exists():
            programs = [path]
            places += [pathlib.Path("/lib/x86_64-linux-gnu"), pathlib.Path("/usr/lib/x86_64-linux-gnu"), path.parent]
        elif "/" in options.what:
            raise Problem(f"{options.what}: no such file", status=2)
        else:
            debian.extra_packages(f"debian+{options.what}")   # is it a name at all?
            debian.root((options.what,))                      # fetches it and what it depends on
            programs = _package_programs(options.what, top)
            places += [top / "lib/x86_64-linux-gnu", top / "usr/lib/x86_64-linux-gnu", *(top / "usr/lib/x86_64-linux-gnu").glob("*/")]
            if not programs:
                raise Problem(f"{options.what}: the package has no ELF programs", status=2)
        worst = 0
        for program in programs:
            reasons, missing, unknown = scan(program, in_folders(places))
            lines, lacks = report(program.name, reasons, missing, unknown)
            print("\n".join(lines))
            if options.all:
                print("  has: " + " ".join(sorted(call for call in reasons if table()[call]["state"] == "yes")))
            worst = max(worst, int(lacks))
    return worst
