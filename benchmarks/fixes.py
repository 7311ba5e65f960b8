"""All fixes applied at once to real applications: `python -m benchmarks.fixes [--unsafe] [name==version ...]`.

Works on copies. Exit status 1 unless every changed file compiles, a second run changes nothing, the change touches
only lines that a finding names (and imports), and nothing is found that was not found before.
"""

from __future__ import annotations

import difflib
import shutil
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from apilint import streams
from apilint.config import Config
from apilint.finding import Finding, Precision
from apilint.mending import Mended, Patch
from apilint.pipeline import Options, mend, survey
from benchmarks.packages import unpacked, version

APPS = (
    "changedetection.io==0.54.7", "changedetection.io==0.54.8", "changedetection.io", "whoogle-search", "fief-server",
    "flaskbb", "gpustack", "gradio", "pretix", "homeassistant",
)  # fmt: skip


class Outcome(NamedTuple):
    """What the fixes did to one application."""

    name: str
    mended: Mended
    verdicts: tuple[Counter[str], Counter[str]]
    complaints: list[str]


def applied(tree: Path, unsafe: bool) -> Outcome:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(tree, copy)
        before = verdicts(copy)
        first = run(copy, unsafe)
        for patch in first.patches:
            streams.rewrite(copy / patch.file, patch.before, patch.after)
        complaints = [*broken(first), *(line for patch in first.patches for line in stray(patch, first.fixed))]
        second = run(copy, unsafe)
        complaints += [f"a second run changes {patch.file}" for patch in second.patches]
        complaints += [f"new: {each.place.file}:{each.place.line} {each.code}" for each in appeared(first, second)]
        return Outcome(version(tree), first, (before, verdicts(copy)), complaints)


def run(root: Path, unsafe: bool) -> Mended:
    """Mend what is shown by default."""
    return mend(options(root), lambda each: each.precision.rank >= Precision.MEDIUM.rank, unsafe=unsafe)


def options(root: Path) -> Options:
    return Options(root=root, paths=(root,), config=Config(), cache=False, jobs=2)


def verdicts(root: Path) -> Counter[str]:
    return Counter(row.auth for row in survey(options(root))[0])


def broken(mended: Mended) -> Iterator[str]:
    """Files that compiled before and do not any more. One that needs a newer Python than ours never did."""
    for patch in mended.patches:
        error = not_compiled(patch.after, patch.file)
        if error is not None and not_compiled(patch.before, patch.file) is None:
            yield f"{patch.file} no longer compiles: {error}"


def not_compiled(text: bytes, file: str) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    return None


def stray(patch: Patch, fixed: tuple[Finding, ...]) -> Iterator[str]:
    """Lines that change although neither a finding names them nor an import is added. A lone `pass` may go."""
    named = {
        line
        for finding in fixed
        for place in (finding.place, *finding.trace, *finding.related)
        if place.file == patch.file
        for line in range(place.line, place.end_line + 1)
    }
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (patch.before, patch.after))
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        touched = range(i1 + 1, i2 + 1) if i2 > i1 else (i1, i1 + 1)
        is_import = all(not line.strip() or "import" in line or "getLogger" in line for line in after[j1:j2])
        is_filler = kind == "replace" and all(line.strip() == "pass" for line in before[i1:i2])
        if kind != "equal" and not named.intersection(touched) and not is_import and not is_filler:
            yield f"{patch.file}:{i1 + 1}: {kind}: {before[i1:i2]} -> {after[j1:j2]}"


def appeared(first: Mended, second: Mended) -> Iterator[Finding]:
    """What the second run finds and the first did not."""
    known = Counter(key(each) for each in (*first.report.findings, *first.fixed))
    for finding in second.report.findings:
        known[key(finding)] -= 1
        if known[key(finding)] < 0:
            yield finding


def key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.place.file, finding.route


def row(outcome: Outcome) -> str:
    codes = Counter(finding.code for finding in outcome.mended.fixed)
    rules = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    before, after = outcome.verdicts
    shift = after["required"] - before["required"]
    lines = sum(changed(patch) for patch in outcome.mended.patches)
    cells = (
        outcome.name,
        rules or "none",
        len(outcome.mended.patches),
        lines,
        len(outcome.mended.refused),
        f"{shift:+}",
    )
    return f"| {' | '.join(map(str, cells))} | {len(outcome.complaints)} |"


def changed(patch: Patch) -> int:
    """Lines taken out or put in."""
    before, after = patch.before.splitlines(), patch.after.splitlines()
    return sum(line[:1] in "+-" for line in difflib.ndiff([str(x) for x in before], [str(x) for x in after]))


def main() -> None:
    words = sys.argv[1:]
    unsafe = "--unsafe" in words
    print("| application | mended | files | lines | declined | routes more that require | complaints |")
    print("|---|---|---|---|---|---|---|")
    good = True
    for name in [word for word in words if word != "--unsafe"] or APPS:
        outcome = applied(unpacked(name), unsafe)
        print(row(outcome), flush=True)
        for each in outcome.mended.refused:
            where = f"{each.finding.place.file}:{each.finding.place.line}"
            print(f"{name}: {where} {each.finding.code} declined: {each.reason}", file=sys.stderr)
        for complaint in outcome.complaints:
            print(f"{name}: {complaint}", file=sys.stderr)
        good &= not outcome.complaints
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
