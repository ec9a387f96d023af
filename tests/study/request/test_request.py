"""One request for every command: keywords that are its fields, and keys of an experiment."""

from __future__ import annotations

from typing import Any

import pytest

from mdf import api
from mdf.core.errors import ConfigError
from mdf.runs.attempts import SETTLED
from mdf.study.request.request import StudyRequest
from mdf.workers.process import PATIENCE


def test_keywords_are_fields_or_keys_of_an_experiment() -> None:
    request = StudyRequest.of({"encoder": ["unet"], "keys": {"size": 64}, "workers": 2, "settings": ["seed=1"]})
    assert request == StudyRequest(keys={"encoder": ["unet"], "size": 64}, workers=2, settings=["seed=1"])


def test_keywords_change_a_request_that_is_given() -> None:
    base = StudyRequest(keys={"encoder": "unet", "size": 64}, workers=2, predictor=[])
    changed = StudyRequest.of({"size": 32, "rerun": True}, base)
    assert changed == StudyRequest(keys={"encoder": "unet", "size": 32}, workers=2, predictor=[], rerun=True)
    assert base.keys == {"encoder": "unet", "size": 64}


def test_a_request_and_its_keywords_are_the_same_cells() -> None:
    request = StudyRequest(keys={"encoder": "unet", "loss": ["l1", "mse"]}, predictor=[])
    assert api.cells(request) == api.cells(encoder="unet", loss=["l1", "mse"], predictor=[])
    assert api.cells(request, loss="l1") == api.cells(encoder="unet", loss="l1", predictor=[])


@pytest.mark.parametrize(
    ("asked", "again", "hung"),
    [
        ({}, set(), False),
        ({"retry": "failed,oom"}, {"failed", "oom"}, False),
        ({"retry": "timeout"}, {"timeout"}, True),
        ({"rerun": True}, set(SETTLED), True),
        ({"retry": "timeout", "retry_hung": False}, {"timeout"}, False),
    ],
)
def test_what_runs_again(asked: dict[str, Any], again: set[str], hung: bool) -> None:
    request = StudyRequest(**asked)
    assert set(request.again) == again
    assert request.hung_again is hung


def test_what_goes_with_a_trial_is_waited_for_as_long_as_the_trial() -> None:
    assert (StudyRequest(time_limit="2m").seconds, StudyRequest(time_limit="2m").patience) == (120, 120)
    assert (StudyRequest().seconds, StudyRequest().patience) == (None, PATIENCE)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"workers": 0}, "`workers` = 0"),
        ({"time_limit": "soon"}, "`soon` is not a time limit"),
        ({"retry": "brocken"}, "`brocken` is not a status"),
        ({"tries": 0}, "`tries` = 0: a trial is begun at least once"),
    ],
)
def test_a_request_that_cannot_be_used_is_an_error_with_a_cure(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        StudyRequest(**asked).check()
    assert caught.value.hint
