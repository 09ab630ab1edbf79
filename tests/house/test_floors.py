"""Who may import what. import-linter keeps the floors (test_tools); here is what it cannot see."""

from __future__ import annotations

from tests.house import source


def imported(*names: str) -> list[tuple[str, int, str]]:
    return [(source.short(path), line, module) for path in source.files(*names) for line, module in source.imports(source.tree(path))]


def test_every_folder_of_code_has_an_init() -> None:
    folders = {path.parent for path in source.files(*source.FLOORS, "tests", "benchmarks")}
    assert len(folders) > len(source.FLOORS)
    assert [source.short(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_plotly_express_is_nowhere() -> None:
    """It was the largest cost on the server: figures are built from graph_objects."""
    found = imported(*source.FLOORS, "app.py", "so_what.py")
    assert any(module.startswith("plotly") for _, _, module in found)
    assert [place for place in found if place[2].startswith("plotly.express") or place[2] == "plotly.figure_factory"] == []


def test_only_the_charts_draw() -> None:
    assert {path.split("/")[0] for path, _, module in imported(*source.FLOORS) if module.split(".")[0] == "plotly"} <= {"charts", "exports", "ui"}


def test_app_has_no_floor_and_reaches_no_further_than_the_kit() -> None:
    ours = {module.split(".")[0] for _, _, module in imported("app.py")} & {*source.FLOORS, "so_what"}
    assert ours == {"ui"}


def test_the_command_line_is_a_few_lines_over_commands() -> None:
    assert {module.split(".")[0] for _, _, module in imported("so_what.py")} == {"sys", "commands"}
    assert len(source.tree(source.ROOT / "so_what.py").body) <= 4


def test_domain_imports_nothing_of_ours() -> None:
    assert {module.split(".")[0] for _, _, module in imported("domain")} & ({*source.FLOORS} - {"domain"}) == set()


def test_nothing_runs_from_a_folder_called_pages_beside_a_main_script() -> None:
    """Streamlit would serve such files without the router: the router itself lives in pages/, and there is no pages/pages."""
    assert (source.ROOT / "pages" / "_main.py").exists()
    assert not (source.ROOT / "pages" / "pages").exists()
