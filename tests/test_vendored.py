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
