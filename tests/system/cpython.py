"""CPython's regression suite, unmodified, by the table tests/programs/cpython.toml. Long: plays with --full.

usage: python3 tests/system/cpython.py MODULE...   runs modules, listed or not, and shows how they end
"""

import pathlib
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tools"))

from linnet import batch, scene  # noqa: E402

SECONDS = 900      # of one test
TOGETHER = 12      # modules that one python3 runs, one after the other
RESOURCES = "all,-network,-urlfetch,-largefile,-audio,-gui,-tzdata"


def load():
    with open(TOP / "tests/programs/cpython.toml", "rb") as file:
        return tomllib.load(file)


def command(table, modules):
    unwanted = [name for name in [*table["absent"], *table["blocked"]] if "." in name]
    ignored = " ".join(f"--ignore '{name}'" for name in unwanted)
    return f"python3 -m test --timeout {SECONDS} -u {RESOURCES} {ignored} {' '.join(modules)}"


def run(stage, table, groups):
    """What became of each group of modules: problems as text."""
    root = "debian+" + ",".join(table["root"]["packages"])
    names = {" ".join(group): group for group in groups}
    played = batch.play(stage, {name: command(table, group) for name, group in names.items()},
                        {name: SECONDS + 120 * len(group) for name, group in names.items()},
                        ("--root", root, "--memory", "2G"), most=600 + sum(120 * len(group) for group in groups))
    for name in names:
        if name not in played:
            yield f"{name}: did not run"
        elif played[name].status != 0:
            yield f"{name}: status {played[name].status}\n{played[name].shown[-3000:]}"


def test_table_names_a_module_once(_):
    table = load()
    both = set(table["modules"]["names"]) & set(table["blocked"])
    assert not both, f"tests/programs/cpython.toml says of {both} that they pass and that they are blocked"


@scene.full
def test_modules(stage):
    table = load()
    names = table["modules"]["names"]
    failed = list(run(stage, table, [names[at:at + TOGETHER] for at in range(0, len(names), TOGETHER)]))
    assert not failed, f"{len(failed)} groups failed:\n" + "\n".join(failed)


def main():
    with scene.Stage("cpython") as stage:
        print("\n".join(run(stage, load(), [[module] for module in sys.argv[1:]])) or "all pass")


if __name__ == "__main__":
    main()
