"""What `./linnet check --all` judges, one result a check."""

import types

from .. import check
from . import Job

NAME = "check"


def jobs(options):
    everything = types.SimpleNamespace(all=True, lower=False)

    def work(report):
        for name, module in check.CHECKS.items():
            problems, _ = module.check(everything)
            report.add(f"{NAME}/{name}", not problems, "\n".join(problems))
    return [Job(NAME, work)]
