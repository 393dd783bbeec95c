"""./linnet bench: one static program on Debian's Linux and on Linnet, instructions counted, ratios."""

import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from . import apt, build, cpio, plot, qemu
from .paths import CACHE, PRESETS, ROOTS, TOP
from .process import end, spawn
from .ui import Problem, clear, progress, say

KERNEL_PACKAGE = "linux-image-cloud-amd64"
# Linux as Debian ships it, and without the work that Linnet does not do either: the stricter comparison.
AS_SHIPPED, BARE = "", "mitigations=off init_on_alloc=0"
MEMORY = 256 << 20
TIMEOUT = 900
TICKS_PER_INSTRUCTION = 2   # -icount shift=1, and the time-stamp counter counts nanoseconds


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="./linnet bench",
        description="Runs the same static program on Debian's cloud kernel and on Linnet in the same emulator, "
                    "counts instructions, and prints Linnet/Linux ratios (below 1 is better).")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows (default: all; see --list)")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="N times as many operations a row")
    parser.add_argument("--runs", type=int, default=3, metavar="N",
                        help="interleaved runs for the wall-clock column; 0 leaves it out (default 3)")
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
    flags = ("-O2", "-pthread")
    return (build.build_program("bench", [TOP / "bench/bench.cc"], flags),
            build.build_program("bench-linux-init", [TOP / "bench/linux_init.cc"], flags))


def linux_initrd(bench, init):
    """/init and /bench, written by the code that makes Linnet's root file systems."""
    archive, path = cpio.Archive(), ROOTS / "bench-linux.cpio"
    archive.host_file("init", init, 0o755)
    archive.host_file("bench", bench, 0o755)
    archive.save(path)
    return path


def run_linux(kernel, initrd, options, words, icount):
    append = f"console=ttyS0 quiet {options} -- {' '.join(words)}"
    machine = qemu.Machine(kernel=kernel, initrd=initrd, append=append, memory=MEMORY, icount=icount)
    return output_of([*machine.command(), "-serial", "stdio", "-monitor", "none"], "Linux")


def run_linnet(bench, words, icount, preset):
    command = [TOP / "linnet", "run", "--preset", preset, "--memory", f"{MEMORY >> 20}M", "--smp", "1",
               "--add", f"{bench}:/bench", *(["--icount"] if icount else []), "--", "/bench", *words]
    return output_of(command, "Linnet")


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
    if not rows:
        raise Problem(f"the benchmark printed no row on {who}:\n{out[-2000:]}\n{err[-2000:]}")
    return rows, facts


def describe(bench):
    """{row: (what it does, whether it moves bytes and is compared by wall clock)}"""
    shown = subprocess.run([bench, "--list"], capture_output=True, text=True, check=True).stdout
    return {name: (what, flag == "1") for name, what, flag in (line.split("\t") for line in shown.splitlines())}


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def wall_clock(runs, linux, linnet):
    """{row: Linnet/Linux} by the best of interleaved runs."""
    best = {"linux": {}, "linnet": {}}
    for turn in range(runs):
        progress("wall clock, interleaved:", f"{turn + 1} of {runs}")
        for who, run in (("linux", linux), ("linnet", linnet)):
            for row, ticks in run().items():
                best[who][row] = min(ticks, best[who].get(row, ticks))
    return {row: best["linnet"][row] / ticks for row, ticks in best["linux"].items() if row in best["linnet"]}


def measure(options, about, bench, init):
    kernel, initrd = linux_kernel(), linux_initrd(bench, init)
    words = ["--scale", str(options.scale), *options.rows]
    build.build_kernel(options.preset)
    progress("counting instructions on Linux")
    shipped, _ = run_linux(kernel, initrd, AS_SHIPPED, words, True)
    bare, bare_facts = run_linux(kernel, initrd, BARE, words, True)
    progress("counting instructions on Linnet")
    linnet, linnet_facts = run_linnet(bench, words, True, options.preset)
    wall = wall_clock(options.runs, lambda: run_linux(kernel, initrd, BARE, words, False)[0],
                      lambda: run_linnet(bench, words, False, options.preset)[0])
    clear()
    rows = []
    for name, (what, moves_bytes) in about.items():
        if name not in linnet or name not in bare:
            continue
        count = linnet[name] / bare[name]
        by_wall = moves_bytes and name in wall
        rows.append({"name": name, "what": what, "unit": "instructions",
                     "linux": bare[name] / TICKS_PER_INSTRUCTION, "linnet": linnet[name] / TICKS_PER_INSTRUCTION,
                     "ratio": wall[name] if by_wall else count, "by_wall_clock": by_wall, "ratio_count": count,
                     "ratio_shipped": linnet[name] / shipped[name], "ratio_wall": wall.get(name)})
    counted = [row for row in rows if not row["by_wall_clock"]]
    return {"rows": rows, "mean": geometric_mean(row["ratio"] for row in counted),
            "mean_shipped": geometric_mean(row["ratio_shipped"] for row in counted),
            "boot": {who: facts["boot"] / TICKS_PER_INSTRUCTION
                     for who, facts in (("linux", bare_facts), ("linnet", linnet_facts))},
            "memory_used": {who: MEMORY - facts["memory"]
                            for who, facts in (("linux", bare_facts), ("linnet", linnet_facts))}}


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


def main(argv):
    options = arguments(argv)
    bench, init = programs()
    about = describe(bench)
    unknown = [row for row in options.rows if row not in about]
    if unknown:
        raise Problem(f"no row '{unknown[0]}': see ./linnet bench --list", 2)
    if options.list:
        print("\n".join(f"{name:<18}{what}" for name, (what, _) in about.items()))
        return 0
    result = measure(options, about, bench, init)
    print_result(result, options.markdown)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    if options.plot:
        pathlib.Path(options.plot).write_text(plot.ratios(result))
        say(f"picture in {options.plot}")
    worst = [row["name"] for row in result["rows"] if row["ratio"] > 1]
    if worst:
        say(f"above Linux: {', '.join(worst)}")
    sys.stdout.flush()
    return 0
