"""The scanner: numbers out of instructions, calls out of imports, the answer in words."""

import pathlib
import subprocess
import tempfile
import unittest

from linnet import scan

DISASSEMBLY = """
0000000000001000 <first>:
    1000:\tmovl\t$0x27, %eax
    1005:\tsyscall
    1007:\txorl\t%eax, %eax
    1009:\tmovq\t%rsi, %rdi
    100c:\tsyscall
    100e:\tretq
0000000000001010 <second>:
    1010:\tsyscall
    1012:\tmovl\t$0x65, %eax
    1017:\tmovl\t%edx, %eax
    1019:\tsyscall
"""


class Scan(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(scan.numbers_in(DISASSEMBLY), ({39, 0}, 2))

    def test_imports(self):
        text = ("     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND fork@GLIBC_2.2.5 (2)\n"
                "     2: 0000000000001000     9 FUNC    GLOBAL DEFAULT   14 main\n")
        self.assertEqual(scan.imports_in(text), {"fork"})

    def test_functions(self):
        calls = scan.calls_of_functions({"fork", "ptrace", "pread64", "lseek64", "printf"})
        self.assertEqual(set(calls), {"clone", "ptrace", "pread64", "lseek"})

    def test_words(self):
        lines, lacks = scan.report("x", {"read": {"read()"}}, [], 0)
        self.assertFalse(lacks)
        self.assertIn("nothing is missing", lines[0])
        absent = next(name for name, call in scan.table().items() if call["state"] == "no" and name not in scan.HAS_WAY_OUT)
        lines, lacks = scan.report("x", {absent: {"f()"}}, ["liba.so"], 1)
        self.assertTrue(lacks)
        text = "\n".join(lines)
        for piece in (absent, "f()", "liba.so", "1 system call instruction"):
            self.assertIn(piece, text)

    def test_a_program(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "a.S"
            source.write_text(".globl _start\n_start: movl $101, %eax\n syscall\n movl $60, %eax\n syscall\n")
            program = source.with_suffix("")
            subprocess.run(["clang-19", "-nostdlib", "-static", source, "-o", program], check=True)
            reasons, missing, unknown = scan.scan(program, lambda name: None)
            self.assertEqual((set(reasons), missing, unknown), ({"ptrace", "exit"}, [], 0))
            self.assertRaises(scan.Problem, scan.scan, source, lambda name: None)


if __name__ == "__main__":
    unittest.main()
