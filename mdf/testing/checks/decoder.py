"""Checks what a decoder promises: the declared map for each task from any pyramid, and layers of one task alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mdf.core.decoder import Decoder
from mdf.core.errors import MdfError
from mdf.core.features import FeatureSpec
from mdf.testing.compare import Tensors, equal, require, shaped
from mdf.testing.finding import FailedError
from mdf.testing.inputs import probes
from mdf.testing.shared_checks import whole_model
from mdf.testing.shared_checks.network import Network, for_network
from mdf.testing.subject import Subject

TASKS = probes.TASKS
PYRAMIDS = (
    FeatureSpec((8, 16, 32), (1, 2, 4), 4),
    FeatureSpec((8, 16, 24, 32), (2, 4, 8, 16), 16),
    FeatureSpec((16, 24, 32, 48), (4, 8, 16, 32), 32),
    FeatureSpec((8, 12, 16, 24, 32), (1, 2, 4, 8, 16), 16),
    FeatureSpec((8, 12, 16, 24, 32), (2, 4, 8, 16, 32), 32),
)
"""Three to five levels, with and without a map of full size."""


def can_be_built(subject: Subject[Decoder]) -> None:
    """It is built from its options, a pyramid's features and task names, and declares channels, stride and branches."""
    decoder = _build(subject, _pyramid(subject))
    for name in ("channels", "stride"):
        value = getattr(decoder, name, None)
        require(isinstance(value, int) and value > 0, f"its `{name}` is {value!r}, not a positive integer")


def can_be_built_in_a_worker(subject: Subject[Decoder]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject, _pyramid(subject), TASKS)


def gives_the_maps_it_declares(subject: Subject[Decoder]) -> None:
    """Each task's map has the declared channels and stride, from three to five levels, full size or not.

    A pyramid may be refused with an MdfError, not every one of them.
    """
    taken = 0
    for features in PYRAMIDS:
        try:
            decoder = _build(subject, features)
        except MdfError:
            continue
        taken += 1
        multiple = math.lcm(features.multiple, decoder.multiple)
        for size in ((2 * multiple, 3 * multiple), (multiple, multiple)):
            with torch.no_grad():
                maps = decoder.eval()(_maps(features, 1, size, 0), TASKS)
            require(set(maps) == set(TASKS), f"it gives maps for {sorted(maps)}, asked were {sorted(TASKS)}")
            shape = (1, decoder.channels, size[0] // decoder.stride, size[1] // decoder.stride)
            for task, tensor in maps.items():
                shaped(tensor, shape, f"from strides {features.strides} the map of `{task}`")
    require(taken > 0, "every pyramid is refused")


def one_branch_a_task(subject: Subject[Decoder]) -> None:
    """`branches` is a ModuleDict with the tasks' names, also for a single task."""
    for tasks in (TASKS, TASKS[:1]):
        decoder = _build(subject, _pyramid(subject), tasks)
        branches = getattr(decoder, "branches", None)
        require(isinstance(branches, nn.ModuleDict), f"its `branches` are a {type(branches).__name__}")
        require(set(decoder.branches) == set(tasks), f"its branches are {list(decoder.branches)}, not {list(tasks)}")
    decoder = _build(subject, _pyramid(subject))
    sets = [{id(p) for p in decoder.branches[task].parameters()} for task in TASKS]
    require(not sets[0] & sets[1], "two branches share parameters: freezing one task would freeze the other")


def only_asked_tasks_are_computed(subject: Subject[Decoder]) -> None:
    """The branches of tasks that are not asked for do not run, and their maps are not returned."""
    features = _pyramid(subject)
    for asked, other in (TASKS, TASKS[::-1]):
        decoder = _build(subject, features).eval()
        ran: list[str] = []
        for name, module in decoder.branches[other].named_modules():
            module.register_forward_pre_hook(_recorder(ran, name))
        maps = _maps(features, 1, (64, 64), 0)
        with torch.no_grad():
            given = decoder(maps, (asked,))
        require(set(given) == {asked}, f"asked for `{asked}` it returns {sorted(given)}")
        require(not ran, f"asked for `{asked}` it runs the branch of `{other}`" + (f" ({ran[0]})" if any(ran) else ""))


def what_one_task_uses_is_in_its_branch(subject: Subject[Decoder]) -> None:
    """A parameter that only one task's map depends on is in that task's branch, so that it is frozen with the head."""
    features = _pyramid(subject)
    decoder = _build(subject, features).train()
    used = {task: _used(decoder, features, task) for task in TASKS}
    for task, other in (TASKS, TASKS[::-1]):
        own = {f"branches.{task}.{name}" for name, _ in decoder.branches[task].named_parameters()}
        stray = sorted(used[task] - used[other] - own)
        require(not stray, f"only `{task}` uses `{stray[0] if stray else ''}`, which is outside `branches`")


def tasks_do_not_change_each_other(subject: Subject[Decoder]) -> None:
    """A task's map is the same bits whether it is asked for alone or with others."""
    features = _pyramid(subject)
    decoder = _build(subject, features).eval()
    maps = _maps(features, 2, (64, 64), 0)
    with torch.no_grad():
        together = decoder(maps, TASKS)
        for task in TASKS:
            equal(decoder(maps, (task,)), {task: together[task]}, "asked for alone")


def _pyramid(subject: Subject[Decoder]) -> FeatureSpec:
    """The longest pyramid that the decoder takes."""
    for features in reversed(PYRAMIDS):
        try:
            _build(subject, features)
        except MdfError as error:
            refusal = error
            continue
        return features
    raise FailedError(f"every pyramid is refused: {refusal.message}")


def _build(subject: Subject[Decoder], features: FeatureSpec, tasks: Sequence[str] = TASKS, seed: int = 0) -> Decoder:
    return subject.create(features, tuple(tasks), seed=seed)


def _maps(features: FeatureSpec, count: int, size: tuple[int, int], seed: int) -> list[Tensor]:
    return [probes.maps(shape, 10 * seed + i) for i, shape in enumerate(features.shapes(count, *size))]


def _recorder(ran: list[str], name: str) -> Callable[..., None]:
    """A hook that notes that the module `name` was run."""
    return lambda *_: ran.append(name)


def _used(decoder: nn.Module, features: FeatureSpec, task: str) -> set[str]:
    """Names of the parameters that `task`'s map depends on."""
    decoder.zero_grad(set_to_none=True)
    maps = decoder(_maps(features, 2, (64, 64), 0), (task,))
    maps[task].sum().backward()
    return {name for name, parameter in decoder.named_parameters() if parameter.grad is not None}


def _network(subject: Subject[Decoder]) -> Network:
    features = _pyramid(subject)

    def build(seed: int) -> nn.Module:
        return _build(subject, features, seed=seed)

    def inputs(count: int, seed: int) -> list[Tensor]:
        return _maps(features, count, (64, 64), seed)

    def run(module: nn.Module, given: Sequence[Tensor]) -> Tensors:
        maps: Tensors = module(list(given), TASKS)
        return maps

    return Network(build, inputs, run)


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    gives_the_maps_it_declares,
    one_branch_a_task,
    only_asked_tasks_are_computed,
    what_one_task_uses_is_in_its_branch,
    tasks_do_not_change_each_other,
    *for_network(_network),
    *whole_model.CHECKS,
)
