"""Ten times as many rules on the same tree: `python -m benchmarks.many_rules`, written to many_rules.md.

The generated rules are of the kinds that teams write: calls of named functions, routes that must have a guard, classes
that must set something, and copies of apilint's own rules under other codes (other words for the same question).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from apilint.catalogue import load_rules
from apilint.config import Config
from benchmarks.packages import unpacked, version
from benchmarks.process import Run
from benchmarks.speed import in_turn, machine, without_cache

REPORT = Path(__file__).with_name("many_rules.md")
MODULES = (
    "os",
    "os.path",
    "json",
    "re",
    "time",
    "logging",
    "random",
    "base64",
    "hashlib",
    "datetime",
    "asyncio",
    "uuid",
)
HEAD = """title: {title}
message: {title}
severity: note
security-severity: 1.0
precision: low
why: It is generated.
fix: None.
"""


def generated(count: int) -> Iterator[tuple[str, str]]:
    """The names and texts of so many rules."""
    own = load_rules(Config())
    calls = [f"{module}.{name}" for module in MODULES for name in sorted(_functions(module))]
    for number in range(count):
        name = f"team/TEAM{number:04d}-generated-{number}.yaml"
        kind = number % 4
        if kind == 0:
            rule = own[number // 4 % len(own)]
            text = Path(rule.file).read_text(encoding="utf-8")
            yield f"{rule.family}/TEAM{number:04d}-generated-{number}.yaml", text.partition("\nexamples:")[0] + "\n"
        elif kind == 1:
            call = calls[number // 4 % len(calls)]
            yield name, HEAD.format(title=f"{call} is called") + f"query: {{calls: {{to: [{call}]}}}}\n"
        elif kind == 2:
            query = (
                f"{{where: {{path: ['/api/v{number}/**', '/admin/**']}}, must: {{guard: [team.deps.guard_{number}]}}}}"
            )
            yield name, HEAD.format(title=f"Routes need guard {number}") + f"query: {{routes: {query}}}\n"
        else:
            query = f"{{base: ['*.BaseModel'], attribute: setting_{number}, must-not: [true]}}"
            yield name, HEAD.format(title=f"Models do not set {number}") + f"query: {{classes: {query}}}\n"


def _functions(module: str) -> Iterator[str]:
    found = __import__(module, fromlist=["_"])
    return (name for name in dir(found) if callable(getattr(found, name)) and not name.startswith("_"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=["open-webui", "apache-superset"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--output", type=Path, default=REPORT)
    arguments = parser.parse_args()
    own = len(load_rules(Config()))
    lines = [
        "# Ten times as many rules",
        "",
        f"`python -m benchmarks.many_rules`: medians of {arguments.repeat} runs in turn, without the cache of facts.",
        f"The parsed rules are remembered. {machine()}",
        "",
        f"| tree | {own} rules: s | {10 * own} rules: s | more | the first run with them: s |",
        "|---|---|---|---|---|",
    ]
    lines += [compared(name, own, arguments.repeat) for name in arguments.apps]
    text = "\n".join(lines) + "\n"
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


def compared(app: str, own: int, repeat: int) -> str:
    """The row of one tree."""
    source = unpacked(app)
    with TemporaryDirectory() as folder:
        few = shutil.copytree(source, Path(folder) / "few" / "tree")
        many = shutil.copytree(source, Path(folder) / "many" / "tree")
        for name, text in generated(9 * own):
            path = Path(folder) / "rules" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (many / "apilint.toml").write_text('rules = ["../../rules"]\n', encoding="utf-8")
        (few / "apilint.toml").write_text("", encoding="utf-8")
        home = Path(folder) / "cache"
        first = without_cache(many, home).seconds

        def with_few(tree: Path, _: Path) -> Run:
            return without_cache(few, home)

        def with_many(tree: Path, _: Path) -> Run:
            return without_cache(many, home)

        runs = in_turn({"few": with_few, "many": with_many}, many, repeat)
    before, after = (statistics.median(run.seconds for run in runs[key]) for key in ("few", "many"))
    return f"| {version(source)} | {before:.2f} | {after:.2f} | {after / before - 1:+.0%} | {first:.2f} |"


if __name__ == "__main__":
    main()
