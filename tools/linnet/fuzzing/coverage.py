"""What the edges of a kernel with CONFIG_COVERAGE stand for: section .coverage_table of its image, with names and files by
llvm-symbolizer. An edge is known by its number, the place of its counter in /proc/coverage."""

import collections
import dataclasses
import json
import posixpath
import struct
import subprocess

from ..paths import TOP
from ..ui import Problem

ENTRY = 1        # the flag of the edge into a function


@dataclasses.dataclass
class Function:
    name: str
    file: str
    line: int
    first: int      # edges: from `first` to before `end`
    end: int

    @property
    def edges(self):
        return self.end - self.first


def numbers_of(ranges):
    """The numbers of "3-7,12"; of "-" none."""
    found = []
    for part in ranges.split(",") if ranges != "-" else []:
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def table_of(image):
    """(address, flags) of each edge, from the bytes of an ELF file."""
    offset, = struct.unpack_from("<Q", image, 0x28)
    size, count, names = struct.unpack_from("<HHH", image, 0x3A)
    # sh_name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, offset + index * size) for index in range(count)]
    for section in sections:
        start = sections[names][4] + section[0]
        if image[start:image.index(b"\0", start)] == b".coverage_table":
            return [pair for pair in struct.iter_unpack("<QQ", image[section[4]:section[4] + section[5]])]
    return []


def symbols_of(kernel, addresses):
    """(name, file, line) of each address of a function."""
    done = subprocess.run(["llvm-symbolizer-19", f"--obj={kernel}", "--output-style=JSON"],
                          input="\n".join(f"{address:#x}" for address in addresses), capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"llvm-symbolizer-19 cannot read {kernel}:\n{done.stderr}")
    found = []
    for line in done.stdout.splitlines():
        symbol = (json.loads(line).get("Symbol") or [{}])[-1]      # what it was inlined into, if anything
        found.append((symbol.get("FunctionName") or "?", symbol.get("StartFileName") or symbol.get("FileName") or "?",
                      symbol.get("StartLine") or symbol.get("Line") or 0))
    return found


def source_path(path):
    """As in the tree: the compiler knows sources from its own folder, headers by the farm of links,
    .../include/FLOOR/FLOOR/file.h."""
    path = posixpath.normpath(path)
    if "include/" in path:
        floor, _, rest = path.rpartition("include/")[2].partition("/")
        if rest.startswith(floor + "/"):
            inside = rest[len(floor) + 1:]
            home = {"arch": "kernel/arch/x86_64", "abi": "abi", "base": "base"}.get(floor, f"kernel/{floor}")
            return f"{home}/{inside}"
    return path.removeprefix(f"{TOP}/")


def functions_of(table, symbols):
    """The functions of a table, with (name, file, line) of each edge into one."""
    starts = [number for number, (_, flags) in enumerate(table) if flags & ENTRY]
    ends = [*starts[1:], len(table)]
    return [Function(name, source_path(file), line, first, end)
            for first, end, (name, file, line) in zip(starts, ends, symbols)]


def read(kernel):
    """The functions of a kernel."""
    table = table_of(kernel.read_bytes())
    if not table:
        raise Problem(f"{kernel} counts no edges: the option COVERAGE is off")
    return functions_of(table, symbols_of(kernel, [address for address, flags in table if flags & ENTRY]))


def share(reached, all_edges):
    return f"{reached:6} / {all_edges:6}  {100 * reached // max(all_edges, 1):3} %"


def by_folder(functions, reached, depth=2):
    """[(folder, edges reached, edges)]: the first `depth` names of each path."""
    counts = collections.Counter()
    totals = collections.Counter()
    for function in functions:
        folder = "/".join(function.file.split("/")[:-1][:depth]) or "?"
        totals[folder] += function.edges
        counts[folder] += sum(edge in reached for edge in range(function.first, function.end))
    return [(folder, counts[folder], totals[folder]) for folder in sorted(totals)]


def report(functions, reached):
    """Lines of text: each file with its share, functions never reached, and those reached in part."""
    files = collections.defaultdict(list)
    for function in functions:
        hit = sum(edge in reached for edge in range(function.first, function.end))
        files[function.file].append((function, hit))
    lines = []
    for file in sorted(files):
        found = sorted(files[file], key=lambda item: item[0].line)
        lines.append(f"{share(sum(hit for _, hit in found), sum(f.edges for f, _ in found))}  {file}")
        for function, hit in found:
            if hit == 0:
                lines.append(f"        never   {function.edges:4} edges  {function.line:5} {function.name}")
        for function, hit in found:
            if 0 < hit < function.edges:
                lines.append(f"        {hit:4} of {function.edges:4} edges  {function.line:5} {function.name}")
    return lines
