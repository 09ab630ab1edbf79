"""How Excel writes columns: A, Z, AA."""

from __future__ import annotations


def letters(column: int) -> str:
    """The letters of a column counted from 1; nothing for less."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_number(letters: str) -> int:
    """1 for A, 27 for AA; 0 for no letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
