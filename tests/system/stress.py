"""Debian's stress-ng, unmodified: every stressor but those that tests/programs/stress.toml names. Long: plays with --full.

usage: python3 tests/system/stress.py [REGEX [CPUS]]   runs the stressors whose whole name matches, listed ones too
       python3 tests/system/stress.py --pressure       half an hour of all of them with too little memory
"""

import pathlib
import re
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tools"))

from linnet import batch, scene  # noqa: E402

SECONDS = 240     # of one stressor: it runs for RUN_SECONDS and then ends in its own time
RUN_SECONDS = 2
MEMORY = "1536M"
# Names are given back first: that is a test too, of trees as deep and as wide as stressors leave them.
FREE = "echo 2 > /proc/sys/vm/drop_caches; sleep 1; grep MemFree: /proc/meminfo"
KEPT_MIB = 16     # what may stay at the end, in parts of slabs
PRESSURE_MEMORY = "1G"
PRESSURE_ROUNDS, PRESSURE_SECONDS = 36, 50
# Together they want more memory than there is: what runs beside them meets failing allocations and the out-of-memory killer.
PRESSURE = "--vm 2 --vm-bytes 70% --bigheap 1 --bigheap-growth 1m --brk 1"
UNPRIVILEGED = "setpriv --reuid 65534 --regid 65534 --clear-groups "
# Status 0 is also what a stressor ends with that found nothing to do.
IDLE = re.compile(r"skipp(?:ing|ed)|not implemented|No stress workers|aborted early", re.IGNORECASE)


def load():
    with open(TOP / "tests/programs/stress.toml", "rb") as file:
        return tomllib.load(file)


def machine(table, cpus):
    return "--root", "debian+" + ",".join(table["root"]["packages"]), "--smp", str(cpus), "--memory", MEMORY


def stressors(stage, table):
    """All that this version knows, so that none is forgotten."""
    ran = stage.run("stress-ng", "--stressors", options=machine(table, 2))
    names = ran.stdout.decode().split()
    assert ran.status == 0 and len(names) > 200, f"stress-ng lists no stressors: {ran}"
    return names


def command(table, name, instances):
    words = ["stress-ng", f"--{name} {instances}", f"-t {RUN_SECONDS}", table["all"]["options"], table["options"].get(name, "")]
    return (UNPRIVILEGED if name in table["unprivileged"]["names"] else "") + " ".join(words)


def passed(played):
    return played.status == 0 and not IDLE.search(played.shown)


def run(stage, table, names, cpus):
    scripts = {name: command(table, name, cpus) for name in names}
    scripts = {"before": FREE, **scripts, "after": FREE}
    return batch.play(stage, scripts, SECONDS, machine(table, cpus), most=60 + 30 * len(scripts))


def free_mib(played):
    return int(re.search(r"MemFree: *(\d+)", played.shown)[1]) >> 10


def judge(stage, cpus):
    table = load()
    listed = table["absent"] | table["blocked"]
    known = stressors(stage, table)
    strangers = [name for name in [*listed, *table["options"], *table["unprivileged"]["names"]] if name not in known]
    assert not strangers, f"tests/programs/stress.toml names no stressors: {strangers}"
    names = [name for name in known if name not in listed]
    played = run(stage, table, names, cpus)
    failed = [f"{name}: {played[name].status if name in played else 'did not run'}\n{played[name].shown[-1500:] if name in played else ''}"
              for name in names if name not in played or not passed(played[name])]
    assert not failed, f"{len(failed)} of {len(names)} stressors failed:\n" + "\n".join(failed)
    before, after = free_mib(played["before"]), free_mib(played["after"])
    assert after > before - KEPT_MIB, f"{before} MiB were free before, {after} MiB after"


@scene.full
def test_stressors_2_cpus(stage):
    judge(stage, 2)


@scene.full
def test_stressors_4_cpus(stage):
    judge(stage, 4)


def pressure(stage, table, cpus):
    """Rounds of a few stressors at once beside PRESSURE: all rounds end, the machine goes on, and memory comes back. What
    a stressor makes of failing allocations is its own affair. Tells what was free after each round."""
    listed = {*table["absent"], *table["blocked"], *table["unprivileged"]["names"], "vm", "bigheap", "brk"}
    names = [name for name in stressors(stage, table) if name not in listed]
    scripts = {"free before": FREE}
    for number in range(PRESSURE_ROUNDS):
        beside = " ".join(f"--{name} 1" for name in names[number::PRESSURE_ROUNDS])
        scripts[f"round {number}"] = f"stress-ng {beside} {PRESSURE} -t {PRESSURE_SECONDS} --temp-path . 2>&1 | tail -n 20"
        scripts[f"free after round {number}"] = FREE
    options = *machine(table, cpus)[:-1], PRESSURE_MEMORY
    return batch.play(stage, scripts, 4 * PRESSURE_SECONDS, options, most=PRESSURE_ROUNDS * 4 * PRESSURE_SECONDS)


@scene.full
def test_half_an_hour_under_memory_pressure(stage):
    played = pressure(stage, load(), 2)
    for name, what in played.items():
        assert what.status == 0, f"{name}: status {what.status}\n{what.shown[-1500:]}"
    free = {name: free_mib(what) for name, what in played.items() if name.startswith("free")}
    assert len(free) == PRESSURE_ROUNDS + 1, f"some rounds did not run: {list(played)}"
    *_, last = free.values()
    assert last > free["free before"] - KEPT_MIB, f"MiB free: {free}"


@scene.full
def test_blocked_stressors_are_still_needed(stage):
    table = load()
    played = run(stage, table, list(table["blocked"]), 2)
    passing = [name for name, what in played.items() if name in table["blocked"] and passed(what)]
    assert not passing, f"these pass, take them off [blocked] in tests/programs/stress.toml: {passing}"


def main():
    if sys.argv[1:] == ["--pressure"]:
        with scene.Stage("stress") as stage:
            for name, what in pressure(stage, load(), 2).items():
                print(f"{name}: status {what.status}", *what.shown.splitlines(), sep="\n     ")
        return
    wanted, cpus = re.compile(sys.argv[1] if len(sys.argv) > 1 else ""), int(sys.argv[2]) if len(sys.argv) > 2 else 2
    table = load()
    with scene.Stage("stress") as stage:
        names = [name for name in stressors(stage, table) if wanted.fullmatch(name)]
        played = run(stage, table, names, cpus)
    for name in names:
        what = played.get(name)
        print(f"{'ok  ' if what and passed(what) else 'FAIL'} {name}: {what.status if what else 'did not run'}")
        if what and (not passed(what) or len(names) < 5):
            print("\n".join("     " + line for line in what.shown.splitlines()[-30:]))
    print(f"MiB free: {free_mib(played['before'])} before, {free_mib(played['after'])} after" if "after" in played else "")


if __name__ == "__main__":
    main()
