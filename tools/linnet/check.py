"""./linnet check: what can be judged without running the system."""

import argparse

from .checks import counters, format, layering, pages, readmes, tidy, trust
from .ui import clear, progress

CHECKS = {"format": format, "layering": layering, "trust": trust, "readmes": readmes, "pages": pages,
          "counters": counters}


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="./linnet check", description="Format of changed files, includes that point down, no raw memory "
        "in checked code, a README.md in each folder, pages made from tables, and counters that may only fall (tools/check/counters.json).")
    parser.add_argument("--tidy", action="store_true", help="clang-tidy on changed files too (slow)")
    parser.add_argument("--all", action="store_true", help="format and tidy of every file, not only changed ones")
    parser.add_argument("--lower", action="store_true", help="write fallen counters down as the new limits")
    options = parser.parse_args(arguments)
    failed = 0
    for name, module in {**CHECKS, **({"tidy": tidy} if options.tidy else {})}.items():
        progress("checking", name)
        problems, remarks = module.check(options)
        clear()
        print(f"{name}: {'ok' if not problems else f'{len(problems)} to fix'}")
        for line in remarks:
            print(f"    {line}")
        for line in problems[:50]:
            print(f"    {line}")
        failed += len(problems)
    print("check passed" if not failed else f"check failed: {failed} to fix")
    return 1 if failed else 0
