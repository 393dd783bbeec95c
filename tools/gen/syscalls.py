#!/usr/bin/env python3
"""What is made from the table of system calls, abi/linux/syscalls.def (its head explains the rows).

usage: syscalls.py kernel DEF OUT_DIR   syscall_prototypes.h, syscall_dispatch.cc, syscall_decode.cc
       syscalls.py coverage DEF         docs/coverage.md on standard output
       syscalls.py scan DEF             JSON for the "will it run?" scanner on standard output
       syscalls.py check DEF            complains about rows without tests
"""
import collections
import json
import pathlib
import re
import sys

REGISTERS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"]
# TYPE: (C++ type, how it is made from a register)
NUMBERS = {
    "int": ("i32", "static_cast<i32>({})"),
    "fd": ("i32", "static_cast<i32>({})"),
    "dirfd": ("i32", "static_cast<i32>({})"),
    "pid": ("i32", "static_cast<i32>({})"),
    "sig": ("i32", "static_cast<i32>({})"),
    "uint": ("u32", "static_cast<u32>({})"),
    "mode": ("u32", "static_cast<u32>({})"),
    "uid": ("u32", "static_cast<u32>({})"),
    "gid": ("u32", "static_cast<u32>({})"),
    "long": ("i64", "static_cast<i64>({})"),
    "off": ("i64", "static_cast<i64>({})"),
    "ulong": ("u64", "{}"),
    "size": ("usize", "{}"),
    "addr": ("UserAddr", "UserAddr({})"),
    "ptr": ("UserAddr", "UserAddr({})"),
    "path": ("vm::UserCString", "vm::UserCString(UserAddr({}))"),
    "str": ("vm::UserCString", "vm::UserCString(UserAddr({}))"),
}
SETS = {
    "flags": ("u32", "static_cast<u32>({})"),
    "flagsx": ("u32", "static_cast<u32>({})"),
    "strict": ("u32", "static_cast<u32>({})"),
    "lflags": ("u64", "{}"),
    "enum": ("i32", "static_cast<i32>({})"),
    "enumx": ("u32", "static_cast<u32>({})"),
}
POINTERS = {"in": "vm::UserIn", "out": "vm::UserOut", "inout": "vm::UserInOut"}
SCALARS = {"i32", "u32", "i64", "u64"}
# Types that the decoder prints in full; others print as an address.
PRINTED = {"i32": "kI32", "u32": "kU32", "i64": "kI64", "u64": "kU64", "bytes": "kBytes", "timespec": "kTimespec",
           "timeval": "kTimeval", "itimerspec": "kItimerspec", "itimerval": "kItimerval", "sigset_t": "kSignalSet",
           "pollfd": "kPollfd", "epoll_event": "kEpollEvent", "rlimit": "kRlimit", "stat": "kStat"}


class Bad(Exception):
    pass


class Argument:
    """One argument of a call. `length` names the argument (or is the number) that tells how many T there are."""

    def __init__(self, text, register):
        m = re.fullmatch(r"(?:(in|out|inout)(?:\[(\w+)\])? )?([\w:]+) (\w+)", text)
        if not m:
            raise Bad(f"argument '{text}'")
        self.direction, self.length, self.type, self.name = m.groups()
        self.register = register
        self.absorbed = False  # passed as one with the pointer before
        self.set = None
        if self.direction is None and ":" in self.type:
            self.type, self.set = self.type.split(":")
            if self.type not in SETS:
                raise Bad(f"type '{self.type}'")
        elif self.direction is None and self.type not in NUMBERS:
            raise Bad(f"type '{self.type}'")

    def is_bytes(self):
        return self.direction is not None and self.type == "bytes"

    def cpp_type(self):
        if self.is_bytes():
            return "vm::UserSpan"
        if self.direction:
            return f"{POINTERS[self.direction]}<{self.type if self.type in SCALARS else 'abi::' + self.type}>"
        return (SETS if self.set else NUMBERS)[self.type][0]

    def expression(self, call):
        register = f"f.{REGISTERS[self.register]}"
        if self.is_bytes():
            return f"vm::UserSpan{{UserAddr({register}), {call.length_of(self)}}}"
        if self.direction:
            return f"{self.cpp_type()}(UserAddr({register}))"
        return (SETS if self.set else NUMBERS)[self.type][1].format(register)


class Call:
    ROW = re.compile(r"\s*(\d+)\s+(\d+|-)\s+(yes|no|gone)\s+(\S+)\s+(\w+)\((.*?)\)(?: -> (\w+))?(?:\s+! (.*))?")

    def __init__(self, line):
        m = self.ROW.fullmatch(line)
        if not m:
            raise Bad("not a row")
        number, i386, self.state, self.family, self.name, arguments, self.result, tests = m.groups()
        self.number = int(number)
        self.i386 = None if i386 == "-" else int(i386)
        self.tests = (tests or "").split()
        self.arguments = [Argument(a, i) for i, a in enumerate(arguments.split(", "))] if arguments else []
        if len(self.arguments) > 6 or self.result not in (None, "fd", "addr", "none"):
            raise Bad("too many arguments or unknown result")
        for a in self.arguments:
            if a.length and not a.length.isdigit():
                length = self.argument(a.length)
                if a.is_bytes() and not length.absorbed:
                    length.absorbed = True

    def argument(self, name):
        for a in self.arguments:
            if a.name == name:
                return a
        raise Bad(f"no argument '{name}'")

    def length_of(self, argument):
        if argument.length is None:
            raise Bad(f"'{argument.name}' needs a length")
        if argument.length.isdigit():
            return argument.length
        length = self.argument(argument.length)
        register = f"f.{REGISTERS[length.register]}"
        # A negative int becomes huge, so that one comparison finds it.
        return {"int": f"static_cast<usize>(static_cast<i32>({register}))",
                "uint": f"static_cast<u32>({register})"}.get(length.type, register)

    def parameters(self):
        return [a for a in self.arguments if not a.absorbed]

    def prototype(self):
        return f"Result<i64> sys_{self.name}({', '.join(['Ctx& ctx'] + [f'{a.cpp_type()} {a.name}' for a in self.parameters()])});"

    def thunk(self):
        lines = [f"u64 call_{self.name}(Ctx& ctx) {{"]
        if self.arguments:
            lines.append("    const arch::TrapFrame& f = ctx.frame;")
        for a in self.arguments:
            if a.type == "strict":
                lines.append(f"    if ((static_cast<u32>(f.{REGISTERS[a.register]}) & ~kMask_{a.set}) != 0) [[unlikely]] return error(Errno::kINVAL);")
        values = ", ".join(["ctx"] + [a.expression(self) for a in self.parameters()])
        lines.append(f"    return encode(sys_{self.name}({values}));")
        lines.append("}")
        return "\n".join(lines)


class NameSet:
    """Names of bits or values; `field` names share the bits of `mask`."""

    def __init__(self, line, constants):
        m = re.fullmatch(r"set (\w+)\s+(?:\[(\w+): ([\w ]+)\] )?(.+)", line)
        if not m:
            raise Bad("not a set")
        self.name, self.mask, field, names = m.groups()
        self.field = (field or "").split()
        self.names = []
        for name in names.split():
            found = [c for c in constants if c.startswith(name[:-1])] if name.endswith("*") else [name]
            self.names += [f for f in found if f not in self.names]
        missing = [n for n in self.names + self.field if n not in constants]
        if missing:
            raise Bad(f"not in abi/linux/*.h: {' '.join(missing)}")


class Table:
    def __init__(self, path):
        self.constants, self.header_of_struct, self.headers = {}, {}, []
        for header in sorted(pathlib.Path(path).parent.glob("*.h")):
            if header.name in ("std_names.h", "input_codes.h", "elf.h"):
                continue
            self.headers.append(header.name)
            text = header.read_text()
            for name in re.findall(r"^inline constexpr \w+ (\w+) =", text, re.M):
                self.constants.setdefault(name, header.name)
            for name in re.findall(r"^(?:struct (?:\[\[.*?\]\] )?|using )(\w+)(?: \{| =)", text, re.M):
                self.header_of_struct[name] = header.name
        self.calls, self.sets = {}, {}
        for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            line = line.rstrip()
            if not line or line.startswith("#"):
                continue
            try:
                if line.startswith("set "):
                    s = NameSet(line, self.constants)
                    self.sets[s.name] = s
                    continue
                call = Call(line)
                if call.number in self.calls:
                    raise Bad(f"number {call.number} again")
                for a in call.arguments:
                    if a.set and a.set not in self.sets:
                        raise Bad(f"no set '{a.set}'")
                    if a.direction and a.type not in SCALARS | {"bytes"} and a.type not in self.header_of_struct:
                        raise Bad(f"no structure abi::{a.type}")
                self.calls[call.number] = call
            except Bad as e:
                sys.exit(f"{path}:{number}: {e}: {line.strip()}")

    def rows(self):
        return [self.calls[n] for n in sorted(self.calls)]

    def implemented(self):
        return [c for c in self.rows() if c.state == "yes"]


NOTE = "// Made by tools/gen/syscalls.py from abi/linux/syscalls.def: change those.\n"


def prototypes(table):
    calls = table.implemented()
    structs = {a.type for c in calls for a in c.arguments if a.direction}
    headers = sorted({table.header_of_struct[s] for s in structs if s in table.header_of_struct})
    out = [NOTE + "#pragma once\n", '#include "base/result.h"', '#include "process/ctx.h"', '#include "vm/user_memory.h"']
    out += [f'#include "abi/linux/{h}"' for h in headers]
    out += ["", "namespace linux_abi {", "", "using process::Ctx;", ""]
    families = collections.defaultdict(list)
    for c in calls:
        families[c.family].append(c)
    for family in sorted(families):
        out.append(f"// {family}.cc")
        out += [c.prototype() for c in families[family]] + [""]
    return "\n".join(out + ["}  // namespace linux_abi", ""])


def dispatch(table):
    calls = table.implemented()
    strict = sorted({a.set for c in calls for a in c.arguments if a.type == "strict"})
    headers = sorted({table.constants[n] for s in strict for n in table.sets[s].names + table.sets[s].field})
    out = [NOTE, '#include "generated/syscall_prototypes.h"', '#include "linux/glue/dispatch.h"']
    out += [f'#include "abi/linux/{h}"' for h in headers]
    out += ["", "namespace linux_abi {", "namespace {", ""]
    for s in strict:
        names = table.sets[s].names + table.sets[s].field
        out.append(f"constexpr u32 kMask_{s} = " + " | ".join(f"static_cast<u32>(abi::{n})" for n in names) + ";")
    out += [""] + [c.thunk() for c in calls] + ["", "}  // namespace", ""]
    handlers = {c.number: f"call_{c.name}" for c in calls}
    count = max(table.calls) + 1
    out.append(f"static_assert(kCallCount == {count});")
    out.append("constinit const std::array<Handler, kCallCount> kHandlers = {")
    out += [f"    {handlers.get(n, 'call_absent')}," for n in range(count)] + ["};", ""]
    # int 0x80: which 64-bit call stands for an i386 number, and which of its arguments are signed.
    by_i386 = {c.i386: c for c in calls if c.i386 is not None}
    last = max(by_i386, default=0)
    out.append(f"static constinit const std::array<CompatCall, {last + 1}> kCompat = {{")
    for n in range(last + 1):
        c = by_i386.get(n)
        if c is None:
            out.append("    CompatCall{},")
        else:
            signed = sum(1 << a.register for a in c.arguments if a.type in ("long", "off"))
            out.append(f"    CompatCall{{{c.number}, {signed}}},  // {c.name}")
    out += ["};", "constinit const std::span<const CompatCall> kCompatCalls{kCompat};"]
    return "\n".join(out + ["", "}  // namespace linux_abi", ""])


def decode(table):
    out = [NOTE, '#include "linux/glue/call_info.h"'] + [f'#include "abi/linux/{h}"' for h in table.headers]
    out += ["", "namespace linux_abi {", "namespace {", ""]
    used = sorted({a.set for c in table.rows() for a in c.arguments if a.set})
    for s in used:
        names = table.sets[s]
        for suffix, list_ in (("bits", names.names), ("field", names.field)):
            if not list_:
                continue
            out.append(f"constexpr std::array<ValueName, {len(list_)}> k_{s}_{suffix} = {{{{")
            out += [f'    {{static_cast<u64>(abi::{n}), "{n}"}},' for n in list_] + ["}};"]
    out.append(f"constexpr std::array<NameSet, {len(used)}> kSets = {{{{")
    for s in used:
        mask = f"static_cast<u64>(abi::{table.sets[s].mask})" if table.sets[s].mask else "0"
        field = f"k_{s}_field" if table.sets[s].field else "{}"
        out.append(f"    {{{mask}, {field}, k_{s}_bits}},")
    out += ["}};", ""]
    for c in table.rows():
        if not c.arguments:
            continue
        out.append(f"constexpr std::array<ArgumentInfo, {len(c.arguments)}> k_{c.name} = {{{{")
        for a in c.arguments:
            fields = []
            if a.direction:
                fields.append(".kind = ArgumentKind::kPointer")
                fields.append(f".direction = Direction::k{a.direction.capitalize()}")
                fields.append(f".pointee = Pointee::{PRINTED.get(a.type, 'kOther')}")
                if a.length and a.length.isdigit():
                    fields.append(f".count = {a.length}")
                elif a.length:
                    fields.append(f".count_argument = {c.argument(a.length).register}")
            elif a.set:
                kind = {"flags": "kFlags", "flagsx": "kFlags", "strict": "kFlags", "lflags": "kLongFlags",
                        "enum": "kEnum", "enumx": "kEnumHex"}[a.type]
                fields += [f".kind = ArgumentKind::{kind}", f".set = &kSets[{used.index(a.set)}]"]
            else:
                fields.append(".kind = ArgumentKind::k" + {"fd": "Fd", "dirfd": "DirFd", "pid": "Int", "sig": "Signal", "int": "Int",
                              "uint": "Uint", "mode": "Mode", "uid": "Id", "gid": "Id", "long": "Long", "off": "Long",
                              "ulong": "Ulong", "size": "Ulong", "addr": "Address", "ptr": "Address", "path": "Text",
                              "str": "Text"}[a.type])
            out.append("    {" + ", ".join(fields) + "},")
        out.append("}};")
    out += ["", "}  // namespace", "", "constinit const std::array<CallInfo, kCallCount> kCalls = {{"]
    for n in range(max(table.calls) + 1):
        c = table.calls.get(n)
        if c is None:
            out.append("    {},")
        else:
            result = {None: "kNumber", "fd": "kNumber", "addr": "kAddress", "none": "kNone"}[c.result]
            arguments = f"k_{c.name}" if c.arguments else "{}"
            out.append(f'    {{"{c.name}", {arguments}, ResultKind::{result}}},')
    return "\n".join(out + ["}};", "", "}  // namespace linux_abi", ""])


def coverage(table):
    rows = [c for c in table.rows() if c.state != "gone"]
    done = [c for c in rows if c.state == "yes"]
    out = [f"{len(done)} of {len(rows)} system calls", "",
           "Made by `tools/gen/syscalls.py coverage` from `abi/linux/syscalls.def`. The calls are those of Linux 6.1 on x86-64; "
           f"{len(table.calls) - len(rows)} numbers that give ENOSYS on Linux too are left out. Absent calls give ENOSYS.", "",
           "| family | has | absent | tests |", "| --- | --- | --- | --- |"]
    families = collections.defaultdict(list)
    for c in rows:
        families[c.family].append(c)
    for family in sorted(families):
        has = [c.name for c in families[family] if c.state == "yes"]
        absent = [c.name for c in families[family] if c.state == "no"]
        tests = sorted({t for c in families[family] for t in c.tests})
        name = "(none planned)" if family == "absent" or family == "-" else family
        out.append(f"| {name} | {' '.join(has)} | {' '.join(absent)} | {' '.join(tests)} |")
    return "\n".join(out) + "\n"


def scan(table):
    calls = {c.name: {"number": c.number, "state": c.state, "family": c.family} for c in table.rows()}
    return json.dumps({"system": "Linux 6.1 x86-64", "calls": calls}, indent=1) + "\n"



def main():
    command, table = sys.argv[1], Table(sys.argv[2])
    if command == "kernel":
        out = pathlib.Path(sys.argv[3])
        for name, text in (("syscall_prototypes.h", prototypes(table)), ("syscall_dispatch.cc", dispatch(table)),
                           ("syscall_decode.cc", decode(table))):
            (out / name).write_text(text)
    elif command == "coverage":
        print(coverage(table), end="")
    elif command == "scan":
        print(scan(table), end="")
    elif command == "check":
        untested = [c.name for c in table.implemented() if not c.tests]
        if untested:
            sys.exit(f"{len(untested)} implemented calls have no test in abi/linux/syscalls.def: {' '.join(untested)}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
