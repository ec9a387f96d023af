"""The order of file names in which people count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdf.core.natural import natural


@given(st.lists(st.integers(0, 10**12), unique=True, min_size=1))
def test_numbers_are_ordered_as_numbers(numbers: list[int]) -> None:
    assert natural(f"f{n}" for n in numbers) == [f"f{n}" for n in sorted(numbers)]


@given(st.lists(st.text(), unique=True), st.randoms())
def test_any_names_have_one_order(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert natural(shuffled) == natural(names)
    assert sorted(natural(names)) == sorted(names)
