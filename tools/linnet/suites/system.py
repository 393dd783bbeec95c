"""Scenes of the whole machine: each function test_* of tests/system/*.py is one, and gets a scene.Stage."""

import importlib.util
import traceback

from .. import build, scene
from ..paths import TOP
from . import Job

NAME = "system"
FOLDER = TOP / "tests/system"


def jobs(options):
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"scenes_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            full = f"{NAME}/{path.stem}/{name.removeprefix('test_')}"
            only_full = getattr(function, "only_full", False)
            if name.startswith("test_") and options.may_match(full) and (options.full or not only_full):
                found.append(_job(full, function))
    if found:
        build.build_kernel("release")
    return found


def _job(name, function):
    def work(report):
        with scene.Stage(name) as stage:
            try:
                function(stage)
            except scene.Skip as reason:
                report.skip(name, reason)
            except Exception as error:  # a scene may fail in any way; all are results
                where = traceback.extract_tb(error.__traceback__)
                place = next((f"{f.filename}:{f.lineno}" for f in reversed(where) if "tests/system" in f.filename), "")
                report.add(name, False, f"{place}: {type(error).__name__}: {error}\n{stage.seen()}")
            else:
                report.add(name, True)
    return Job(name, work, 2)
