"""Being registered is being tested: every component on offer passes the kit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from built_in_data import data_reference

from mdf.registry import Catalog, Offer
from mdf.testing import check, members
from mdf.testing.worker import Worker

pytestmark = pytest.mark.slow

CATALOG = Catalog.discover()
BUILT_IN = [offer for offer in CATALOG if offer.builtin]

CASES = [(offer, one) for offer in BUILT_IN for one in members(offer, offer.spec.name)]
"""Every component, a family by its representatives."""


@pytest.fixture(scope="module")
def kit_worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


def reference(offer: Offer, member: str, request: pytest.FixtureRequest) -> str:
    """How the component is asked for; a data set with a path."""
    if not offer.spec.variant or ":" in member:
        return member
    assert offer.kind == "dataset", f"name representatives of {offer.kind} `{offer.usage}`"
    return data_reference(member, request)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that components stand on
@pytest.mark.parametrize(("offer", "member"), CASES, ids=[f"{offer.kind}-{member}" for offer, member in CASES])
def test_it_keeps_its_contract(offer: Offer, member: str, request: pytest.FixtureRequest, kit_worker: Worker) -> None:
    findings = check(CATALOG, offer.kind, reference(offer, member, request), worker=kit_worker)
    assert not [finding for finding in findings if finding.outcome == "failed"]
    if not any(finding.outcome == "passed" for finding in findings):
        pytest.skip(findings[0].detail)
