"""Unmodified Debian programs, from the tables of tests/programs: each runs and what it shows is what it must. The whole
list takes minutes, so it plays with --full, and makes docs/programs.md; a page that says something else is a failure.

usage: python3 tests/system/programs.py [REGEX]   tries the programs whose name matches and shows what they print
"""

import pathlib
import re
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tools"))

from linnet import batch, debian, scene  # noqa: E402

PAGE = TOP / "docs/programs.md"
SECONDS = 60     # of one program


class Program:
    def __init__(self, package, name, run, shows=None, status=0):
        self.package, self.name, self.run, self.shows, self.status = package, name, run, shows, status
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
        if self.ended == 124 and self.status != 124:
            return f"no end after {SECONDS} s"
        return f"status {self.ended}" if self.ended != self.status else "shows something else"


def load(name):
    with open(TOP / f"tests/programs/{name}.toml", "rb") as file:
        table = tomllib.load(file)
    roots = table.pop("root", {"packages": []})["packages"]
    programs = [Program(package, name, **what) for package, rows in table.items() for name, what in rows.items()]
    return "debian" + ("+" + ",".join(roots) if roots else ""), programs


def version(package):
    """Of the newest package that the root was made from."""
    found = sorted(debian.DEBS.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    return found[-1].name.split("_")[1].replace("%3a", ":") if found else "?"


def play(stage, root, programs):
    """All of them in one machine."""
    played = batch.play(stage, {program: program.run for program in programs}, SECONDS, ("--root", root))
    for program, what in played.items():
        program.ended, program.shown = what.status, what.shown


def page(tables):
    programs = [program for table in tables for program in table]
    passing = sum(program.passed() for program in programs)
    lines = [f"{passing} of {len(programs)} programs pass", "",
             "Unmodified programs of Debian 12, tried on Linnet. The lists are tests/programs/*.toml, which also say what each",
             "must show; `./linnet test --full --filter programs` runs them and compares this page with what it saw.", "",
             "| program | package | version | result | what was run |", "| --- | --- | --- | --- | --- |"]
    for program in programs:
        text = re.sub(r"\s*\n\s*", "; ", program.run.strip())
        text = text if len(text) <= 160 else text[:157] + "..."
        text = text.replace("|", "\\|")
        # Code marks that are longer than any inside.
        mark = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        lines.append(f"| {program.name} | {program.package} | {version(program.package)} | {program.result()} | {mark}{text}{mark} |")
    return "\n".join(lines) + "\n"


def rows(text):
    return [tuple(line.split(" | ")[:2]) for line in text.splitlines() if line.startswith("| ")][2:]


def test_page_lists_every_program(_):
    wanted = [(f"| {p.name}", p.package) for name in ("base", "extra") for p in load(name)[1]]
    assert rows(PAGE.read_text()) == wanted, "run ./linnet test --full --filter programs"


@scene.full
def test_every_program(stage):
    tables, failed = [], []
    for name in ("base", "extra"):
        root, programs = load(name)
        play(stage, root, programs)
        tables.append(programs)
    known = dict(re.findall(r"^\| (.*?) \| .*? \| .*? \| (.*?) \|", PAGE.read_text(), re.MULTILINE)) if PAGE.exists() else {}
    for program in (program for table in tables for program in table):
        if not program.passed() and known.get(program.name) in (None, "passes"):
            failed.append(f"{program.name}: {program.result()}: {program.shown[-300:]!r}")
    text = page(tables)
    if text != PAGE.read_text():
        PAGE.write_text(text)
        failed.append(f"{PAGE.relative_to(TOP)} was not what these runs show; it is now: look at it and commit it")
    assert not failed, "\n".join(failed)


def main():
    for name in ("base", "extra"):
        root, programs = load(name)
        chosen = [program for program in programs if re.search(sys.argv[1] if len(sys.argv) > 1 else "", program.name)]
        if not chosen:
            continue
        with scene.Stage("programs") as stage:
            play(stage, root, chosen)
        for program in chosen:
            print(f"{'ok  ' if program.passed() else 'FAIL'} {program.name}: {program.result()}")
            if not program.passed() or len(sys.argv) > 1:
                print("\n".join("     " + line for line in program.shown.splitlines()[-40:]))
        print(f"{name}: {sum(program.passed() for program in chosen)} of {len(chosen)} pass")


if __name__ == "__main__":
    main()
