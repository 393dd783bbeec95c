"""./linnet bench: one static program on Debian's Linux and on Linnet, instructions counted, ratios."""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from . import apt, build, cpio, plot, qemu, rootfs
from .paths import CACHE, PRESETS, ROOTS, TOP
from .process import end, spawn
from .ui import Problem, clear, progress, say

KERNEL_PACKAGE = "linux-image-cloud-amd64"
# Linux as Debian ships it, and without the work that Linnet does not do either: the stricter comparison.
AS_SHIPPED, BARE = "", "mitigations=off init_on_alloc=0"
MEMORY = 256 << 20
TIMEOUT = 1200
# Debian's python3 and C compiler, with what they load.
PROGRAMS_ROOT, PROGRAMS_MEMORY = "debian+cpp-12", 1 << 30
CPUS = (1, 2, 4)
TICKS_PER_INSTRUCTION = 2   # -icount shift=1, and the time-stamp counter counts nanoseconds


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="./linnet bench",
        description="Runs the same static program on Debian's cloud kernel and on Linnet in the same emulator, "
                    "counts instructions, and prints Linnet/Linux ratios (below 1 is better).")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows (default: all; see --list)")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="N times as many operations a row")
    parser.add_argument("--scale", action="store_true",
                        help="the curve over 1, 2 and 4 CPUs instead: as many processes as CPUs do a row at once; ratios "
                             "of instructions, and of wall clock of interleaved runs")
    parser.add_argument("--runs", type=int, default=3, metavar="N",
                        help="interleaved runs for wall-clock ratios; 0 leaves them out (default 3)")
    parser.add_argument("--preset", default="release", choices=PRESETS)
    parser.add_argument("--json", metavar="FILE", help="write rows (name, unit, linux, linnet, ratio) and the mean")
    parser.add_argument("--plot", metavar="FILE", help="write an SVG picture of the ratios")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser.parse_args(argv)


def linux_kernel():
    """Debian's own kernel image, taken out of its package and kept in the cache."""
    image = CACHE / "linux" / "vmlinuz"
    if image.exists():
        return image
    progress("fetching Debian's Linux kernel")
    apt.with_fresh_lists(lambda: _fetch_linux(image))
    return image


def _fetch_linux(image):
    shown = subprocess.run(["apt-cache", "depends", KERNEL_PACKAGE], capture_output=True, text=True)
    found = re.search(r"Depends: (linux-image-[0-9]\S+)", shown.stdout)
    if not found:
        raise Problem(f"apt-cache knows no package {KERNEL_PACKAGE}")
    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o777)     # apt's unprivileged downloader writes here
        done = subprocess.run(["apt-get", "download", found[1]], cwd=folder, capture_output=True, text=True)
        packages = list(pathlib.Path(folder).glob("*.deb"))
        if not packages:
            raise Problem(f"could not fetch {found[1]}: {done.stderr.strip()}")
        with spawn(["dpkg-deb", "--fsys-tarfile", packages[0]], stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-x", "-C", folder, "--wildcards", "./boot/vmlinuz*"], stdin=tar.stdout, check=True)
        (unpacked,) = (pathlib.Path(folder) / "boot").glob("vmlinuz*")
        part = image.with_suffix(".part")
        part.write_bytes(unpacked.read_bytes())
        part.rename(image)


def programs():
    flags, init = ("-O2", "-pthread"), TOP / "bench/linux_init.cc"
    sources = [path for path in (TOP / "bench").glob("*.*") if path.suffix in (".cc", ".h") and path != init]
    return build.build_program("bench", sources, flags), build.build_program("bench-linux-init", [init], flags)


@dataclasses.dataclass
class Bench:
    """What runs, and where: the same for both systems."""
    bench: pathlib.Path
    init: pathlib.Path
    preset: str
    root: str = ""              # whose files are there too: of real programs
    memory: int = MEMORY

    def linux(self, options, words, icount=False, cpus=1):
        """/init and /bench, written by the code that makes Linnet's root file systems, behind the root's files."""
        archive, path = cpio.Archive(), ROOTS / f"bench-linux{self.root and '-programs'}.cpio"
        archive.host_file("init", self.init, 0o755)
        archive.host_file("bench", self.bench, 0o755)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as out:
            if self.root:
                with open(rootfs.base_root(self.root), "rb") as base:
                    shutil.copyfileobj(base, out, 1 << 20)
                out.write(b"\0" * (-out.tell() % 512))
            archive.write(out)
        append = f"console=ttyS0 quiet {options} -- {' '.join(words)}"
        machine = qemu.Machine(kernel=linux_kernel(), initrd=path, append=append, memory=self.memory, smp=cpus,
                               icount=icount)
        return output_of([*machine.command(), "-serial", "stdio", "-monitor", "none"], "Linux")

    def linnet(self, words, icount=False, cpus=1):
        command = [TOP / "linnet", "run", "--preset", self.preset, "--memory", f"{self.memory >> 20}M",
                   "--smp", str(cpus), *(["--root", self.root] if self.root else []),
                   "--add", f"{self.bench}:/bench", *(["--icount"] if icount else []), "--", "/bench", *words]
        return output_of(command, "Linnet")

    def with_programs(self):
        return dataclasses.replace(self, root=PROGRAMS_ROOT, memory=PROGRAMS_MEMORY)


def output_of(command, who):
    """({row: ticks per operation}, {"boot": ticks, "memory": free bytes}) of one run."""
    child = spawn(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = child.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Problem(f"{who} did not finish the benchmark in {TIMEOUT} s") from None
    finally:
        end(child)
    rows, facts = {}, {}
    for line in out.splitlines():
        word = line.split()
        if len(word) == 4 and word[0] == "row":
            rows[word[1]] = int(word[3]) / int(word[2])
        elif len(word) == 2 and word[0] in ("boot", "memory"):
            facts[word[0]] = int(word[1])
    if "complete" not in out.split():
        raise Problem(f"the benchmark failed on {who}:\n{out[-2000:]}\n{err[-2000:]}")
    return rows, facts


BY = ("instructions", "wall clock", "programs")


@dataclasses.dataclass
class About:
    what: str
    by: str             # one of BY: see bench/bench.h
    parallel: bool


def describe(bench):
    """{row: About}"""
    shown = subprocess.run([bench, "--list"], capture_output=True, text=True, check=True).stdout
    return {name: About(what, BY[int(by)], parallel == "1")
            for name, what, by, parallel in (line.split("\t") for line in shown.splitlines())}


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def wall_clock(runs, linux, linnet, where=""):
    """{row: Linnet/Linux} by the best of interleaved runs."""
    best = {"linux": {}, "linnet": {}}
    for turn in range(runs):
        progress("wall clock, interleaved:", f"{where} {turn + 1} of {runs}".strip())
        for who, run in (("linux", linux), ("linnet", linnet)):
            for row, ticks in run().items():
                best[who][row] = min(ticks, best[who].get(row, ticks))
    return {row: best["linnet"][row] / ticks for row, ticks in best["linux"].items() if row in best["linnet"]}


def count(bench, words):
    """Instructions of Linux as shipped, of bare Linux and of Linnet, with facts."""
    progress("counting instructions on Linux")
    shipped, bare = bench.linux(AS_SHIPPED, words, icount=True), bench.linux(BARE, words, icount=True)
    progress("counting instructions on Linnet")
    return shipped, bare, bench.linnet(words, icount=True)


def measure(options, about, bench):
    times = ["--times", str(options.times)]
    wanted = options.rows or list(about)
    plain = [name for name in about if name in wanted and about[name].by != "programs"]
    real = [name for name in about if name in wanted and about[name].by == "programs"]
    shipped, bare, linnet, facts, wall = {}, {}, {}, None, {}
    for machine, rows in ((bench, plain), (bench.with_programs(), real)):
        if not rows:
            continue
        words = [*times, ",".join(rows)]
        counts = count(machine, words)
        facts = facts or (counts[1][1], counts[2][1])
        for into, (ticks, _) in zip((shipped, bare, linnet), counts):
            into.update(ticks)
        wall |= wall_clock(options.runs, lambda: machine.linux(BARE, words)[0], lambda: machine.linnet(words)[0])
    clear()
    rows = []
    for name in (*plain, *real):
        counted = linnet[name] / bare[name]
        by_wall = about[name].by == "wall clock" and name in wall
        rows.append({"name": name, "what": about[name].what, "unit": "instructions",
                     "linux": bare[name] / TICKS_PER_INSTRUCTION, "linnet": linnet[name] / TICKS_PER_INSTRUCTION,
                     "ratio": wall[name] if by_wall else counted, "by_wall_clock": by_wall, "ratio_count": counted,
                     "ratio_shipped": linnet[name] / shipped[name], "ratio_wall": wall.get(name)})
    compared = [row for row in rows if not row["by_wall_clock"]]
    return {"rows": rows, "mean": geometric_mean(row["ratio"] for row in compared),
            "mean_shipped": geometric_mean(row["ratio_shipped"] for row in compared),
            "boot": {who: fact["boot"] / TICKS_PER_INSTRUCTION for who, fact in zip(("linux", "linnet"), facts)},
            "memory_used": {who: (MEMORY if plain else PROGRAMS_MEMORY) - fact["memory"]
                            for who, fact in zip(("linux", "linnet"), facts)}}


def measure_scale(options, about, bench):
    """{what: {row: {CPUs: Linnet/Linux}}} of the rows that several processes can do at once: by instructions, which the
    emulator then executes in turns, and by wall clock."""
    rows = [name for name in about if about[name].parallel and (not options.rows or name in options.rows)]
    if not rows:
        raise Problem("none of these rows is part of the curve", 2)
    curves = {"instructions": {row: {} for row in rows}}
    if options.runs > 0:
        curves["wall clock"] = {row: {} for row in rows}
    for cpus in CPUS:
        words = ["--times", str(options.times), "--together", str(cpus), ",".join(rows)]
        progress("counting instructions", f"{cpus} CPUs")
        linux = bench.linux(BARE, words, icount=True, cpus=cpus)[0]
        linnet = bench.linnet(words, icount=True, cpus=cpus)[0]
        ratios = {"instructions": {row: linnet[row] / linux[row] for row in rows}}
        ratios["wall clock"] = wall_clock(options.runs, lambda: bench.linux(BARE, words, cpus=cpus)[0],
                                          lambda: bench.linnet(words, cpus=cpus)[0], f"{cpus} CPUs")
        for what, curve in curves.items():
            for row in rows:
                curve[row][cpus] = ratios[what][row]
    clear()
    return curves


def table(result):
    yield ("row", "what", "Linux", "Linnet", "ratio", "to shipped", "wall clock")
    for row in result["rows"]:
        yield (row["name"], row["what"], f"{row['linux']:.0f}", f"{row['linnet']:.0f}",
               "(wall)" if row["by_wall_clock"] else f"{row['ratio']:.2f}", f"{row['ratio_shipped']:.2f}",
               "" if row["ratio_wall"] is None else f"{row['ratio_wall']:.2f}")


def print_result(result, markdown):
    lines = list(table(result))
    if markdown:
        lines.insert(1, ("---", "---", *["---:"] * 5))
        print("\n".join("| " + " | ".join(line) + " |" for line in lines))
    else:
        widths = [max(map(len, column)) for column in zip(*lines)]
        for line in lines:
            print("  ".join(cell.ljust(w) if i < 2 else cell.rjust(w)
                            for i, (cell, w) in enumerate(zip(line, widths))))
    boot, memory = result["boot"], result["memory_used"]
    print(f"\nInstructions per operation; `(wall)` rows move bytes and are compared by wall clock.\n"
          f"Geometric mean of the counted rows: {result['mean']:.2f} ({result['mean_shipped']:.2f} to Linux as "
          f"shipped).\nPower-on to user space: Linux {boot['linux'] / 1e6:.0f} million instructions, Linnet "
          f"{boot['linnet'] / 1e6:.1f} million ({boot['linux'] / boot['linnet']:.0f} times fewer).\n"
          f"Memory in use with one program running: Linux {memory['linux'] / 2**20:.1f} MiB, Linnet "
          f"{memory['linnet'] / 2**20:.1f} MiB.", flush=True)


def print_scale(curves):
    for what, curve in curves.items():
        print(f"{what:<16}" + "".join(f"{cpus} CPU{'s' if cpus > 1 else ''}".rjust(9) for cpus in CPUS))
        for row, at in curve.items():
            print(f"{row:<16}" + "".join(f"{at[cpus]:9.2f}" for cpus in CPUS))
        print()
    print("Linnet/Linux of one operation: as many processes as CPUs do the row at once.", flush=True)


def write(options, result, picture):
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    if options.plot:
        pathlib.Path(options.plot).write_text(picture(result))
        say(f"picture in {options.plot}")


def main(argv):
    options = arguments(argv)
    program, init = programs()
    about = describe(program)
    unknown = [row for row in options.rows if row not in about]
    if unknown:
        raise Problem(f"no row '{unknown[0]}': see ./linnet bench --list", 2)
    if options.list:
        print("\n".join(f"{name:<18}{row.what}" for name, row in about.items()))
        return 0
    build.build_kernel(options.preset)
    bench = Bench(program, init, options.preset)
    if options.scale:
        curves = measure_scale(options, about, bench)
        print_scale(curves)
        write(options, curves, lambda curves: plot.curve("instructions", curves["instructions"]))
        return 0
    result = measure(options, about, bench)
    print_result(result, options.markdown)
    write(options, result, plot.ratios)
    worst = [row["name"] for row in result["rows"] if row["ratio"] > 1]
    if worst:
        say(f"above Linux: {', '.join(worst)}")
    sys.stdout.flush()
    return 0
