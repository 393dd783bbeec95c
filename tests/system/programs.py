"""Unmodified Debian programs, from the tables of tests/programs: each runs and what it shows is what it must. The tables
take minutes each, so they play with --full, and keep their rows of docs/programs.md; a page that says something else is
a failure.

usage: python3 tests/system/programs.py [REGEX [TABLE...]]   tries the programs whose name matches and shows what they print
"""

import pathlib
import re
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tools"))

from linnet import batch, debian, scene  # noqa: E402

PAGE = TOP / "docs/programs.md"
TABLES = ("base", "extra", "develop", "languages", "services")
ELSEWHERE = ("cpython", "stress")    # tables that scenes of their own play
SECONDS = 120    # of one program, unless its row says more


class Program:
    def __init__(self, package, name, run, shows, status=0, seconds=SECONDS):
        self.package, self.name, self.run, self.shows, self.status, self.seconds = package, name, run, shows, status, seconds
        self.ended, self.shown = None, ""

    def passed(self):
        return self.ended == self.status and re.search(self.shows, self.shown, re.MULTILINE) is not None

    def result(self):
        if self.ended is None:
            return "did not run"
        if self.ended == batch.STOPPED:
            return "the machine stopped"
        if self.passed():
            return "passes"
        if self.ended in (124, 137) and self.status != self.ended:
            return f"no end after {self.seconds} s"
        return f"status {self.ended}" if self.ended != self.status else "shows something else"


class Table:
    """A file of tests/programs: its programs, and the options of ./linnet run for the machine that they share."""

    def __init__(self, name):
        with open(TOP / f"tests/programs/{name}.toml", "rb") as file:
            rows = tomllib.load(file)
        root = rows.pop("root", {})
        packages = ",".join(root.get("packages", ()))
        self.options = ["--root", f"debian+{packages}" if packages else "debian"]
        if "memory" in root:
            self.options += ["--memory", root["memory"]]
        self.options += [word for source, target in root.get("add", {}).items() for word in ("--add", f"{TOP / source}:{target}")]
        self.programs = [Program(package, name, **what) for package, some in rows.items() for name, what in some.items()]


def version(package):
    """Of the newest package that the root was made from."""
    found = sorted(debian.DEBS.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    return found[-1].name.split("_")[1].replace("%3a", ":") if found else "?"


def play(stage, table, programs):
    """Some of a table's programs, in one machine."""
    limits = {program: program.seconds for program in programs}
    # Most programs are done in a moment; a few may take all the time that they have.
    played = batch.play(stage, {program: program.run for program in programs}, limits, table.options,
                        300 + sum(limits.values()) // 2)
    for program, what in played.items():
        program.ended, program.shown = what.status, what.shown


def rows(text):
    """What a page says: {(program, package): (version, result)}."""
    lines = [line[2:].split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    return {(cells[0], cells[1]): (cells[2], cells[3]) for cells in lines}


def page(tables, known):
    """The page of what was played, and for all else what was known."""
    lines = []
    for program in (program for table in tables for program in table.programs):
        told = (version(program.package), program.result())
        if program.ended is None:
            told = known.get((program.name, program.package), told)
        text = re.sub(r"\s*\n\s*", "; ", program.run.strip())
        text = text if len(text) <= 160 else text[:157] + "..."
        text = text.replace("|", "\\|")
        # Code marks that are longer than any inside.
        mark = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        lines.append(f"| {program.name} | {program.package} | {' | '.join(told)} | {mark}{text}{mark} |")
    passing = sum(" | passes | " in line for line in lines)
    return "\n".join([
        f"{passing} of {len(lines)} programs pass", "",
        "Unmodified programs of Debian 12, tried on Linnet. The lists are tests/programs/*.toml, which also say what each",
        "must show; `./linnet test --full --filter system/programs` runs them and compares this page with what it saw.", "",
        "| program | package | version | result | what was run |", "| --- | --- | --- | --- | --- |", *lines]) + "\n"


def test_page_lists_every_program(_):
    wanted = [(p.name, p.package) for name in TABLES for p in Table(name).programs]
    assert len({name for name, _ in wanted}) == len(wanted), "a name is there twice"
    assert list(rows(PAGE.read_text())) == wanted, "run ./linnet test --full --filter system/programs"
    assert sorted(f"{name}.toml" for name in (*TABLES, *ELSEWHERE)) == sorted(path.name for path in PAGE.parents[1].glob("tests/programs/*.toml"))


def play_table(stage, name):
    tables = {each: Table(each) for each in TABLES}
    programs = tables[name].programs
    play(stage, tables[name], programs)
    old = PAGE.read_text()
    known = rows(old)
    failed = [f"{p.name}: {p.result()}: {p.shown[-300:]!r}" for p in programs
              if not p.passed() and known.get((p.name, p.package), ("", "passes"))[1] == "passes"]
    text = page(tables.values(), known)
    if text != old:
        PAGE.write_text(text)
        failed.append(f"{PAGE.relative_to(TOP)} was not what these runs show; it is now: look at it and commit it")
    assert not failed, "\n".join(failed)


@scene.full
def test_base(stage):
    play_table(stage, "base")


@scene.full
def test_extra(stage):
    play_table(stage, "extra")


@scene.full
def test_develop(stage):
    play_table(stage, "develop")


@scene.full
def test_languages(stage):
    play_table(stage, "languages")


@scene.full
def test_services(stage):
    play_table(stage, "services")


def main():
    regex, names = sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:] or TABLES
    for name in names:
        table = Table(name)
        chosen = [program for program in table.programs if re.search(regex, program.name)]
        if not chosen:
            continue
        with scene.Stage("programs") as stage:
            play(stage, table, chosen)
        for program in chosen:
            print(f"{'ok  ' if program.passed() else 'FAIL'} {program.name}: {program.result()}")
            if not program.passed() or regex:
                print("\n".join("     " + line for line in program.shown.splitlines()[-40:]))
        print(f"{name}: {sum(program.passed() for program in chosen)} of {len(chosen)} pass", flush=True)


if __name__ == "__main__":
    main()
