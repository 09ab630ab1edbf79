"""`make bench`, or `python -m benchmarks [NAME ...]`: runs the benchmarks and prints each as a ratio to what it is measured beside.

Ends with 1 when a ratio is larger than we accept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import clicks, load, pages, people, rates, sessions, statistics
from benchmarks.measured import Ratio

# Each is a plain function that measures and hands back its comparisons, or prints what it found and hands back nothing.
BENCHMARKS: dict[str, Callable[[], list[Ratio] | None]] = {
    "load": load.ratios,
    "million": load.million,
    "rates": rates.main,
    "statistics": statistics.ratios,
    "people": people.ratios,
    "pages": pages.main,
    "clicks": clicks.main,
    "sessions": sessions.main,
}


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    held = True
    for name in names or BENCHMARKS:
        for ratio in BENCHMARKS[name]() or []:
            held &= ratio.holds
            word = "holds" if ratio.holds else "TOO SLOW"
            print(f"{name}: {ratio.what}: {ratio.ours:.3g} {ratio.unit}; {ratio.beside}: {ratio.theirs:.3g} {ratio.unit}.")
            print(f"  ratio {ratio.value:.2f}, at most {ratio.at_most:g}: {word}. {ratio.note}".rstrip(), flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
