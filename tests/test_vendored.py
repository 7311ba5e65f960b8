"""Code of others that is kept in the project is judged with less confidence: it is theirs to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.finding import Precision
from linting import findings, write

CALL = "import requests\n\n\ndef load(url):\n    return requests.get(url, verify=False, timeout=5)\n"


@pytest.mark.parametrize("folder", ["vendor", "_vendor", "shop/thirdparty", "third_party", "vendored"])
def test_vendored_code_is_of_low_precision(folder: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{folder}/client.py": CALL, "vendors.py": CALL, "shop/vendors/views.py": CALL})
    found = {each.place.file: each.precision for each in findings(tmp_path, "APL401")}
    assert found.pop(f"{folder}/client.py") is Precision.LOW
    assert found == {"vendors.py": Precision.VERY_HIGH, "shop/vendors/views.py": Precision.VERY_HIGH}


def test_a_folder_of_libraries_holds_copies_whatever_it_is_called(tmp_path: Path) -> None:
    libraries = {f"shop/ext/{name}": CALL for name in ("requests/api.py", "six.py", "urllib3/util/retry.py", "ours.py")}
    write(tmp_path, {**libraries, "shop/client.py": CALL, "shop/six.py": CALL, "requests/own.py": CALL})
    found = {each.place.file: each.precision for each in findings(tmp_path, "APL401")}
    low = {file for file, precision in found.items() if precision is Precision.LOW}
    assert low == libraries.keys()
    assert found.keys() - low == {"shop/client.py", "shop/six.py", "requests/own.py"}
