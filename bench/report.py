"""Writes what was measured into docs/performance.md, between the benchmark's own markers."""

import json
import os
import platform
import re
from pathlib import Path

from bench.measure import Figure, Outcome

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "results"


def write(outcome: Outcome) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{outcome.benchmark}.json"
    path.write_text(json.dumps(outcome.to_json() | {"machine": machine()}, indent=1) + "\n")
    begin, end = f"<!-- {outcome.benchmark} -->", f"<!-- /{outcome.benchmark} -->"
    page = PAGE.read_text()
    if begin not in page:
        page += f"\n{begin}\n{end}\n"
    block = f"{begin}\n{table(outcome)}\n{end}"
    PAGE.write_text(
        re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: block, page, flags=re.DOTALL)
    )


def table(outcome: Outcome) -> str:
    rows = ["| what | median | lowest to highest | target | met |", "|---|---|---|---|---|"]
    rows += [_row(figure) for figure in outcome.figures]
    notes = "".join(f"\n- {note}" for note in outcome.notes)
    about = f"Noise during the run: {outcome.noise:.0%}. Machine: {machine()}."
    return "\n".join(rows) + f"\n\n{about}" + (f"\n{notes}" if notes else "")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def _row(figure: Figure) -> str:
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    span = f"{_number(min(figure.values))} to {_number(max(figure.values))}"
    if len(figure.values) < 2:
        span = ""
    median = f"{_number(figure.median)} {figure.unit}"
    return f"| {figure.name} | {median} | {span} | {figure.target} | {met} |"


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
