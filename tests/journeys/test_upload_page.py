"""The page Upload without a browser: what is ready goes ahead, what waits is said, the sender's own file comes back marked."""

from __future__ import annotations

from typing import Any

from access import intake
from tests.conftest import COMMISSIONER, three_sheets, workbook


def said(at: Any) -> str:
    return "\n".join(str(e.value) for kind in (at.markdown, at.caption, at.info, at.success, at.warning, at.error) for e in kind)


def test_ready_rows_go_and_the_others_wait(app, store) -> None:
    sheets = three_sheets(people=20)
    intake.send(store, intake.receive(store, [("first.xlsx", workbook(sheets))], COMMISSIONER), COMMISSIONER)
    store.close()
    at = app(role="manager", provider="P1", page="returns/upload.py")
    for row in sheets["Assessments"][2:12:2]:
        row[4] = 2
    sheets["Assessments"][1][4] = 99
    at.file_uploader[0].upload("second.xlsx", workbook(sheets)).run()
    assert "1 row needs you; start here" in said(at) and "Assessments!E2: Score is 99; PHQ-9 runs from 0 to 27. Type the total from the form." in said(at)
    assert at.header[0].value == "What needs you", "the page begins with what to do"
    assert "Of 341 filled cells, 320 are ready, 5 wait and 16 are headings, notes or other columns." in said(at)
    assert [s.value for s in at.subheader] == ["Your figures before and after"]
    assert not at.exception and not at.error

    at.button(key="mark").click().run()
    assert [b.label for b in at.get("download_button")] == ["Download the list", "Download it (1 marked cell)"]
    at.button(key="send").click().run()
    assert "Thank you. Your return is in" in said(at) and "1 row waits for you." in said(at)
    assert "1 held row waits for you" in [e.label for e in at.expander]

    at.button(key="undo-sent").click().run()
    assert not [e for e in at.expander if "waits for you" in e.label]


def test_a_bad_file_beside_a_good_one(app) -> None:
    at = app(role="commissioner", page="returns/upload.py", data="own")
    at.file_uploader[0].upload("good.xlsx", workbook(three_sheets(people=12)))
    at.file_uploader[0].upload("bad.xlsx", b"PK\x03\x04nothing in it").run()
    assert "1 file needs you; start here" in said(at) and "Nothing of **bad.xlsx** is taken until it is mended" in said(at)
    at.button(key="send").click().run()
    assert "Thank you. Your return is in: 1 row of Services, 12 rows of People and 24 rows of Assessments" in said(at) and not at.error


def test_a_whole_folder_is_read_and_what_office_leaves_in_it_passed_over(app) -> None:
    at = app(role="commissioner", page="returns/upload.py", data="own")
    sheets = three_sheets(people=12)
    at.file_uploader[1].upload("returns/~$return.xlsx", b"lock")
    at.file_uploader[1].upload("returns/2025/people.xlsx", workbook({"Services": sheets["Services"], "People": sheets["People"]}))
    at.file_uploader[1].upload("returns/2025/scores.xlsx", workbook({"Assessments": sheets["Assessments"]})).run()
    assert "We read 'Assessments': 24 rows." in said(at) and "We read 37 rows" in said(at) and not at.error and not at.exception
    at.button(key="send").click().run()
    assert "Thank you. Your return is in: 1 row of Services, 12 rows of People and 24 rows of Assessments" in said(at)


def test_a_row_that_is_no_longer_needed_is_let_go_on_the_page(app, store) -> None:
    sheets = three_sheets(people=6)
    for n, score in ((1, 99), (4, 98)):
        sheets["Assessments"][n][4] = score
    intake.send(store, intake.receive(store, [("first.xlsx", workbook(sheets))], COMMISSIONER), COMMISSIONER, hold_back=True)
    store.close()
    at = app(role="manager", provider="P1", page="returns/upload.py")
    assert "2 held rows wait for you" in [e.label for e in at.expander]
    at.multiselect(key="let-go-which").select("Assessments row 5 of first.xlsx").run()
    at.button(key="let-go").click().run()
    assert "1 held row waits for you" in [e.label for e in at.expander] and not at.error and not at.exception
