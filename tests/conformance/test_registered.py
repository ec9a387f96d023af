"""Being registered is being tested: every component on offer passes the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_data import make_folder, make_nyuv2

from mdf.registry import Catalog, Offer
from mdf.testing import check, members
from mdf.testing.worker import Worker

CATALOG = Catalog.discover()
BUILT_IN = [offer for offer in CATALOG if offer.builtin]

REAL: dict[str, Callable[[Path], str]] = {
    "cdnet": lambda data: f"{data}/cdnet2014/dataset/baseline/highway",
    "rgbd-pairs": lambda data: f"{data}/rgbd_pairs",
    "composite": lambda data: f"{data}/rgbd_rooms,{data}/cutouts",
    "video": lambda data: f"{data}/surveillance_clip/one-by-one-person-detection.mp4",
}
"""Variants of data sets that read real images."""

MADE: dict[str, Callable[[Path], Path]] = {"folder": make_folder, "nyuv2": make_nyuv2}
"""Variants of data sets that are made here."""

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
    if member in REAL:
        return f"{member}:{REAL[member](request.getfixturevalue('mdf_test_data'))}"
    return f"{member}:{MADE[member](request.getfixturevalue('tmp_path'))}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that components stand on
@pytest.mark.parametrize(("offer", "member"), CASES, ids=[f"{offer.kind}-{member}" for offer, member in CASES])
def test_it_keeps_its_contract(offer: Offer, member: str, request: pytest.FixtureRequest, kit_worker: Worker) -> None:
    findings = check(CATALOG, offer.kind, reference(offer, member, request), worker=kit_worker)
    assert not [finding for finding in findings if finding.outcome == "failed"]
    if not any(finding.outcome == "passed" for finding in findings):
        pytest.skip(findings[0].detail)
