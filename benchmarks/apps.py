"""Downloads the applications that the other measurements read: `python -m benchmarks.apps`."""

from __future__ import annotations

from benchmarks.packages import APPS, unpacked, version


def main() -> None:
    for name in APPS:
        tree = unpacked(name)
        files = list(tree.rglob("*.py"))
        size = sum(path.stat().st_size for path in files)
        print(f"{version(tree):30} {len(files):6} files {size / 1e6:7.1f} MB  {tree}")


if __name__ == "__main__":
    main()
