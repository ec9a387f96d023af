"""What a study is called, and the stamp that its cells run under."""

from __future__ import annotations

import pytest

from mdf import api
from mdf.core.errors import ConfigError
from mdf.study.cell import SurveyRequest
from mdf.study.prepare import check_name
from mdf.study.survey import survey

SCENES = {"name": "scenes", "train": 4, "val": 2, "test": 2, "size": 32}


@pytest.mark.parametrize("name", ["costs", "a/b", "-x", ".hidden"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a study's name"):
        check_name(name)


def test_compiled_and_eager_cells_have_stamps_of_their_own() -> None:
    """So their costs are not ranked together."""
    tables = [{"data": SCENES, "encoder": "unet", "train": {"compile": value}} for value in (False, True)]
    configs = [api.cells(config=table, predictor=[])[0] for table in tables]
    eager, compiled = survey(lambda _: None, SurveyRequest(configs, [], fill_cache=False))
    assert (eager.stamp["compile"], compiled.stamp["compile"]) == (False, True)
