"""What the fuzzer's crash mode knows of edges and programs: the table of the kernel's image, ranges, names, the report."""

import struct
import unittest

from linnet.fuzzing import corpus, coverage, crash


def image_with(name, content):
    """An ELF file with one section besides that of names."""
    names = b"\0" + name + b"\0.shstrtab\0"
    header = 64
    at_names = header + len(content)
    at_sections = at_names + len(names)
    image = bytearray(at_sections + 3 * 64)
    image[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", image, 0x28, at_sections)
    struct.pack_into("<HHH", image, 0x3A, 64, 3, 2)
    image[header:at_names] = content
    image[at_names:at_sections] = names
    for index, (label, offset, size) in enumerate(((1, header, len(content)), (2 + len(name), at_names, len(names)))):
        struct.pack_into("<IIQQQQIIQQ", image, at_sections + 64 * (index + 1), label, 1, 0, 0, offset, size, 0, 0, 8, 0)
    return bytes(image)


TABLE = [(0x1000, 1), (0x1010, 0), (0x2000, 1), (0x3000, 1), (0x3004, 0), (0x3008, 0)]
SYMBOLS = [("fs::walk", "kernel/fs/walk.cc", 10), ("fs::free", "kernel/fs/walk.cc", 5),
           ("vm::map", "/x/build/coverage/include/vm/vm/tables.h", 7)]


class CoverageTest(unittest.TestCase):
    def test_ranges(self):
        self.assertEqual(coverage.numbers_of("-"), [])
        self.assertEqual(coverage.numbers_of("4"), [4])
        self.assertEqual(coverage.numbers_of("0-2,5,7-8"), [0, 1, 2, 5, 7, 8])

    def test_table(self):
        content = b"".join(struct.pack("<QQ", *pair) for pair in TABLE)
        self.assertEqual(coverage.table_of(image_with(b".coverage_table", content)), TABLE)
        self.assertEqual(coverage.table_of(image_with(b".other", content)), [])

    def test_functions(self):
        functions = coverage.functions_of(TABLE, SYMBOLS)
        self.assertEqual([(f.name, f.first, f.end) for f in functions],
                         [("fs::walk", 0, 2), ("fs::free", 2, 3), ("vm::map", 3, 6)])
        self.assertEqual(functions[2].file, "kernel/vm/tables.h")

    def test_source_path(self):
        self.assertEqual(coverage.source_path("include/arch/arch/cpu.h"), "kernel/arch/x86_64/cpu.h")
        self.assertEqual(coverage.source_path("build/coverage/../../kernel/fs/walk.cc"), "kernel/fs/walk.cc")
        self.assertEqual(coverage.source_path("kernel/fs/include.cc"), "kernel/fs/include.cc")

    def test_tables(self):
        functions = coverage.functions_of(TABLE, SYMBOLS)
        self.assertEqual(coverage.by_folder(functions, {0, 3, 4}), [("kernel/fs", 1, 3), ("kernel/vm", 2, 3)])
        lines = coverage.report(functions, {0, 3, 4})
        self.assertIn("33 %  kernel/fs/walk.cc", lines[0])
        self.assertEqual([line.split()[0] for line in lines[1:3]], ["never", "1"])
        self.assertIn("fs::free", lines[1])
        self.assertIn("   2 of    3 edges      7 vm::map", lines[4])


class CorpusTest(unittest.TestCase):
    def test_names(self):
        for name in ("1", "5012+77+3", "7+1_8x2+3"):
            self.assertTrue(corpus.is_name(name), name)
        for name in ("", "+1", "1+", "1 2", "-5", "1x", "a"):
            self.assertFalse(corpus.is_name(name), name)

    def test_only_what_is_new_is_kept(self):
        kept = corpus.Corpus(1)
        self.assertTrue(kept.add("1", "0-3"))
        self.assertFalse(kept.add("2", "1-2"))
        self.assertFalse(kept.add("3", "-"))
        self.assertTrue(kept.add("1", "9"))
        self.assertEqual((kept.names, kept.reached), (["1"], {0, 1, 2, 3, 9}))

    def test_proposals(self):
        kept = corpus.Corpus(7)
        self.assertEqual([kept.propose() for _ in range(3)], ["7", "8", "9"])
        kept.add("7", "1")
        kept.add("8", "2")
        names = [kept.propose() for _ in range(2000)]
        self.assertTrue(all(corpus.is_name(name) for name in names))
        self.assertTrue(any("x" in name for name in names))
        self.assertIn("10", names)
        again = corpus.Corpus(7)
        for _ in range(3):
            again.propose()
        again.add("7", "1")
        again.add("8", "2")
        self.assertEqual(names, [again.propose() for _ in range(2000)])

    def test_names_stay_short(self):
        kept = corpus.Corpus(1)
        for edge in range(3000):
            name = kept.propose()
            self.assertLess(len(name), 2 * corpus.LONGEST)
            kept.add(name, str(edge))


class AnswerTest(unittest.TestCase):
    def test_all_answered(self):
        self.assertEqual(crash.answers_of(["seed 1 12 3-7", "seed 1+2_3x4 9 -", "seed 5 7"]),
                         ([("1", 12, "3-7"), ("1+2_3x4", 9, "-"), ("5", 7, None)], None))

    def test_broken_off(self):
        self.assertEqual(crash.answers_of(["seed 1 12 -", "seed 2+1 "]), ([("1", 12, "-")], "2+1"))
        self.assertEqual(crash.answers_of([]), ([], None))


if __name__ == "__main__":
    unittest.main()
