"""GoogleTest programs of the pure cores, under ASan and UBSan (preset host)."""

import json
import os
import subprocess
import tempfile

from .. import build
from ..fuzzing import sides
from ..paths import BUILD, TOP
from ..process import spawn
from . import Job

NAME = "host"
SECONDS = 300


def jobs(options):
    build.build_preset("host")
    found = []
    for program in sorted((BUILD / "host").glob("test_*")):
        if os.access(program, os.X_OK) and program.is_file():
            found.append(_job(f"{NAME}/{program.name.removeprefix('test_')}", program))
    for test in sorted((TOP / "user").rglob("*_test.cc")):
        sources = [test, *(test.parent.glob(test.name.replace("_test.cc", ".[ch]*")))]
        program = build.build_program(f"test_{test.parent.name}_{test.stem}", sources,
                                      ["-fexceptions", "-frtti", "-pthread"], libraries=["-lgtest_main", "-lgtest"])
        found.append(_job(f"{NAME}/{test.parent.name}", program))
    found.append(_job(f"{NAME}/fuzz", sides.test_program()))
    return found


def _job(name, program):
    def work(report):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            child = spawn([program, f"--gtest_output=json:{file.name}", "--gtest_brief=1"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace")
            try:
                said, _ = child.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()
                report.add(f"{name}/all", False, f"no end after {SECONDS} s")
                return
            _results(name, report, open(file.name).read(), said, child.returncode)
    return Job(name, work)


def _results(name, report, text, said, status):
    try:
        suites = json.loads(text)["testsuites"]
    except ValueError:
        # A sanitizer or a signal ended the program before it could write its results.
        report.add(f"{name}/all", False, f"exit status {status}\n{said}")
        return
    for suite in suites:
        for test in suite["testsuite"]:
            failures = "\n".join(failure["failure"] for failure in test.get("failures", []))
            report.add(f"{name}/{suite['name']}.{test['name']}", not failures, failures)
    if status not in (0, 1):
        report.add(f"{name}/exit", False, f"exit status {status}\n{said}")
