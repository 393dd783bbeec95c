#!/usr/bin/python3
"""Turns kernel/Kconfig and a preset's answers into generated/config.h and config.cmake.

The answers are the preset's (kernel/configs/PRESET.config) with build/PRESET/.config on top when that file
exists; `./linnet menuconfig PRESET` writes it. A file is written only when its content changes, so that nothing
is compiled again for nothing.
"""

import argparse
import pathlib
import sys

try:
    import kconfiglib
except ImportError:
    sys.exit("genconfig: the Python module kconfiglib is missing; run tools/setup")


def header_value(symbol):
    if symbol.type in (kconfiglib.BOOL, kconfiglib.TRISTATE):
        return "1" if symbol.str_value == "y" else "0"
    if symbol.type == kconfiglib.STRING:
        return '"' + kconfiglib.escape(symbol.str_value) + '"'
    return symbol.str_value or "0"


def cmake_value(symbol):
    if symbol.type in (kconfiglib.BOOL, kconfiglib.TRISTATE):
        return "ON" if symbol.str_value == "y" else "OFF"
    return '"' + kconfiglib.escape(symbol.str_value) + '"'


def write_if_changed(path, text):
    path = pathlib.Path(path)
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def load(kconfig_path, answer_files):
    kconfig = kconfiglib.Kconfig(kconfig_path, warn_to_stderr=False)
    kconfig.warn_assign_override = False
    kconfig.warn_assign_redun = False
    for number, path in enumerate(answer_files):
        kconfig.load_config(path, replace=number == 0)
    return kconfig


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kconfig", required=True, help="the option tree")
    parser.add_argument("--defaults", required=True, help="the preset's answers")
    parser.add_argument("--config", required=True, help="answers by hand, used when the file exists")
    parser.add_argument("--header", required=True, help="C header to write")
    parser.add_argument("--cmake", required=True, help="CMake file to write")
    args = parser.parse_args()

    answers = [args.defaults]
    if pathlib.Path(args.config).exists():
        answers.append(args.config)
    kconfig = load(args.kconfig, answers)
    if kconfig.warnings:
        sys.exit("\n".join("genconfig: " + warning for warning in kconfig.warnings))

    symbols = [s for s in kconfig.unique_defined_syms if s.type != kconfiglib.UNKNOWN]
    origin = "from kernel/Kconfig by tools/kconfig/genconfig.py"
    header = [f"// Build options, made {origin}. Every bool is 0 or 1.", "#pragma once"]
    header += [f"#define CONFIG_{s.name} {header_value(s)}" for s in symbols]
    cmake = [f"# Build options, made {origin}."]
    cmake += [f"set(CONFIG_{s.name} {cmake_value(s)})" for s in symbols]
    write_if_changed(args.header, "\n".join(header) + "\n")
    write_if_changed(args.cmake, "\n".join(cmake) + "\n")


if __name__ == "__main__":
    main()
