#!/usr/bin/env python3
"""Each rule of tools/check_tree.py fails on a tree that breaks it and passes on one that does not."""

import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tools"))

import check_tree  # noqa: E402


class TreeTest(unittest.TestCase):
    def findings(self, files):
        """The findings of one tree made of {path: text}, as printed."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return [f"{f.path}:{f.line}: {f.text}" for f in check_tree.findings(root)]

    def source(self, text, path="src/base/a.cc"):
        """The findings of a tree with one source file that its CMakeLists.txt names."""
        return self.findings({path: text, os.path.dirname(path) + "/CMakeLists.txt": "a.cc"})

    def assert_finds(self, found, *parts):
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])


class LayersTest(TreeTest):
    def test_lets_an_include_point_down(self):
        self.assertEqual(self.source('#include "segmentd/event/event.h"\n', "src/feature/a.cc"), [])

    def test_refuses_an_include_that_points_up(self):
        self.assert_finds(
            self.source('\n#include "segmentd/pipeline/model.h"\n', "src/model/a.cc"),
            "src/model/a.cc:2:",
            "model includes pipeline",
        )

    def test_refuses_an_adapter_in_another_one(self):
        self.assert_finds(
            self.source('#include "segmentd/rocks/store.h"\n', "src/kafka/a.cc"),
            "kafka includes rocks",
        )

    def test_refuses_an_adapter_in_the_runtime(self):
        self.assert_finds(
            self.source('#include "segmentd/kafka/sink.h"\n', "src/runtime/a.cc"),
            "runtime includes kafka",
        )

    def test_refuses_a_private_header_of_another_module(self):
        self.assert_finds(
            self.source('#include "feature/catalogue.h"\n', "src/pipeline/a.cc"),
            "private to feature",
        )

    def test_lets_a_module_include_its_own_private_header(self):
        found = self.findings(
            {
                "src/feature/a.cc": '#include "feature/catalogue.h"\n',
                "src/feature/catalogue.h": "",
                "src/feature/CMakeLists.txt": "a.cc",
            }
        )
        self.assertEqual(found, [])

    def test_wants_a_layer_for_a_new_module(self):
        self.assert_finds(self.source("", "src/novelty/a.cc"), "'novelty' has no layer")

    def test_holds_for_contracts_too(self):
        found = self.findings(
            {
                "include/segmentd/event/a.h": '#include "segmentd/feature/fold.h"\n',
                "src/app/a.cc": '#include "segmentd/event/a.h"\n',
                "src/app/CMakeLists.txt": "a.cc",
            }
        )
        self.assert_finds(found, "include/segmentd/event/a.h:1:", "event includes feature")

    def test_keeps_each_library_in_its_module(self):
        for header, home in [
            ("librdkafka/rdkafka.h", "kafka"),
            ("rocksdb/db.h", "rocks"),
            ("httplib.h", "http"),
            ("prometheus/registry.h", "telemetry"),
            ("yaml-cpp/yaml.h", "config"),
            ("CLI/CLI.hpp", "app"),
            ("spdlog/spdlog.h", "app"),
            ("Eigen/Core", "model"),
            ("simdjson.h", "event"),
            ("protozero/pbf_reader.hpp", "event"),
        ]:
            with self.subTest(header=header):
                text = f"#include <{header}>\n"
                self.assertEqual(self.source(text, f"src/{home}/a.cc"), [])
                self.assert_finds(self.source(text, "src/segment/a.cc"), header, home)

    def test_keeps_io_and_threads_out_of_the_pure_modules(self):
        for header in ["thread", "fstream", "iostream", "filesystem", "unistd.h", "sys/stat.h"]:
            with self.subTest(header=header):
                self.assert_finds(self.source(f"#include <{header}>\n", "src/model/a.cc"), header)


class SizesTest(TreeTest):
    def test_refuses_a_long_source(self):
        self.assertEqual(self.source("\n" * 400), [])
        self.assert_finds(self.source("\n" * 401), "src/base/a.cc:401:", "401 lines")

    def test_refuses_a_long_header(self):
        for lines, count in [(200, 0), (201, 1)]:
            found = self.findings(
                {
                    "src/base/b.h": "\n" * lines,
                    "src/base/a.cc": '#include "base/b.h"\n',
                    "src/base/CMakeLists.txt": "a.cc",
                }
            )
            self.assertEqual(len(found), count, found)

    def function(self, lines):
        return "namespace a {\nint F(int a) {\n" + "  a += 1;\n" * (lines - 2) + "}\n}\n"

    def test_refuses_a_long_function(self):
        self.assertEqual(self.source(self.function(70)), [])
        self.assert_finds(self.source(self.function(71)), "src/base/a.cc:2:", "71 lines")

    def test_finds_a_long_method(self):
        body = "class A {\n public:\n  void F() {\n" + "    g();\n" * 70 + "  }\n};\n"
        self.assert_finds(self.source(body), "src/base/a.cc:3:", "72 lines")

    def test_finds_a_long_function_whatever_its_literals_hold(self):
        body = 'void F() {\n  g("}", \'{\', R"({{{)");  // {\n' + "  g(1'000);\n" * 70 + "}\n"
        self.assert_finds(self.source(body), "73 lines")

    def test_takes_neither_a_class_nor_a_table_for_a_function(self):
        rows = "  int a;\n" * 80
        self.assertEqual(self.source("class A : public B<int()> {\n" + rows + "};\n"), [])
        self.assertEqual(self.source("const int kTable[] = {\n" + "  1,\n" * 80 + "};\n"), [])

    def test_refuses_a_long_line(self):
        self.assertEqual(self.source("// " + "x" * 97 + "\n"), [])
        self.assert_finds(self.source("\n// " + "x" * 98 + "\n"), "src/base/a.cc:2:", "101 columns")

    def test_leaves_a_long_literal_in_one_piece(self):
        self.assertEqual(self.source('F("' + "x" * 98 + '");\n'), [])


class UsedTest(TreeTest):
    def test_finds_a_source_that_no_build_names(self):
        found = self.findings({"src/base/a.cc": "", "src/base/CMakeLists.txt": "aa.cc"})
        self.assert_finds(found, "no CMakeLists.txt names this file")

    def test_does_not_take_a_namesake_in_another_folder_for_it(self):
        found = self.findings(
            {
                "src/base/a.cc": "",
                "src/base/CMakeLists.txt": "other",
                "src/event/a.cc": "",
                "src/event/CMakeLists.txt": "a.cc",
            }
        )
        self.assert_finds(found, "src/base/a.cc:1:")

    def test_finds_a_header_that_nobody_includes(self):
        self.assert_finds(self.findings({"src/base/b.h": ""}), "nobody includes this header")

    def test_finds_a_contract_that_only_its_own_module_reads(self):
        files = {
            "include/segmentd/event/b.h": "",
            "src/event/a.cc": '#include "segmentd/event/b.h"\n',
            "src/event/CMakeLists.txt": "a.cc",
        }
        self.assert_finds(self.findings(files), "move it to src/event/")
        files["tests/unit/event/b_test.cc"] = '#include "segmentd/event/b.h"\n'
        files["tests/unit/event/CMakeLists.txt"] = "b_test.cc"
        self.assertEqual(self.findings(files), [])


class WordsTest(TreeTest):
    def test_refuses_what_differs_between_standard_libraries(self):
        self.assert_finds(self.source("std::normal_distribution<> d;\n"), "random.h")
        self.assert_finds(self.source("std::shuffle(a, b, c);\n"), "random.h")

    def test_refuses_using_directives(self):
        self.assert_finds(self.source("using namespace std;\n"), "using-directive")

    def test_refuses_to_write_to_the_terminal_outside_app(self):
        self.assert_finds(self.source("std::cout << 1;\n"), "terminal")
        self.assertEqual(self.source("std::cout << 1;\n", "src/app/a.cc"), [])

    def test_refuses_to_read_the_wall_clock(self):
        self.assert_finds(self.source("std::chrono::system_clock::now();\n"), "Clock")
        self.assertEqual(
            self.source("std::chrono::system_clock::now();\n", "src/base/clock.cc")[1:], []
        )

    def test_leaves_comments_and_strings_alone(self):
        self.assertEqual(self.source('// using namespace std\nauto a = "std::cout";\n'), [])

    def test_finds_marks_of_unfinished_work(self):
        for word in ["TODO", "FIXME", "XXX", "HACK", "DISABLED_Case"]:
            with self.subTest(word=word):
                self.assert_finds(self.source(f"\n// {word}: later\n"), "src/base/a.cc:2:")
        self.assertEqual(self.source("// mktemp -d name.XXXXXX\n"), [])

    def test_finds_paths_of_one_machine(self):
        for path in ["/root/x", "/home/someone/x", "/tmp/x"]:
            with self.subTest(path=path):
                self.assert_finds(self.source(f'auto a = "{path}";\n'), path)
        self.assertEqual(self.source('auto a = root + "/var" + "net/home/a";\n'), [])

    def test_finds_links_that_lead_nowhere(self):
        text = "See [a](b.md), [c](https://example.org/x.md), [d](#here).\n"
        self.assert_finds(self.findings({"docs/a.md": text}), "'b.md' does not exist")
        self.assertEqual(self.findings({"docs/a.md": text, "docs/b.md": ""}), [])


class CommandTest(TreeTest):
    def test_fails_when_it_finds_something(self):
        with tempfile.TemporaryDirectory() as root, open(os.devnull, "w", encoding="utf-8") as null:
            os.makedirs(os.path.join(root, "src/base"))
            self.assertEqual(check_tree.main([root]), 0)
            with open(os.path.join(root, "src/base/b.h"), "w", encoding="utf-8"):
                pass
            out, err = sys.stdout, sys.stderr
            sys.stdout = sys.stderr = null
            try:
                self.assertEqual(check_tree.main([root]), 1)
            finally:
                sys.stdout, sys.stderr = out, err


if __name__ == "__main__":
    unittest.main()
