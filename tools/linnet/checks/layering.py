"""Every include points down, as the table of floors in tools/cmake/floors.cmake says."""

import re

from ..paths import TOP
from . import sources

_SET = re.compile(r"^set\((F\d+) (.+)\)", re.MULTILINE)
_FLOOR = re.compile(r"^floor\((\w+)\s+(\S+)\s+(trusted|checked)\s*(.*)\)", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


class Floor:
    def __init__(self, name, path, trusted, below):
        self.name, self.path, self.trusted, self.below = name, path, trusted, below


def floors():
    """{name: Floor} read from the build's own table."""
    text = (TOP / "tools/cmake/floors.cmake").read_text()
    groups = {}

    def expand(words):
        out = []
        for word in words.split():
            out += groups[word[2:-1]] if word.startswith("${") else [word]
        return out

    for line in text.splitlines():
        if match := _SET.match(line):
            groups[match[1]] = expand(match[2])
    table = {"abi": Floor("abi", "abi", True, []), "base": Floor("base", "base", True, ["abi"])}
    for match in _FLOOR.finditer(text):
        # A floor's row is read after every set() above it; later groups do not appear in it.
        table[match[1]] = Floor(match[1], match[2], match[3] == "trusted", expand(match[4]))
    return table


def floor_of(path, table):
    name = sources.relative(path)
    fitting = [floor for floor in table.values() if name.startswith(floor.path + "/")]
    return max(fitting, key=lambda floor: len(floor.path), default=None)


def check(options):
    table = floors()
    problems = []
    for path in sources.code(sources.tracked()):
        floor = floor_of(path, table)
        if not floor:
            continue
        allowed = {floor.name, "generated", *floor.below}
        for match in _INCLUDE.finditer(path.read_text(errors="replace")):
            target = match[1].partition("/")[0]
            if target in table and target not in allowed:
                problems.append(f"{sources.relative(path)}: includes \"{match[1]}\", which is not below {floor.name}")
    problems += [f"include cycle: {' -> '.join(cycle)}" for cycle in _cycles(table)]
    return problems, []


def _graph(table):
    """{header: headers of ours that it includes}."""
    folders = {floor.name: floor.path for floor in table.values()}
    graph = {}
    for path in sources.code(sources.tracked(), (".h",)):
        targets = []
        for match in _INCLUDE.finditer(path.read_text(errors="replace")):
            head, _, rest = match[1].partition("/")
            if head in folders:
                targets.append(f"{folders[head]}/{rest}")
        graph[sources.relative(path)] = targets
    return graph


def _cycles(table):
    graph, done, found = _graph(table), set(), []

    def visit(name, trail):
        if name in trail:
            found.append([*trail[trail.index(name):], name])
        elif name not in done:
            for target in graph.get(name, ()):
                visit(target, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
    return found
