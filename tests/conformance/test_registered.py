"""Being registered is being tested: every component on offer passes the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_data import make_folder, make_nyuv2

from mdf.registry import Catalog, Offer
from mdf.testing import check
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

FAMILIES: dict[tuple[str, str], str] = {
    ("encoder", "timm"): "mobilenetv3_small_050",
    ("encoder", "smp"): "mit_b0",
    ("decoder", "smp"): "segformer",
}
"""A small member of each family of networks."""


@pytest.fixture(scope="module")
def kit_worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


def reference(offer: Offer, request: pytest.FixtureRequest) -> str:
    """How the component is asked for; a family by one of its members."""
    name = offer.spec.name
    if not offer.spec.variant:
        return name
    if name in REAL and offer.kind == "dataset":
        return f"{name}:{REAL[name](request.getfixturevalue('mdf_test_data'))}"
    if name in MADE and offer.kind == "dataset":
        return f"{name}:{MADE[name](request.getfixturevalue('tmp_path'))}"
    assert (offer.kind, name) in FAMILIES, f"name a member of {offer.kind} `{offer.usage}` to be tested"
    return f"{name}:{FAMILIES[offer.kind, name]}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that components stand on
@pytest.mark.parametrize("offer", BUILT_IN, ids=[f"{offer.kind}-{offer.spec.name}" for offer in BUILT_IN])
def test_it_keeps_its_contract(offer: Offer, request: pytest.FixtureRequest, kit_worker: Worker) -> None:
    findings = check(CATALOG, offer.kind, reference(offer, request), worker=kit_worker)
    assert not [finding for finding in findings if finding.outcome == "failed"]
    if not any(finding.outcome == "passed" for finding in findings):
        pytest.skip(findings[0].detail)
