"""What is said of a file that cannot be read, or that should be known about one that was: (message, what to do) for each finding code."""

from __future__ import annotations

SAVE_AS = "Open it in Excel or LibreOffice, choose Save As, then Excel Workbook (.xlsx), and send that."
SAVE_AGAIN = "Open it in Excel, save it again under a new name, and send that."

KINDS = {
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "ods": "an OpenDocument spreadsheet (.ods)",
    "text": "a text file with columns (CSV)",
}

RAGGED = (  # of single rows, which wait
    "Row {row} has {cells} cells and the headings {width}, so we cannot tell which belongs where.",
    "A comma or semicolon inside a text is the usual reason: put quotation marks round that text, or save the file as an Excel Workbook (.xlsx).",
)

# Each stops the file.
WORDS: dict[str, tuple[str, str]] = {
    "empty-file": ("The file is empty.", "Choose the file again; if it opens empty in Excel too, use an earlier copy."),
    "not-a-workbook": ("This is {what}, not a workbook or a text file with columns.", SAVE_AS),
    "password": ("The workbook is protected by a password.", "Type its password. It opens the file for this upload and is never stored."),
    "too-large": ("The workbook is larger than we can read: {limit}.", "Send it in parts, for example one year or one service at a time."),
    "damaged": ("The workbook is damaged or incomplete, so we cannot read it.", SAVE_AGAIN),
    "far-cell": (
        "There is something in cell {cell} of the sheet '{sheet}', far outside any table we could read.",
        "Delete the rows below and the columns to the right of your table (select them, then Delete), save, and send it again. "
        "We read up to column GR and row 1,048,576.",
    ),
    "too-many-errors": (
        "The sheet '{sheet}' holds more than 100,000 cells that show an error or were never calculated.",
        "Open it in Excel, mend the formulas or paste the values alone, save, and send that.",
    ),
    "cells-lost": (
        "The sheet '{sheet}' holds {written} filled cells and only {read} of them could be read, so none was used. The same cell may be in the file twice.",
        SAVE_AGAIN,
    ),
    "reader-failed": (
        "We could not read this workbook: it asks for more memory or time than a return needs.",
        "Copy your tables into a fresh workbook (paste values only), save, and send that.",
    ),
}  # fmt: skip

# A more exact sentence where the reason is known.
WHY: dict[tuple[str, str], tuple[str, str]] = {
    ("damaged", "parts-twice"): ("The workbook holds the same part twice, so it is not clear which one you mean.", SAVE_AGAIN),
    ("damaged", "unsafe-name"): ("The workbook holds a part with an unsafe name.", SAVE_AGAIN),
    ("damaged", "encoding"): ("The workbook is written in an unusual text encoding that we do not read.", SAVE_AGAIN),
    ("damaged", "dtd"): ("The workbook holds definitions (a DTD) that no spreadsheet program writes; we do not open those.", SAVE_AGAIN),
    ("damaged", "external"): ("The workbook takes a sheet from somewhere outside itself; we read only what is inside.", SAVE_AGAIN),
    ("damaged", "strings"): ("The workbook says it holds far more text than it does, so it is not safe to open.", SAVE_AGAIN),
    ("damaged", "text"): (
        "The text in this file is damaged: it begins as one encoding and does not go on as it.",
        "Export it again, as CSV UTF-8 if you can choose.",
    ),
    ("damaged", "quote"): (
        "A quotation mark in row {row} is out of place, so we cannot tell where a cell ends.",
        "Write a quotation mark inside a text twice, or save the file as an Excel Workbook (.xlsx).",
    ),
    ("ragged-row", "most"): (
        "Most rows have more cells than the headings: row {row} has {cells} and the headings {width}, so we cannot tell which belongs where.",
        "Give every column its heading, put quotation marks round texts that hold a comma or semicolon, or save the file as an Excel Workbook (.xlsx).",
    ),
    ("password", "wrong"): ("That password does not open this workbook.", "Try again; capital letters count."),
    ("password", "zip"): ("The file is a protected archive, which we cannot open.", "Unpack it and send the workbooks inside."),
    ("password", "ods"): ("This OpenDocument file is protected by a password, and we cannot open those.", "Save it without the password, or as .xlsx."),
    ("password", "here"): ("The workbook is protected in a way we cannot open, even with its password.", "Save it without the password, and send that."),
    ("not-a-workbook", "zip"): (
        "This is a zip archive, not a workbook.",
        "Unpack it and send the workbooks inside: you can choose many at once, or a whole folder.",
    ),
}  # fmt: skip

# Each is only to be looked at: the file was read.
NOTES: dict[str, tuple[str, str]] = {
    "macros-not-run": ("The workbook holds macros (small programs). They were not run; only its cells were read.", "Nothing to do."),
    "outside-links": (
        "The workbook takes figures from other files. We used them as they stood when it was last saved.",
        "If those files have changed since, open the workbook in Excel, update its links, save, and send it again.",
    ),
    "errors-unseen": (
        "This is {what}. In such a file we cannot see formula errors such as #REF!, nor hidden rows: a cell with an error looks blank.",
        "If it holds formulas, save it as an Excel Workbook (.xlsx) and send that.",
    ),
    "wrong-ending": ("The file's name ends in .{ending}, but it is {what}, and was read as that.", "Nothing to do."),
    "encoding-guessed": (
        "The text is not UTF-8, so we read it as Windows text (cp1252).",
        "Look whether accents, £ and quotation marks came out right in the preview; if not, export it as CSV UTF-8.",
    ),
}
