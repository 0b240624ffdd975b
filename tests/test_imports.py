"""Who may import whom, read from the files without running them; and what every module owes its reader."""

import ast
import itertools
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FILES = sorted([*(REPOSITORY / "monitor").rglob("*.py"), *(REPOSITORY / "connectors").rglob("*.py")])
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
SHARED = {"config", "errors", "mention", "rule", "text"}
# a stage sees the ones before it
STAGES = [
    SHARED,
    {"collect"},
    {"enrich"},
    {"store"},
    {"gather"},
    {"detect"},
    {"tell"},
    {"pipeline"},
    {"schedule", "doctor", "demo"},
    {"cli"},
]
ORDER = {room: number for number, stage in enumerate(STAGES) for room in stage}
# the made-up world knows only what a source knows
NARROW = {"story": SHARED | {"collect", "story"}}
# how files are read, shared by connectors: no source of their own
HELPERS = {
    "connectors.bluesky_items",
    "connectors.cells",
    "connectors.columns",
    "connectors.disqus_posts",
    "connectors.dumps",
    "connectors.entries",
    "connectors.feedparsing",
    "connectors.file_walk",
    "connectors.hackernews_items",
    "connectors.mastodon_items",
    "connectors.newest",
    "connectors.parquet",
    "connectors.records",
    "connectors.reddit_api",
    "connectors.reddit_archive",
    "connectors.reddit_archived",
    "connectors.reddit_client",
    "connectors.reddit_feed",
    "connectors.reddit_items",
    "connectors.reddit_settings",
    "connectors.reddit_tree",
    "connectors.wordpress_comments",
    "connectors.x_answers",
    "connectors.x_budget",
    "connectors.x_client",
    "connectors.x_posts",
    "connectors.x_settings",
    "connectors.x_stretch",
    "connectors.youtube_items",
    "connectors.zstd",
}
SHARED_ORDER = ["errors", "text", "mention", "rule", "config"]
LONGEST = 350


def name_of(file):
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in FILES}


def imports_of(tree):
    """Our own modules that a module names in its imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name if name in MODULES else node.module for name in inner]
        else:
            continue
        yield from (name for name in found if name.split(".")[0] in ("monitor", "connectors"))


IMPORTS = {name: set(imports_of(TREES[file])) for name, file in MODULES.items()}


def room_of(name):
    """The room of a module of monitor; empty for the package itself."""
    return name.split(".")[1] if "." in name else ""


def may_import(name, other):
    mine, theirs = room_of(name), room_of(other)
    if other.startswith("connectors"):
        inside = name == "connectors" or other in HELPERS
        return mine == "cli" if name.startswith("monitor") else inside
    if name.startswith("connectors"):
        return theirs in SHARED | {"collect"}
    if mine in ("", "__main__"):
        return theirs == "cli"
    if not theirs:
        # the version
        return True
    if mine in NARROW:
        return theirs in NARROW[mine]
    if theirs in NARROW:
        return ORDER[mine] > ORDER["tell"]
    if mine == theirs:
        return True
    if mine in SHARED and theirs in SHARED:
        return SHARED_ORDER.index(theirs) < SHARED_ORDER.index(mine)
    return ORDER[theirs] < ORDER[mine]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_stands_before_it(name):
    assert {other for other in IMPORTS[name] if not may_import(name, other)} == set()


def test_every_room_has_its_place_in_the_order():
    assert {room_of(name) for name in MODULES if name.startswith("monitor")} - set(ORDER) - set(NARROW) == {"", "__main__"}


def test_no_module_imports_itself_by_way_of_others():
    reached = {name: set(others) for name, others in IMPORTS.items()}
    for between, name in itertools.product(MODULES, MODULES):
        if between in reached[name]:
            reached[name] |= reached[between]
    assert [name for name in MODULES if name in reached[name]] == []


@pytest.mark.parametrize("name", MODULES)
def test_imports_stand_at_the_top(name):
    tree = TREES[MODULES[name]]
    kinds = [isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body]
    first = 1 if ast.get_docstring(tree) else 0
    assert not any(kinds[first + sum(kinds) :]), "an import stands below the code"
    assert sum(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)) == sum(kinds), "an import stands inside"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_fits_in_the_head(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


def public(body):
    """Functions and classes without an underscore, and the methods of the latter."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def annotated(function):
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs, function.args.vararg, function.args.kwarg]
    return function.returns is not None and all(each is None or each.annotation or each.arg in ("self", "cls") for each in given)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_says_what_it_is_for_and_what_it_takes(name):
    tree = TREES[MODULES[name]]
    assert ast.get_docstring(tree)
    assert [node.name for node in public(tree.body) if not ast.get_docstring(node)] == []
    assert [node.name for node in public(tree.body) if not isinstance(node, ast.ClassDef) and not annotated(node)] == []


@pytest.mark.parametrize("name", MODULES)
def test_only_commands_print(name):
    calls = [node.func.id for node in ast.walk(TREES[MODULES[name]]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert "print" not in calls or room_of(name) == "cli"
