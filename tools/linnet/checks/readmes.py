"""Each folder that is a floor or a chapter has a README.md of at most a page."""

from ..paths import TOP
from . import layering, sources

MOST_LINES = 90
FOLDERS = ("user", "tests", "tools", "docs", "abi", "base")


def check(options):
    folders = {TOP / name for name in FOLDERS} | {TOP / floor.path for floor in layering.floors().values()}
    problems = []
    for folder in sorted(folders):
        if not any(path.is_relative_to(folder) and path.suffix in sources.CODE + (".py", ".md") for path in sources.tracked()):
            continue
        readme = folder / "README.md"
        if not readme.exists():
            problems.append(f"{sources.relative(folder)}: no README.md")
        elif len(readme.read_text().splitlines()) > MOST_LINES:
            problems.append(f"{sources.relative(readme)}: longer than a page ({MOST_LINES} lines)")
    return problems, []
