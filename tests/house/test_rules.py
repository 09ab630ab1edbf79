"""The rules of the house that a reader of the code would otherwise have to remember."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from domain import settings
from metrics import registry
from tests.house import source

SQL = re.compile(r"\bselect\b.+\bfrom\b|\b(insert into|delete from|create (or replace )?(temp )?table|alter table|drop table)\b", re.S)
NEVER_SHOWN = re.compile(r"\b(caseness|deteriorated|harmed|relapsed?|outliers?|suppressed|episodes?|denominators?)\b", re.I)
A_MACHINE = re.compile(r"(^|[^A-Za-z0-9.])/(work|root|farm|home|Users)/[A-Za-z]")


# ---- SQL -------------------------------------------------------------------------------------------------------------------------------------


def test_sql_is_in_the_warehouse_and_the_registry() -> None:
    outside = [name for name in source.FLOORS if name != "warehouse"]
    found = [
        f"{source.short(path)}:{line}"
        for path in source.files(*outside, "app.py")
        if source.short(path) != "metrics/registry.py"
        for line, text in source.strings(source.tree(path))
        # Lower or upper case throughout: "Select one from the list" is a sentence.
        if SQL.search(text) or (text.isupper() and SQL.search(text.lower()))
    ]
    assert found == []
    assert any(SQL.search(text) for path in source.files("warehouse") for _, text in source.strings(source.tree(path))), "the pattern finds SQL where it is"


# ---- the door --------------------------------------------------------------------------------------------------------------------------------


def test_only_disclosure_makes_what_may_be_seen() -> None:
    made: dict[str, set[str]] = {}
    for path in source.files(*source.FLOORS, "app.py"):
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.Call) and source.name_of(node).split(".")[-1] in ("Released", "ReleasedRow"):
                made.setdefault(source.short(path), set()).add(source.name_of(node))
    assert list(made) == ["access/disclosure.py"], made


# ---- writes ----------------------------------------------------------------------------------------------------------------------------------


def calls(function: ast.AST) -> set[str]:
    return {source.name_of(node).split(".")[-1] for node in ast.walk(function) if isinstance(node, ast.Call)}


def writers() -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of warehouse/store.py that opens a write transaction, itself or through another function of the same file."""
    functions = {f.name: f for f in source.functions(source.tree(source.ROOT / "warehouse" / "store.py"))}
    writing = {name for name, f in functions.items() if "writing" in calls(f)}
    while more := {name for name, f in functions.items() if calls(f) & writing} - writing:
        writing |= more
    return (functions[name] for name in sorted(writing))


MEMORY = {"remember"}  # what the desk has shown, so that it cannot be subtracted later: nothing about the data changes


def test_every_write_takes_an_event() -> None:
    found = list(writers())
    assert {"commit", "undo"} <= {f.name for f in found}
    assert [f.name for f in found if f.name not in MEMORY and "event" not in {a.arg for a in f.args.args + f.args.kwonlyargs}] == []


def test_only_the_warehouse_opens_a_write_transaction() -> None:
    outside = [source.short(p) for p in source.files(*(n for n in source.FLOORS if n != "warehouse"), "app.py") if "writing" in calls(source.tree(p))]
    assert outside == []


# ---- caches ----------------------------------------------------------------------------------------------------------------------------------

OF_ONE_VIEWER = {"session_state", "user", "query_params", "context"}


def test_nothing_cached_reads_who_is_looking() -> None:
    """A cached function that reads the session serves one viewer's answer to another. What it calls in its own file counts too."""
    seen, found = 0, []
    for path in source.files("ui", "pages"):
        functions = {f.name: f for f in source.functions(source.tree(path))}
        for function in functions.values():
            if not any(source.name_of(d).split(".")[-1] in ("cache_data", "cache_resource") for d in function.decorator_list):
                continue
            seen += 1
            reached, todo = set(), {function.name}
            while todo:
                name = todo.pop()
                reached.add(name)
                bare = {n.func.id for n in ast.walk(functions[name]) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
                todo |= (bare & set(functions)) - reached
            for name in reached:
                reads = {n.attr for n in ast.walk(functions[name]) if isinstance(n, ast.Attribute) and source.name_of(n.value) in ("st", "streamlit")}
                if reads & OF_ONE_VIEWER:
                    found.append(f"{source.short(path)}: {function.name} reads {reads & OF_ONE_VIEWER} through {name}")
    assert seen > 0
    assert found == []


# ---- HTML ------------------------------------------------------------------------------------------------------------------------------------


def test_html_is_never_made_from_text_that_came_in() -> None:
    found = []
    for path in source.files("ui", "pages", "charts", "app.py"):
        constants = {
            t.id
            for n in source.tree(path).body
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)
            for t in n.targets
            if isinstance(t, ast.Name)
        }
        for node in ast.walk(source.tree(path)):
            if not isinstance(node, ast.Call):
                continue
            unsafe = {k.arg for k in node.keywords if k.arg in ("unsafe_allow_html", "unsafe_allow_javascript")} or source.name_of(node) == "st.html"
            fixed = node.args and (isinstance(node.args[0], ast.Constant) or (isinstance(node.args[0], ast.Name) and node.args[0].id in constants))
            if unsafe and not fixed:
                found.append(f"{source.short(path)}:{node.lineno}")
    assert found == []


# ---- words -----------------------------------------------------------------------------------------------------------------------------------


def columns(of: ast.AST) -> set[int]:
    """Strings that name a column or a key and are not shown: a subscript, a dictionary's key, a keyword's single lower-case word."""
    return {id(n.slice) for n in ast.walk(of) if isinstance(n, ast.Subscript)} | {id(k) for n in ast.walk(of) if isinstance(n, ast.Dict) for k in n.keys}


def test_words_that_are_never_shown() -> None:
    """The Handbook may name a term to explain it; nothing else on screen does."""
    shown = [p for p in source.files("pages", "ui", "charts", "exports", "metrics/reading.py") if p.name != "handbook.py"]
    assert len(shown) > 10
    found = []
    for path in shown:
        tree = source.tree(path)
        keys, docs = columns(tree), source.docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys | docs and NEVER_SHOWN.search(node.value):
                found.append(f"{source.short(path)}:{node.lineno} {NEVER_SHOWN.search(node.value)[0]}")  # type: ignore[index]
    assert found == []


def test_words_of_the_registry_that_are_never_shown() -> None:
    words = {m.id: (m.title, m.question, m.numerator_words, m.denominator_words, m.unit) for m in registry.METRICS.values()}
    assert [(id, text) for id, texts in words.items() for text in texts if NEVER_SHOWN.search(text)] == []


def test_sentences_of_refusals_and_findings_are_free_of_them_too() -> None:
    found = [
        f"{source.short(path)}:{line} {text[:60]}"
        for path in source.files("access", "data_loaders", "commands", "domain/errors.py")
        for line, text in source.strings(source.tree(path))
        if len(text.split()) > 3 and text[0].isupper() and NEVER_SHOWN.search(text)
    ]
    assert found == []


# ---- settings and documents ------------------------------------------------------------------------------------------------------------------


def test_every_setting_has_a_heading() -> None:
    headings = set(re.findall(r"^## `(SO_WHAT_[A-Z_]+)`$", (source.ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M))
    expected = {f"SO_WHAT_{name.upper()}" for name in settings.Settings.__dataclass_fields__}
    assert expected <= headings, sorted(expected - headings)
    read = {
        name
        for p in source.files(*source.FLOORS, "app.py", "tests")
        for _, t in source.strings(source.tree(p))
        for name in re.findall(r"\bSO_WHAT_[A-Z_]+[A-Z]\b", t)
    }
    assert headings - expected <= read, "a heading for a variable that nothing reads"


def test_no_file_names_a_place_on_one_machine() -> None:
    found = []
    for path in source.every_file():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{source.short(path)}:{n}" for n, line in enumerate(text.splitlines(), 1) if A_MACHINE.search(line)]
    assert found == []


def test_requirements_are_pinned_and_name_no_host() -> None:
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (source.ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#") and line != "-r requirements.txt":
                assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line
                pins[line.split("==")[0].lower()] = line.split("==")[1]
    assert pins["duckdb"] == "1.5.5"
    for name in ("Makefile", ".ci/run", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        assert not re.search(r"https?://(?!127\.0\.0\.1)", (source.ROOT / name).read_text(encoding="utf-8")), name


def test_relative_links_stay_inside_the_project() -> None:
    documents = [path for path in source.every_file() if path.suffix == ".md"]
    assert len(documents) > 5
    for path in documents:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                place = (path.parent / target).resolve()
                assert place.is_relative_to(source.ROOT) and place.exists(), f"{source.short(path)} -> {target}"


def test_every_number_of_a_metric_has_words_and_a_source() -> None:
    for metric in registry.METRICS.values():
        assert all((metric.title, metric.question, metric.numerator_words, metric.denominator_words, metric.unit, metric.method, metric.source)), metric.id
        assert re.fullmatch(r"[a-z][a-z-]+", metric.id)
