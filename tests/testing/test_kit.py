"""How the kit is asked and how it answers: findings, assertions, and components that cannot be tried."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.spec import KINDS
from mdf.registry import Catalog
from mdf.testing import Finding, assert_conforms, check
from mdf.testing.kit import checks_of, name_of
from mdf.testing.worker import Worker

HEAVY = """
import torch
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_losses():
    return [Spec("heavy", "planted_scores:GoodLoss", "Good, but its registration is heavy.")]
"""
HALF = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_losses():
    return [
        Spec("gone", "no_such_module:Loss", "Its module is gone."),
        Spec("extra", "no_such_module:Loss", "It needs more.", extra="more"),
    ]
"""


def plugin(folder: Path, name: str, source: str) -> Catalog:
    path = folder / f"{name}.py"
    path.write_text(source)
    return Catalog.discover([str(path)])


def outcomes(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.outcome for finding in findings}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_checks_with_names_and_reasons(kind: str) -> None:
    checks = checks_of(kind)
    assert checks[0].__name__ == "can_be_built"
    assert len({name_of(run) for run in checks}) == len(checks)
    assert all(run.__doc__ for run in checks)


def test_findings_come_in_the_order_of_the_checks(planted_catalog: Catalog, kit_worker: Worker) -> None:
    findings = check(planted_catalog, "loss", "good-loss", worker=kit_worker)
    assert [finding.check for finding in findings] == [name_of(run) for run in checks_of("loss")]


def test_what_cannot_be_built_is_one_failure(planted_catalog: Catalog, kit_worker: Worker) -> None:
    findings = check(planted_catalog, "metric", "unbuildable-metric", worker=kit_worker)
    assert [finding.outcome for finding in findings] == ["failed", *["skipped"] * (len(findings) - 1)]
    assert "planted" in findings[0].detail


def test_a_class_that_is_not_there_is_a_failure_a_missing_extra_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = plugin(tmp_path, "half_installed", HALF)
    monkeypatch.delitem(sys.modules, "half_installed")
    assert check(catalog, "loss", "gone")[0].outcome == "failed"
    findings = check(catalog, "loss", "extra")
    assert {finding.outcome for finding in findings} == {"skipped"}
    assert "half_installed[more]" in findings[0].detail


def test_a_family_without_its_variant_is_skipped_with_the_reason() -> None:
    catalog = Catalog.discover()
    findings = check(catalog, "dataset", "cdnet")
    assert {finding.outcome for finding in findings} == {"skipped"}
    assert "cdnet:PATH" in findings[0].detail


def test_options_reach_the_component_and_wrong_ones_are_a_failure(kit_worker: Worker) -> None:
    catalog = Catalog.discover()
    options = {"width": 4, "depth": 2}
    findings = check(catalog, "encoder", "unet", options, kit_worker)
    assert "failed" not in outcomes(findings).values()
    wrong = check(catalog, "encoder", "unet", {"widht": 4}, kit_worker)
    assert wrong[0] == Finding("can be built", "failed", wrong[0].detail)
    assert "encoder.widht" in wrong[0].detail


def test_a_heavy_registration_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kit_worker: Worker) -> None:
    catalog = plugin(tmp_path, "heavy_registration", HEAVY)
    monkeypatch.delitem(sys.modules, "heavy_registration")
    findings = {finding.check: finding for finding in check(catalog, "loss", "heavy", worker=kit_worker)}
    found = findings.pop("registration imports no torch")
    assert found.outcome == "failed"
    assert "imports torch" in found.detail
    assert "failed" not in outcomes(list(findings.values())).values()


def test_the_callers_randomness_is_left_alone(planted_catalog: Catalog, kit_worker: Worker) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check(planted_catalog, "head", "good-head", worker=kit_worker)
    assert torch.equal(torch.rand(1), expected)


def test_a_worker_that_dies_is_a_failure_and_the_next_check_gets_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HEAVY.replace(
        "import torch\n", "import multiprocessing, os\nif multiprocessing.parent_process(): os._exit(3)\n"
    )
    catalog = plugin(tmp_path, "dying_plugin", source)
    monkeypatch.delitem(sys.modules, "dying_plugin")
    with Worker() as worker:
        findings = outcomes(check(catalog, "loss", "heavy", worker=worker))
        assert findings["can be built in a worker"] == "failed"
        assert "failed" not in outcomes(check(Catalog.discover(), "loss", "l1", worker=worker)).values()


def test_an_assertion_tells_every_failure(planted_catalog: Catalog) -> None:
    with pytest.raises(
        AssertionError, match=r"loss `flat-loss` breaks its contract:\n  a wrong prediction gets a gradient: "
    ):
        assert_conforms("loss", "flat-loss", catalog=planted_catalog)
    findings = assert_conforms("loss", "good-loss", catalog=planted_catalog)
    assert {finding.outcome for finding in findings} == {"passed"}


def test_an_assertion_that_would_check_nothing_is_an_error() -> None:
    with pytest.raises(ConfigError, match="needs its PATH"):
        assert_conforms("dataset", "cdnet")
    with pytest.raises(UnknownNameError, match="no loss is called"):
        assert_conforms("loss", "no-such-loss")
