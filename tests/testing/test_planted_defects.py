"""A check that cannot fail is a defect: each planted defect is found by its check, and no check is without one."""

from __future__ import annotations

import importlib

import pytest
from planted import PLANTED, name_of

from mdf.core.spec import KINDS
from mdf.registry import Catalog
from mdf.testing import check, members
from mdf.testing.kit import checks_of
from mdf.testing.worker import Worker

CASES = [(kind, name, expected) for kind, planted in PLANTED.items() for name, expected in planted.items()]
FOUND_ELSEWHERE = {"registration_imports_no_torch"}  # test_kit.py


@pytest.mark.parametrize(("kind", "planted", "expected"), CASES, ids=[case[1] for case in CASES])
def test_each_defect_is_found_by_its_check(
    kind: str, planted: str, expected: tuple[str, ...], planted_catalog: Catalog, kit_worker: Worker
) -> None:
    (reference,) = members(planted_catalog.named(kind, name_of(planted)), name_of(planted))
    findings = check(planted_catalog, kind, reference, worker=kit_worker)
    failed = {finding.check: finding.detail for finding in findings if finding.outcome == "failed"}
    assert set(expected) <= set(failed) if expected else not failed, failed
    assert all(failed.values()), "a failure says what was found"


def test_every_check_has_a_defect_planted_for_it() -> None:
    assert set(PLANTED) == set(KINDS)
    planted = {check for kind in PLANTED for checks in PLANTED[kind].values() for check in checks}
    shared = {run.__name__ for part in ("every", "network", "whole_model") for run in _module(part).CHECKS}
    for kind, names in PLANTED.items():
        own = {check for checks in names.values() for check in checks}
        for run in checks_of(kind):
            known = planted if run.__name__ in shared else own
            assert run.__name__ in FOUND_ELSEWHERE or run.__name__.replace("_", " ") in known, (kind, run.__name__)


def _module(name: str):
    return importlib.import_module(f"mdf.testing.shared_checks.{name}")
