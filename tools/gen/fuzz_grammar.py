#!/usr/bin/env python3
"""The fuzzer's grammar (tests/fuzz/grammar.h) from abi/linux/syscalls.def and tests/fuzz/hints.def.

usage: fuzz_grammar.py DEF HINTS OUT.cc
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import syscalls  # noqa: E402

# Kinds of syscalls.def and of hints.def: (Kind, size of an argument, signed)
SIMPLE = {
    "int": ("kNumber", 4, True), "uint": ("kNumber", 4, False), "long": ("kNumber", 8, True), "ulong": ("kNumber", 8, False),
    "u64": ("kNumber", 8, False), "fd": ("kFd", 4, True), "dirfd": ("kDirFd", 4, True), "pid": ("kPid", 4, True),
    "sig": ("kSignal", 4, True), "mode": ("kMode", 4, False), "uid": ("kId", 4, False), "gid": ("kId", 4, False),
    "off": ("kOffset", 8, True), "size": ("kSize", 8, False), "addr": ("kMapping", 8, False), "mapping": ("kMapping", 8, False),
    "path": ("kPath", 8, False), "str": ("kText", 8, False), "xname": ("kXattrName", 8, False), "time": ("kTime", 8, True),
    "nsec": ("kNanoseconds", 8, True), "msec": ("kMilliseconds", 4, True), "sigset": ("kSignalSet", 8, False),
    "left": ("kLeft", 8, True), "handler": ("kHandler", 8, False), "restorer": ("kRestorer", 8, False), "zero": ("kZero", 4, False),
    "volatile": ("kVolatile", 4, False), "variant": ("kVariant", 8, False), "fdset": ("kFdSet", 8, False),
}
SET_KINDS = {"flags": ("kFlags", 4, False), "flagsx": ("kFlags", 4, False), "strict": ("kFlags", 4, False),
             "lflags": ("kFlags", 8, False), "word": ("kWord", 8, False), "enum": ("kChoice", 4, True), "enumx": ("kChoice", 4, False)}
FIELD_SIZES = {"u8": (1, False), "char": (1, False), "u16": (2, False), "i16": (2, True), "u32": (4, False), "i32": (4, True),
               "u64": (8, False), "i64": (8, True), "sigset_t": (8, False), "int": (4, True)}
# What a field is by its last name, unless a hint says it.
FIELD_NAMES = [(r"^(pad\d*|unused\d*|f?_?spare\d*|reserved\d*)$", "zero"), (r"fd$", "fd"), (r"pid$", "pid"), (r"^tv_sec$", "time"),
               (r"^tv_[nu]sec$", "nsec"), (r"uid$", "uid"), (r"gid$", "gid"), (r"signo$", "sig"), (r"^mask$", "sigset")]
POINTER = re.compile(r"(in|out|inout)(?:\[([\w.]+)\])? (\w+)")
SIZED = re.compile(r"(sockaddr|control)\[([\w.]+)\]")


class Hints:
    def __init__(self, path):
        self.skip, self.never, self.makes, self.kinds, self.sets, self.words = set(), set(), {}, {}, {}, {}
        for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            word, _, rest = line.partition(" ")
            if word in ("skip", "never"):
                names, _, reason = rest.partition(":")
                if not reason.strip():
                    sys.exit(f"{path}:{number}: no reason")
                (self.skip if word == "skip" else self.never).update(names.split())
            elif word == "set":
                name, *values = rest.split()
                self.sets[name] = values
            elif word == "words":
                name, *texts = rest.split()
                self.words[name] = ["" if text == '""' else text for text in texts]
            elif word == "makes":
                call, resource, *where = rest.split()
                self.makes[call] = (resource, where[0] if where else None)
            elif re.fullmatch(r"\w+(\.\w+)+", word) and rest:
                self.kinds[word] = rest.strip()
            else:
                sys.exit(f"{path}:{number}: cannot read '{line}'")


class Grammar:
    def __init__(self, definitions, hints):
        self.table, self.hints = syscalls.Table(definitions), Hints(hints)
        self.resources, self.set_names, self.structure_names = ["fd"], [], []
        self.fields, self.nested = read_structures(pathlib.Path(definitions).parent)
        self.used_hints = set()

    def resource(self, name):
        if name not in self.resources:
            self.resources.append(name)
        return self.resources.index(name)

    def set(self, name):
        if name not in self.set_names:
            if name not in self.hints.sets and name not in self.table.sets and name not in self.hints.words:
                sys.exit(f"hints: no set '{name}'")
            self.set_names.append(name)
        return self.set_names.index(name)

    def structure(self, name):
        if name not in self.structure_names:
            if name not in self.fields and name not in ("fdset", "futexword", "mappingword") and name not in FIELD_SIZES:
                sys.exit(f"hints: no structure '{name}'")
            self.structure_names.append(name)
        return self.structure_names.index(name)

    def shape(self, name, kind, siblings, size=None, extra=""):
        """The initialiser of a Shape; `size` is that of a field."""
        def sibling(text):
            if text not in siblings:
                sys.exit(f"hints: '{name} {kind}': no sibling '{text}'")
            return siblings.index(text)

        parts = [f'.name = "{name}"']
        if m := POINTER.fullmatch(kind):
            direction, length, pointee = m.groups()
            parts += [".kind = Kind::kPointer", f".direction = Direction::k{direction.capitalize()}", ".size = 8"]
            if pointee != "bytes":
                parts.append(f".structure = {self.structure(pointee)}")
            if length and length.isdigit():
                parts.append(f".count = {length}")
            elif length:
                parts.append(f".length = {sibling(length)}")
        elif m := SIZED.fullmatch(kind):
            parts += [f".kind = Kind::k{m[1].capitalize()}", ".direction = Direction::kIn", ".size = 8", f".length = {sibling(m[2])}"]
        else:
            word, _, argument = kind.partition(":")
            if word in SET_KINDS:
                what, bytes_, signed = SET_KINDS[word]
                parts.append(f".kind = Kind::{what}")
                argument = f".set = {self.set(argument)}"
            elif word == "res":
                bytes_, signed = 4 if argument != "addr" else 8, True
                parts.append(".kind = Kind::kResource")
                argument = f".resource = {self.resource(argument)}"
            elif word == "ptr":
                what, bytes_, signed = "kPointer", 8, False
                parts += [".kind = Kind::kPointer", ".direction = Direction::kInout"]
                argument = ".count = 64"
            elif word in SIMPLE:
                what, bytes_, signed = SIMPLE[word]
                parts.append(f".kind = Kind::{what}")
                argument = f".resource = {self.resource('fd:' + argument)}" if argument else ""
            else:
                sys.exit(f"hints: '{name}': no kind '{kind}'")
            if size:
                bytes_, signed = size
            parts += [f".size = {bytes_}", f".is_signed = {'true' if signed else 'false'}"]
            if argument:
                parts.append(argument)
        return "{" + ", ".join(parts) + extra + "}"

    def hint(self, key, otherwise):
        if key in self.hints.kinds:
            self.used_hints.add(key)
            return self.hints.kinds[key]
        return otherwise

    def call(self, call):
        names = [a.name for a in call.arguments]
        shapes = []
        for a in call.arguments:
            if a.direction:
                kind = f"{a.direction}{f'[{a.length}]' if a.length else ''} {a.type}"
            else:
                kind = f"{a.type}:{a.set}" if a.set else a.type
            shapes.append(self.shape(a.name, self.hint(f"{call.name}.{a.name}", kind), names))
        resource, where = self.hints.makes.get(call.name, (None, None))
        result = {"fd": "f", "addr": "a"}.get(call.result, "n")
        if call.name in ("fork", "vfork", "getpid", "gettid", "getppid", "getpgrp", "setsid", "getpgid", "getsid", "wait4",
                         "set_tid_address", "clone", "clone3"):
            result = "p"
        flag = lambda value: "true" if value else "false"
        allowed = call.name not in self.hints.never and call.state != "gone"
        array = f"k_{call.name}" if shapes else "{}"
        row = (f'{{{call.number}, "{call.name}", "{call.family}", {flag(call.state == "yes")}, '
               f'{flag(allowed and call.state == "yes" and call.name not in self.hints.skip)}, {flag(allowed)}, '
               f"{self.resource(resource) if resource else 'kNone'}, {names.index(where) if where else 'kNone'}, '{result}', {array}}},")
        return shapes, row

    def structure_shapes(self, name):
        if name == "fdset":
            return "128", [self.shape("bits", "fdset", [], (8, False), ", .count = 16, .offset = 0")]
        if name == "futexword":      # the word of a lock holds a thread's number
            return "4", [self.shape("", "pid", [], (4, True))]
        if name == "mappingword":
            return "8", [self.shape("", "mapping", [], (8, False))]
        if name == "sigset_t":
            return "8", [self.shape("", "sigset", [], (8, False))]
        if name in FIELD_SIZES:
            size, signed = FIELD_SIZES[name]
            return str(size), [self.shape("", "int", [], (size, signed))]
        fields = self.fields[name]
        for key in self.hints.kinds:
            if key.startswith(name + ".") and key[len(name) + 1:] not in [f[0] for f in fields]:
                fields = fields + [(key[len(name) + 1:], None, 1)]
        names = [f[0] for f in fields]
        shapes = []
        for field, type_, count in fields:
            last = field.rsplit(".", 1)[-1]
            guess = next((kind for pattern, kind in FIELD_NAMES if re.search(pattern, last)), None)
            if inner := self.inner_hint(name, field):
                guess = inner
            size = FIELD_SIZES.get(type_, (8, False))
            if not guess:
                guess = {1: "uint", 2: "uint", 4: "int", 8: "ulong"}[size[0]]
            member = f"std::declval<abi::{name}&>().{field}{'[0]' if count > 1 else ''}"
            text = (f".size = sizeof({member})" if type_ is None else f".size = {size[0]}")
            kind = self.hint(f"{name}.{field}", guess)
            shape = self.shape(field, kind, names, size, f", .count = {count}, .offset = offsetof(abi::{name}, {field})")
            if type_ is None:
                shape = re.sub(r"\.size = \d+", text, shape)
            # A pointer's count is what it points to; in structures its length is always a sibling or one.
            shapes.append(shape if not POINTER.fullmatch(kind) else shape.replace(", .count = 1,", ","))
        return f"sizeof(abi::{name})", shapes

    def inner_hint(self, name, field):
        """A field of a structure within the structure: what is said of it there, with siblings by their full names."""
        prefix, _, rest = field.partition(".")
        type_ = self.nested.get((name, prefix))
        kind = type_ and self.hints.kinds.get(f"{type_}.{rest}")
        if kind:
            self.used_hints.add(f"{type_}.{rest}")
            kind = re.sub(r"\[([a-z_]\w*)\]", rf"[{prefix}.\1]", kind)
        return kind

    def set_text(self, name):
        if name in self.hints.words:
            texts = ", ".join(f'{{0, "{text}"}}' for text in self.hints.words[name])
            return [f"constexpr NamedValue k_{name}_names[] = {{{texts}}};"], f"    {{0, {{}}, k_{name}_names}},"
        if name in self.hints.sets:
            mask, field, names = None, [], self.hints.sets[name]
        else:
            s = self.table.sets[name]
            mask, field, names = s.mask, s.field, s.names
        value = lambda n: n if re.match(r"-?\d", n) else f"static_cast<u64>(abi::{n})"
        array = lambda values: "{" + ", ".join(f'{{static_cast<u64>({value(n)}), "{n}"}}' for n in values) + "}"
        lines = []
        for suffix, values in (("field", field), ("names", names)):
            if values:
                lines.append(f"constexpr NamedValue k_{name}_{suffix}[] = {array(values)};")
        mask = f"static_cast<u64>(abi::{mask})" if mask else "0"
        return lines, f"    {{{mask}, {f'k_{name}_field' if field else '{}'}, {f'k_{name}_names' if names else '{}'}}},"

    def text(self):
        arrays, rows = [], []
        for call in self.table.rows():
            shapes, row = self.call(call)
            if shapes:
                arrays.append(f"constexpr Shape k_{call.name}[] = {{\n    " + ",\n    ".join(shapes) + "};")
            rows.append("    " + row)
        structures, structure_rows, done = [], [], 0
        while done < len(self.structure_names):     # their fields may name more
            name = self.structure_names[done]
            size, shapes = self.structure_shapes(name)
            structures.append(f"constexpr Shape k_struct_{name}[] = {{\n    " + ",\n    ".join(shapes) + "};")
            structure_rows.append(f'    {{"{name}", {size}, k_struct_{name}}},')
            done += 1
        sets = [self.set_text(name) for name in self.set_names]
        unused = set(self.hints.kinds) - self.used_hints
        known = {c.name for c in self.table.rows()} | set(self.structure_names)
        if wrong := sorted(k for k in unused if k.split(".")[0] not in known and k.split(".")[0] not in self.fields):
            sys.exit(f"hints: about nothing: {' '.join(wrong)}")
        out = ["// Made by tools/gen/fuzz_grammar.py from abi/linux/syscalls.def and tests/fuzz/hints.def: change those.",
               '#include "grammar.h"', "#include <cstddef>", "#include <utility>"]
        out += [f'#include "abi/linux/{h}"' for h in self.table.headers]
        out += ["", "namespace fuzz {", "namespace {", ""]
        for lines, _ in sets:
            out += lines
        out += arrays + structures
        out += ["constexpr Structure kAllStructures[] = {"] + structure_rows + ["};", "constexpr Set kAllSets[] = {"]
        out += [row for _, row in sets] + ["};", "constexpr CallShape kAllCalls[] = {"] + rows + ["};"]
        out += ["constexpr const char* kAllResources[] = {" + ", ".join(f'"{r}"' for r in self.resources) + "};", "", "}  // namespace", ""]
        out += ["const std::span<const Structure> kStructures = kAllStructures;", "const std::span<const Set> kSets = kAllSets;",
                "const std::span<const CallShape> kCalls = kAllCalls;", "const std::span<const char* const> kResourceNames = kAllResources;"]
        return "\n".join(out + ["", "}  // namespace fuzz", ""])


def read_structures(abi):
    """The structures of the headers: name -> [(field, type, count)], nested ones flattened, unions left out; and
    (name, field) -> the structure that the field is."""
    structures = {}
    for header in sorted(abi.glob("*.h")):
        text = re.sub(r"//.*", "", header.read_text())
        for name, body in re.findall(r"^struct (?:\[\[.*?\]\] )?(\w+) \{ *\n(.*?)^\};", text, re.M | re.S):
            depth, fields = 0, []
            for line in body.splitlines():
                if depth == 0 and (m := re.match(r"    ([\w:]+) ([\w, \[\]]+);", line)):
                    for declared in m[2].split(","):
                        field, _, count = declared.strip().partition("[")
                        count = count.rstrip("]")
                        fields.append((field, m[1], int(count) if count.isdigit() else 1 if not count else 19))
                depth += line.count("{") - line.count("}")
            structures[name] = fields
    def flat(name):
        out = []
        for field, type_, count in structures[name]:
            if type_ in FIELD_SIZES:
                out.append((field, type_, count))
            elif type_ in structures and count == 1:
                out += [(f"{field}.{inner}", t, c) for inner, t, c in flat(type_)]
        return out
    nested = {(name, field): type_ for name, fields in structures.items() for field, type_, _ in fields if type_ in structures}
    return {name: flat(name) for name in structures}, nested


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    text = Grammar(sys.argv[1], sys.argv[2]).text()
    pathlib.Path(sys.argv[3]).write_text(text)


if __name__ == "__main__":
    main()
