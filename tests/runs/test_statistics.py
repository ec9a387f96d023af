"""Stored statistics: what is read is what was written, each data set apart; a damaged file is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.errors import MdfError
from mdf.engine.scoring import SampleStatistics
from mdf.runs import statistics


def found(images: int, widths: dict[str, int], seed: int = 0) -> SampleStatistics:
    random = torch.Generator().manual_seed(seed)
    tables = {key: torch.randn(images, k, generator=random, dtype=torch.float64) for key, k in widths.items()}
    return SampleStatistics(
        ids=[f"{seed}-{i}" for i in range(images)],
        scenes=[f"room {i % 3}" for i in range(images)],
        tags=[frozenset({"shadow", "low_light"} if i % 2 else ()) for i in range(images)],
        parts={key: list(table.split(4)) for key, table in tables.items()},
    )


@settings(max_examples=25)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 300))
def test_what_is_read_is_what_was_written(tmp_path_factory: pytest.TempPathFactory, n: int, k: int, wide: int) -> None:
    path = tmp_path_factory.mktemp("trial") / "statistics.parquet"
    own, other = found(n, {"mask/iou": k, "mask/ap": wide}), found(n + 1, {"mask/iou@film": k}, seed=1)
    statistics.write(path, {"": own, "film": other}, {"room 1"})
    read = statistics.read(path)
    assert list(read) == ["", "film"]
    for statistic, label in ((own, ""), (other, "film")):
        assert read[label].ids == tuple(statistic.ids)
        assert read[label].scenes == tuple(statistic.scenes)
        assert read[label].tags == tuple(statistic.tags)
        for key, parts in statistic.parts.items():
            assert np.array_equal(read[label].tables[key.partition("@")[0]], torch.cat(parts).numpy())
    assert set(read["film"].tables) == {"mask/iou"}


def test_the_scenes_that_were_trained_on_are_marked_on_the_own_test_split_alone(tmp_path: Path) -> None:
    path = tmp_path / "statistics.parquet"
    statistics.write(path, {"": found(6, {"a/b": 1}), "film": found(6, {"a/b@film": 1})}, {"room 1"})
    read = statistics.read(path)
    assert read[""].seen.tolist() == [False, True, False] * 2
    assert not read["film"].seen.any()


@pytest.mark.parametrize("content", [None, b"", b"PAR1 but no more", b"x" * 500])
def test_a_missing_or_damaged_file_is_an_error_that_names_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "statistics.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MdfError, match=r"statistics\.parquet") as caught:
        statistics.read(path)
    assert caught.value.hint
