"""`./dev bench [name] [--rounds N]`: run one benchmark, or all, and write docs/performance.md."""

import argparse
import importlib
import pkgutil
import sys

import bench.cases
from bench import report
from bench.measure import Outcome


def main() -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(bench.cases.__path__))
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names, help="default: all of them")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    missed = 0
    for name in [chosen.name] if chosen.name else names:
        print(f"\n{name}: measuring, {chosen.rounds} rounds", file=sys.stderr, flush=True)
        outcome: Outcome = importlib.import_module(f"bench.cases.{name}").run(chosen.rounds)
        report.write(outcome)
        print(report.table(outcome), flush=True)
        missed += sum(figure.met is False for figure in outcome.figures)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
