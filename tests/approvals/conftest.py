"""What tests of approvals share."""

from __future__ import annotations

import pytest

from tests.approvals.people import People, make_people


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return people with keys."""
    return make_people(tmp_path_factory.mktemp("people"))
