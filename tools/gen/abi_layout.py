#!/usr/bin/env python3
"""Tables for abi/linux/layout_test.cc: every constant, struct size and field offset of abi/linux/*.h, and the same
names as the host's <linux/...>, <asm/...> and C library headers know them.

usage: abi_layout.py COMPILER ABI_DIR OUT_DIR      writes abi_layout_{ours,host0,host1,...}.cc and abi_layout_tables.h
"""
import pathlib
import re
import subprocess
import sys

# Headers that can stand together in one translation unit. A name may be found in several groups; all must agree.
GROUPS = [
    ["linux/" + h for h in (
        "time.h timex.h fcntl.h openat2.h fs.h falloc.h fadvise.h memfd.h close_range.h magic.h major.h mman.h mempolicy.h "
        "membarrier.h sched.h sched/types.h wait.h poll.h eventpoll.h timerfd.h fiemap.h sockios.h vt.h kd.h resource.h "
        "futex.h signal.h signalfd.h in.h in6.h tcp.h udp.h un.h if_ether.h if_packet.h netlink.h rtnetlink.h "
        "if_link.h if_addr.h neighbour.h sock_diag.h utsname.h sysinfo.h uio.h auxvec.h elf.h prctl.h securebits.h "
        "seccomp.h mount.h capability.h inotify.h ipc.h sem.h shm.h msg.h mqueue.h ptrace.h rseq.h reboot.h random.h "
        "xattr.h limits.h kcmp.h keyctl.h ioprio.h times.h utime.h").split()]
    + ["asm/" + h for h in "stat.h statfs.h sigcontext.h ucontext.h siginfo.h ioctls.h prctl.h socket.h".split()],
    ["linux/stat.h"],
    ["linux/personality.h"],
    ["asm/termbits.h", "asm/termios.h", "asm/ioctls.h", "linux/tty.h"],
    ["linux/input.h"],
    ["sys/socket.h", "netinet/in.h", "netinet/tcp.h", "net/if.h", "sys/un.h", "sys/eventfd.h", "sys/epoll.h",
     "sys/statvfs.h", "sys/mount.h", "sys/stat.h", "fcntl.h", "unistd.h", "dirent.h", "sys/user.h", "sys/timerfd.h",
     "poll.h", "sys/wait.h", "sys/resource.h", "sys/mman.h", "sys/utsname.h", "sys/times.h", "sys/uio.h", "elf.h",
     "sys/sysmacros.h", "sys/personality.h", "sys/inotify.h", "sys/random.h", "link.h"],
]
# Structures of the host that are named otherwise.
HOST_NAMES = {
    "timespec": ["__kernel_timespec", "timespec"],
    "itimerspec": ["__kernel_itimerspec", "itimerspec"],
    "timex": ["__kernel_timex"],
    "utsname": ["new_utsname"],
    "cap_user_header": ["__user_cap_header_struct"],
    "cap_user_data": ["__user_cap_data_struct"],
    "fpstate": ["_fpx_sw_bytes_unused", "_fpstate_64"],
    "fpx_sw_bytes": ["_fpx_sw_bytes"],
    "sockaddr_storage": ["__kernel_sockaddr_storage"],
    "pollfd": ["pollfd"],
    "siginfo": ["siginfo"],
}
# The same name for another thing: the C library's type where the kernel's differs, or a macro that is no number.
SKIP = set("SIG_DFL SIG_IGN sigset_t fd_set POLLFREE SIGRTMIN SIGRTMAX SCM_RIGHTS_ MINSIGSTKSZ SIGSTKSZ SHMLBA NCCS".split())
SKIP_LIBC = set("O_LARGEFILE F_GETLK F_SETLK F_SETLKW F_GETLK64 F_SETLK64 F_SETLKW64 _NSIG SOMAXCONN stat statx msghdr cmsghdr "
                "sigaction termios ucontext user_regs_struct rusage FD_SETSIZE SIGEV_SIGNAL sockaddr_storage epoll_event "
                "AT_EACCESS IOV_MAX termios2 EI_PAD SHT_NUM SHT_HIUSER tcp_info sigcontext MS_RELATIME RLIM_INFINITY".split())


def strip(text):
    return re.sub(r"//.*", "", text)


def parse(abi):
    """The names of the ABI headers: constants, and structs with their outermost fields."""
    constants, structs = [], {}
    for header in sorted(abi.glob("*.h")):
        if header.name in ("std_names.h", "types.h"):
            continue
        text = strip(header.read_text())
        constants += re.findall(r"^inline constexpr \w+ (\w+) =", text, re.M)
        for name, body in re.findall(r"^struct (?:\[\[.*?\]\] )?(\w+) \{\n(.*?)^\};", text, re.M | re.S):
            depth, fields = 0, []
            for line in body.splitlines():
                if depth == 0:
                    m = re.match(r"    [\w:]+ ([\w, \[\]]+);", line)
                    if m:
                        fields += [re.sub(r"\[.*", "", f).strip() for f in m.group(1).split(",")]
                depth += line.count("{") - line.count("}")
            structs[name] = [f for f in fields if not re.match(r"pad|unused|spare|reserved", f)]
    return constants, structs


def preprocess(compiler, headers, *flags):
    source = "".join(f"#include <{h}>\n" for h in headers)
    run = subprocess.run([compiler, "-x", "c++", "-std=gnu++20", "-E", *flags, "-"], input=source, text=True,
                         capture_output=True, check=True)
    return run.stdout


def host_table(compiler, index, headers, constants, structs):
    libc = not headers[0].startswith(("linux/", "asm/"))
    macros = set(re.findall(r"^#define (\w+) +\S", preprocess(compiler, headers, "-dM"), re.M))
    text = preprocess(compiler, headers)
    enumerators = set()
    for body in re.findall(r"\benum\b[^{};]*\{(.*?)\}", text, re.S):
        enumerators |= set(re.findall(r"(\w+)\s*(?=[=,\n}])", body))
    defined = set(re.findall(r"\bstruct (\w+)\s*\{", text)) | set(re.findall(r"\}\s*(Elf64_\w+);", text))
    skip = SKIP | (SKIP_LIBC if libc else set())
    if "termios2" not in defined:  # their numbers hold its size
        skip |= {"TCGETS2", "TCSETS2", "TCSETSW2", "TCSETSF2"}
    rows = [f'    {{"{n}", (long long)({n})}},' for n in constants if n not in skip and (n in macros or n in enumerators)]
    helpers = []
    for name, fields in structs.items():
        if name in skip:
            continue
        host = next((h for h in HOST_NAMES.get(name, [name]) if h in defined or ("elf64_" + h[6:].lower()) in defined), None)
        if host is None:
            continue
        tag = host if host.startswith("Elf64_") else "struct " + host
        rows.append(f'    {{"sizeof {name}", (long long)sizeof({tag})}},')
        for field in fields:
            helpers.append(f"template <class T> constexpr long long offset_{name}_{field}() {{\n"
                           f"    if constexpr (requires(T t) {{ t.{field}; }}) return __builtin_offsetof(T, {field});\n"
                           f"    return -1;\n}}")
            rows.append(f'    {{"{name}.{field}", offset_{name}_{field}<{tag}>()}},')
    includes = "".join(f"#include <{h}>\n" for h in headers)
    return (f"// Made by tools/gen/abi_layout.py.\n{includes}#include \"abi_layout_tables.h\"\n" + "\n".join(helpers) +
            f"\nextern const LayoutRow kHostLayout{index}[] = {{\n" + "\n".join(rows) + "\n    {nullptr, 0},\n};\n")


def main():
    compiler, abi, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    constants, structs = parse(abi)
    rows = [f'    {{"{n}", (long long)(abi::{n})}},' for n in constants]
    for name, fields in structs.items():
        rows.append(f'    {{"sizeof {name}", (long long)sizeof(abi::{name})}},')
        rows += [f'    {{"{name}.{f}", (long long)__builtin_offsetof(abi::{name}, {f})}},' for f in fields]
    headers = "".join(f'#include "abi/linux/{h.name}"\n' for h in sorted(abi.glob("*.h")))
    out.mkdir(parents=True, exist_ok=True)
    (out / "abi_layout_ours.cc").write_text(
        f'// Made by tools/gen/abi_layout.py.\n{headers}#include "abi_layout_tables.h"\n'
        "extern const LayoutRow kLinnetLayout[] = {\n" + "\n".join(rows) + "\n    {nullptr, 0},\n};\n")
    for i, group in enumerate(GROUPS):
        (out / f"abi_layout_host{i}.cc").write_text(host_table(compiler, i, group, constants, structs))
    (out / "abi_layout_tables.h").write_text(
        "// Made by tools/gen/abi_layout.py.\n#pragma once\nstruct LayoutRow {\n    const char* name;  // null ends the table\n"
        "    long long value;   // -1: the host's structure has no such field\n};\n"
        "extern const LayoutRow kLinnetLayout[];\n" +
        "".join(f"extern const LayoutRow kHostLayout{i}[];\n" for i in range(len(GROUPS))) +
        "inline constexpr const LayoutRow* kHostLayouts[] = {" + ", ".join(f"kHostLayout{i}" for i in range(len(GROUPS))) + "};\n")


main()
