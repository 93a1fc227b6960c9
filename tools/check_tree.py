#!/usr/bin/env python3
"""Holds what docs/STYLE.md says of the tree: layers, sizes, words, files that nobody uses.

usage: check_tree.py [ROOT]    Prints "file:line: what; what to do" for each finding. Exit 1 if any.
"""

import os
import re
import sys
from collections import namedtuple

PURE = {"event", "feature", "risk", "model", "segment", "learn", "train", "generate", "pipeline"}
ADAPTERS = {"kafka", "rocks", "http", "telemetry", "config"}
BELOW_PORTS = {"event", "feature", "risk", "model", "segment", "pipeline"}

# Which modules a module may include, beside itself and base. The one place that says so.
MAY_INCLUDE = {
    "base": set(),
    "event": set(),
    "feature": {"event"},
    "risk": set(),
    "model": {"risk"},
    "segment": set(),
    "learn": {"feature", "risk", "model", "segment"},
    "train": {"event", "feature", "risk", "model", "segment", "learn"},
    "generate": {"event"},
    "pipeline": {"event", "feature", "risk", "model", "segment"},
    "ports": BELOW_PORTS,
    **{adapter: BELOW_PORTS | {"learn", "train", "ports"} for adapter in ADAPTERS},
    "runtime": BELOW_PORTS | {"learn", "train", "ports"},
    "app": PURE | ADAPTERS | {"ports", "runtime"},
}

# Which modules may include a foreign header. A library that is not named here is free to all.
FOREIGN = [
    (r"librdkafka/", {"kafka"}),
    (r"rocksdb/", {"rocks"}),
    (r"httplib\.h", {"http"}),
    (r"prometheus/", {"telemetry"}),
    (r"yaml-cpp/", {"config"}),
    (r"CLI/", {"app"}),
    (r"spdlog/", {"app"}),
    (r"Eigen/", {"model", "learn", "train", "pipeline"}),
    (r"simdjson\.h", {"base", "event", "train"}),
    (r"protozero/", {"event", "pipeline"}),
    (r"nlopt\.h", {"risk"}),
    # train reads histories from files; no other pure module does IO.
    (r"(fstream|iostream|filesystem|unistd\.h|sys/.*)$", set(MAY_INCLUDE) - PURE | {"train"}),
    (r"thread$", set(MAY_INCLUDE) - PURE),
]

HEADER_LINES = 200
SOURCE_LINES = 400
FUNCTION_LINES = 70
COLUMNS = 100

CODE = (".h", ".cc")
TEXT = CODE + (
    ".proto",
    ".py",
    ".cmake",
    ".txt",
    ".sh",
    ".js",
    ".css",
    ".html",
    ".json",
    ".md",
    ".yaml",
    ".yml",
    ".xml",
    ".service",
)
SKIPPED_FOLDERS = {".git", "build", "__pycache__", "segmentd-state"}
# These name the words that they forbid.
SPEAK_OF_RULES = {"tools/check_tree.py", "tests/lint/check_tree_test.py"}

Finding = namedtuple("Finding", "path line text")
Include = namedtuple("Include", "line header")

_TOKEN = re.compile(
    r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|[A-Za-z_]\w*|[0-9](?:\'?\w)*'
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL,
)


def without_comments_and_strings(text):
    """The code with every comment and literal blanked out, lines kept."""

    def blank(match):
        token = match.group()
        if token[0].isalnum() and not token.startswith('R"') or token[0] == "_":
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


class File:
    def __init__(self, root, path):
        self.path = path
        self.extension = os.path.splitext(path)[1]
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self.lines = self.text.splitlines()
        self.is_code = self.extension in CODE
        self.code = without_comments_and_strings(self.text) if self.is_code else ""
        self.includes = [
            Include(number, match.group(1))
            for number, line in enumerate(self.lines, 1)
            if self.is_code and (match := re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line))
        ]
        folders = path.split("/")
        self.is_public = path.startswith("include/segmentd/")
        self.is_product = self.is_public or path.startswith("src/")
        self.module = folders[2 if self.is_public else 1] if self.is_product else None

    def matches(self, pattern, text=None):
        """(line, matched) for each match; in the code alone unless a text is given."""
        text = self.code if text is None else text
        for match in re.finditer(pattern, text):
            yield text.count("\n", 0, match.start()) + 1, match.group()


class Tree:
    def __init__(self, root):
        self.files = [File(root, path) for path in sorted(self._paths(root))]
        self.code = [file for file in self.files if file.is_code]
        self.product = [file for file in self.code if file.is_product]

    @staticmethod
    def _paths(root):
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
                extension = os.path.splitext(name)[1]
                if path not in SPEAK_OF_RULES and (extension in TEXT or path == "dev"):
                    yield path


def check_layers(tree):
    for file in tree.product:
        if file.module not in MAY_INCLUDE:
            yield Finding(
                file.path,
                1,
                f"module '{file.module}' has no layer; "
                "name it in MAY_INCLUDE of tools/check_tree.py",
            )
            continue
        for line, header in file.includes:
            problem = _layer_problem(file.module, header)
            if problem:
                yield Finding(file.path, line, problem)


def _layer_problem(module, header):
    parts = header.split("/")
    if parts[0] == "segmentd" and parts[1] != "v1":
        if parts[1] not in MAY_INCLUDE[module] | {module, "base"}:
            return (
                f"{module} includes {parts[1]}, which is not below it; move what is shared down, "
                "or pass it in from above"
            )
    elif parts[0] in MAY_INCLUDE and parts[0] != module:
        return (
            f"{module} includes '{header}', which is private to {parts[0]}; include its "
            f"contract in include/segmentd/{parts[0]}/"
        )
    else:
        for pattern, modules in FOREIGN:
            if re.match(pattern, header) and module not in modules:
                return (
                    f"{module} includes <{header}>, which is for {', '.join(sorted(modules))} "
                    "alone; go through that module"
                )
    return None


def check_sizes(tree):
    for file in tree.code:
        limit = HEADER_LINES if file.extension == ".h" else SOURCE_LINES
        if len(file.lines) > limit:
            yield Finding(
                file.path,
                limit + 1,
                f"{len(file.lines)} lines, at most {limit} are allowed; " "split it by subject",
            )
        for first, last in functions(file.code):
            if last - first + 1 > FUNCTION_LINES:
                yield Finding(
                    file.path,
                    first,
                    f"a function of {last - first + 1} lines, at most {FUNCTION_LINES} "
                    "are allowed; name its parts",
                )


def functions(code):
    """(first line, last line) of each function body that is not inside another one."""
    code = re.sub(
        r"^[ \t]*#(?:\\\n|[^\n])*",
        lambda m: re.sub(r"[^\n]", " ", m.group()),
        code,
        flags=re.MULTILINE,
    )
    scopes, head_begin = [], 0
    for match in re.finditer(r"[{};]", code):
        if match.group() == "{":
            kind, first = "inner", head_begin
            if all(scope == "scope" for scope, _ in scopes):
                label = re.match(
                    r"\s*((public|private|protected)\s*:\s*)?", code[head_begin : match.start() + 1]
                )
                first = head_begin + label.end()
                kind = _scope_kind(code[first : match.start()])
            scopes.append((kind, first))
        elif match.group() == "}" and scopes:
            kind, first = scopes.pop()
            if kind == "function":
                yield code.count("\n", 0, first) + 1, code.count("\n", 0, match.start()) + 1
        head_begin = match.end()


def _scope_kind(head):
    head = re.sub(r"^template\s*<.*?>\s*(?=\w)", "", head, flags=re.DOTALL)
    if re.match(r"(inline\s+)?(namespace|class|struct|union|enum|extern)\b", head):
        return "scope"
    return "function" if ")" in head else "inner"


def check_columns(tree):
    for file in tree.files:
        if file.extension in CODE + (".proto", ".py", ".sh", ".js") or file.path == "dev":
            code = file.code.splitlines()
            for number, line in enumerate(file.lines, 1):
                # A literal is not broken to fit; clang-format breaks the rest.
                literal = (
                    file.is_code
                    and "//" not in line
                    and ('"' in line or not code[number - 1].strip())
                )
                if len(line) > COLUMNS and not literal:
                    yield Finding(
                        file.path,
                        number,
                        f"{len(line)} columns, at most {COLUMNS} are "
                        "allowed; run ./dev format or break the line",
                    )


def check_used(tree):
    built = {path for file in tree.files for path in _sources_built_by(file)}
    included = {}
    for file in tree.code:
        for _, header in file.includes:
            for folder in ("include", "src", "tests", os.path.dirname(file.path)):
                included.setdefault(f"{folder}/{header}", []).append(file)
    for file in tree.code:
        if file.extension == ".cc":
            if file.path not in built:
                yield Finding(
                    file.path,
                    1,
                    "no CMakeLists.txt names this file; add it to its " "module, or remove it",
                )
            continue
        users = [user for user in included.get(file.path, []) if user is not file]
        if not users:
            yield Finding(file.path, 1, "nobody includes this header; remove it")
        elif file.is_public and all(user.module == file.module for user in users):
            yield Finding(
                file.path,
                1,
                f"only {file.module} includes this header; move it to " f"src/{file.module}/",
            )


def _sources_built_by(file):
    """What a CMakeLists.txt names: beside it, or from the root after a variable."""
    if file.path.endswith("CMakeLists.txt"):
        for variable, name in re.findall(r"(\$\{\w+\}/)?([\w./-]+\.cc)\b", file.text):
            yield name if variable else os.path.join(os.path.dirname(file.path), name)


# (pattern, where, what, what to do): where is a function of the file; the code alone is searched.
WORDS = [
    (
        r"\bstd::\w+_distribution\b|\bstd::(random_)?shuffle\b",
        lambda file: True,
        "results differ between standard libraries",
        "use segmentd/base/random.h",
    ),
    (r"\busing\s+namespace\b", lambda file: True, "a using-directive", "name what you use"),
    (
        r"\bstd::(cout|cerr|clog)\b",
        lambda file: file.is_product and file.module != "app",
        "writes to the terminal outside app",
        "return the text, or report through a port",
    ),
    (
        r"\bsystem_clock::now\b|\bgettimeofday\b|\btime\(nullptr\)",
        lambda file: file.is_product and file.path != "src/base/clock.cc",
        "reads the wall clock",
        "take a segmentd::Clock",
    ),
]


def check_words(tree):
    for file in tree.code:
        for pattern, where, what, advice in WORDS:
            if where(file):
                for line, word in file.matches(pattern):
                    yield Finding(file.path, line, f"'{word}': {what}; {advice}")


def check_markers(tree):
    for file in tree.files:
        for line, word in file.matches(r"\b(?:TODO|FIXME|XXX|HACK)\b|\bDISABLED_", file.text):
            yield Finding(
                file.path, line, f"'{word}' marks unfinished work; finish it or remove it"
            )


def check_paths(tree):
    """A path of one machine makes the tree work on that machine alone."""
    for file in tree.files:
        pattern = r"(?<![\w.~}])/(?:home|root)/[\w./-]*"
        if file.is_code or file.extension in (".py", ".cmake", ".js") or "CMakeLists" in file.path:
            pattern = r"(?<![\w.~}])/(?:home|root|tmp)/[\w./-]*"
        for line, path in file.matches(pattern, file.text):
            yield Finding(
                file.path,
                line,
                f"'{path}' is a path of one machine; make it relative, "
                "or ask for a temporary directory",
            )


def check_links(tree):
    """Links between documents lead somewhere."""
    folders = {os.path.dirname(file.path) for file in tree.files}
    known = (
        {file.path for file in tree.files}
        | folders
        | {os.path.dirname(folder) for folder in folders}
    )
    for file in tree.files:
        if file.extension != ".md":
            continue
        for line, link in file.matches(r"\]\((?!\w+:|#)[^)\s]+\)", file.text):
            target = link[2:-1].split("#")[0]
            path = os.path.normpath(os.path.join(os.path.dirname(file.path), target))
            if path not in known and os.path.splitext(path)[1] in TEXT + ("",):
                yield Finding(file.path, line, f"'{target}' does not exist; mend the link")


RULES = [
    check_layers,
    check_sizes,
    check_columns,
    check_used,
    check_words,
    check_markers,
    check_paths,
    check_links,
]


def findings(root):
    tree = Tree(root)
    return sorted({finding for rule in RULES for finding in rule(tree)})


def main(arguments):
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = findings(arguments[0] if arguments else here)
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.text}")
    if found:
        print(f"{len(found)} findings; docs/STYLE.md has the rules", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
