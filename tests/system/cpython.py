"""CPython's regression suite, unmodified, by the table tests/programs/cpython.toml. Long: plays with --full.

usage: python3 tests/system/cpython.py MODULE...   runs modules, listed or not, and shows how they end
"""

import pathlib
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tools"))

from linnet import batch, scene  # noqa: E402

SECONDS = 900      # of one module
RESOURCES = "all,-network,-urlfetch,-largefile,-audio,-gui,-tzdata"


def load():
    with open(TOP / "tests/programs/cpython.toml", "rb") as file:
        return tomllib.load(file)


def command(table, module):
    unwanted = [name for name in [*table["absent"], *table["blocked"]] if "." in name]
    ignored = " ".join(f"--ignore '{name}'" for name in unwanted)
    return f"python3 -m test --timeout {SECONDS} -u {RESOURCES} {ignored} {module}"


def run(stage, table, modules):
    root = "debian+" + ",".join(table["root"]["packages"])
    return batch.play(stage, {module: command(table, module) for module in modules}, SECONDS,
                      ("--root", root, "--memory", "2G"), most=600 + 120 * len(modules))


def problem(module, played):
    if module not in played:
        return f"{module}: did not run"
    what = played[module]
    return None if what.status == 0 else f"{module}: status {what.status}\n{what.shown[-3000:]}"


def test_table_names_a_module_once(_):
    table = load()
    both = set(table["modules"]["names"]) & set(table["blocked"])
    assert not both, f"tests/programs/cpython.toml says of {both} that they pass and that they are blocked"


@scene.full
def test_modules(stage):
    table = load()
    played = run(stage, table, table["modules"]["names"])
    failed = list(filter(None, (problem(module, played) for module in table["modules"]["names"])))
    assert not failed, f"{len(failed)} modules failed:\n" + "\n".join(failed)


def main():
    with scene.Stage("cpython") as stage:
        played = run(stage, load(), sys.argv[1:])
    for module in sys.argv[1:]:
        print(problem(module, played) or f"{module}: passes")


if __name__ == "__main__":
    main()
