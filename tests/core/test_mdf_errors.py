"""Errors cross process borders whole: message, hint, and the step of a divergence."""

from __future__ import annotations

import pickle

import pytest

from mdf.core import errors
from mdf.core.errors import DivergedError, MdfError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MdfError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_survives_a_pickle(kind: type[MdfError]) -> None:
    again = pickle.loads(pickle.dumps(kind("what", "cure")))
    assert type(again) is kind
    assert (again.message, again.hint, str(again)) == ("what", "cure", "what\ncure")


def test_a_divergence_keeps_its_step() -> None:
    assert pickle.loads(pickle.dumps(DivergedError("x", "y", step=17))).step == 17
