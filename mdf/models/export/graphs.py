"""A network as graphs for other runtimes: bytes in, public values out, everything between inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.fx.experimental import _config as shape_rules

from mdf.core.errors import ConfigError, MdfError
from mdf.core.exporter import Graph
from mdf.core.task import Task, output_keys, public_outputs
from mdf.engine.evaluation import guided_range
from mdf.engine.model import Background, Model
from mdf.engine.prepare.guide import Guide, guidance
from mdf.models.export.card import BG, BG_DEPTH, FRAME, JOINT, LOGITS, OF_BACKGROUND, OF_FRAME, STATE

Size = tuple[int, int]


def graphs_of(model: Model, tasks: Mapping[str, Task], size: Size | None) -> list[Graph]:
    """The graphs of a trained network, which is on the CPU in `eval` mode.

    The first one reads both images; a network that does not read the empty scene has no input `bg`, and one that is
    guided has the input `bg_depth`. Where there is work on the empty scene alone, two more follow, so that a fixed
    camera does it once.

    Args:
        size: (height, width) of the images that the graphs take; None = any from `smallest_side` on.

    Raises
        ConfigError: a network that was built for one size is to take any.
        MdfError: torch cannot record the network.
    """
    if size is None and model.encoder.size is not None:
        height, width = model.encoder.size
        raise ConfigError(
            f"the encoder was built for images of {height}x{width}, so its graph cannot take any size",
            f"leave out `--dynamic`; `--size {height}x{width}` is the largest",
        )
    least = smallest_side(model)
    known = _inputs(size or (3 * least - 2, 4 * least - 1))  # odd: padding and cropping are recorded too
    sides = None if size else {2: Dim("height", min=least), 3: Dim("width", min=least)}
    own = [name for name in (BG, BG_DEPTH) if name in _read_by(model)]
    outputs = tuple(_output_names(tasks))

    def recorded(name: str, part: _Part, inputs: Sequence[str], outputs: tuple[str, ...]) -> Graph:
        arguments = [known[name] for name in inputs]
        return _recorded(name, part, arguments, [sides] * len(inputs), tuple(inputs), outputs)

    graphs = [recorded(JOINT, _Joint(model, tasks), _read_by(model), outputs)]
    # of any size, torch must see how the maps of both images fit together, which layers tell it
    if not (BG in own and (_runs_layers_on_background(model, known[BG]) or (model.guided and size))):
        return graphs
    first = _BackgroundHalf(model, tasks)
    with torch.no_grad():
        state = first(*(known[name] for name in own))
    names = tuple(f"{STATE}{number}" for number in range(len(state)))
    graphs.append(recorded(OF_BACKGROUND, first, own, names))
    # how large the maps of the empty scene are follows from the frame: torch finds out by itself
    free = None if size else {2: Dim.AUTO, 3: Dim.AUTO}
    shapes = [free, *(None if x.shape[2:] == (1, 1) else free for x in state)]
    second = _FrameHalf(model, tasks)
    return [*graphs, _recorded(OF_FRAME, second, (known[FRAME], *state), shapes, (FRAME, *names), outputs)]


def smallest_side(model: Model) -> int:
    """The least height and width of a graph that takes any size: such a graph enlarges nothing."""
    return max(model.padded_size((1, 1))[0], model.enlarge_to // 2) + 1


def _output_names(tasks: Mapping[str, Task]) -> list[str]:
    return [*output_keys(tasks), *(task + LOGITS for task in tasks)]


def _read_by(model: Model) -> tuple[str, ...]:
    """The inputs of the whole network."""
    reads = {BG: model.fusion.reads_background, FRAME: True, BG_DEPTH: model.guided}
    return tuple(name for name, is_read in reads.items() if is_read)


def _inputs(size: Size) -> dict[str, Tensor]:
    """Examples of every input."""
    random = torch.Generator().manual_seed(0)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *size), generator=random, dtype=torch.uint8)
    return {BG: bg, FRAME: frame, BG_DEPTH: 1 + torch.rand(1, 1, *size, generator=random)}


def _runs_layers_on_background(model: Model, bg: Tensor) -> bool:
    """Whether there is anything to save by computing the background once."""
    ran: list[nn.Module] = []
    layers = [m for m in model.modules() if not [*m.children()] and [*m.parameters(recurse=False)]]
    hooks = [layer.register_forward_hook(lambda layer, *_: ran.append(layer)) for layer in layers]
    try:
        with torch.no_grad():
            model.background(bg)
    finally:
        for hook in hooks:
            hook.remove()
    return bool(ran)


def _recorded(
    name: str,
    module: nn.Module,
    arguments: Sequence[Tensor],
    shapes: Sequence[Mapping[int, Dim] | None],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> Graph:
    any_size = shapes[0] is not None
    try:
        # sizes of 0 and 1 are no cases of their own, of which a rule for all sizes would have to be proven
        with torch.no_grad(), shape_rules.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]
            program = torch.export.export(
                module.eval(), tuple(arguments), dynamic_shapes=(tuple(shapes),) if any_size else None
            )
    except Exception as error:  # of torch's tracer, of a component: anything
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        cure = "leave out `--dynamic`: a graph of one size may work" if any_size else "use the network in mdf"
        raise MdfError(f"torch cannot record the network's graph `{name}`: {reason}", cure) from error
    return Graph(name, program, inputs, outputs, any_size)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is known of an empty scene.

    Attributes:
        background: as the network needs it.
        factor: by which guided predictions are multiplied, N×1×H×W: from the network's scale to that of the scene's
            known depth. 1 where none is known. None if the network is not guided.
    """

    background: Background
    factor: Tensor | None = None


class _Part(nn.Module):
    """A part of a network, with what turns logits into public values."""

    def __init__(self, model: Model, tasks: Mapping[str, Task]) -> None:
        super().__init__()
        self.model = model
        self._tasks = dict(tasks)
        self._limits = guided_range(tasks, model.guided_tasks)

    def _scene(self, given: Mapping[str, Tensor]) -> _Scene:
        """The empty scene by the inputs of a graph."""
        bg = given[BG if BG in given else FRAME]
        if not self.model.guided:
            return _Scene(self.model.background(bg))
        depth = given[BG_DEPTH]
        guide = guidance(depth, (depth.shape[2], depth.shape[3]), self._limits)
        factor = guide.native / guide.base
        background = self.model.background(bg, depth=guide.small)
        return _Scene(background, torch.where(factor.isnan(), torch.ones_like(factor), factor))

    def _outputs(self, scene: _Scene, frame: Tensor) -> tuple[Tensor, ...]:
        """In the order of `_output_names`."""
        logits = self.model.forward_frame(scene.background, frame)
        values = public_outputs(self._tasks, logits)
        if scene.factor is not None:
            values |= {task: values[task] * scene.factor for task in self.model.guided_tasks}
        return (*(values[key] for key in output_keys(self._tasks)), *(logits[task] for task in self._tasks))


class _Joint(_Part):
    """All inputs that the network reads → outputs."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(_read_by(self.model), inputs, strict=True))
        return self._outputs(self._scene(given), given[FRAME])


class _BackgroundHalf(_Part):
    """The background → its state. Statistics of the training data are no part of it: the other half has them too."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        names = [name for name in (BG, BG_DEPTH) if name in _read_by(self.model)]
        scene = self._scene(dict(zip(names, inputs, strict=True)))
        background = scene.background
        own = () if _are_stored(self.model) else (background.mean, background.std)
        guide = background.guide
        known = () if scene.factor is None or guide is None else (guide.depth, scene.factor)
        return (*own, *known, *background.maps)


class _FrameHalf(_Part):
    """The frame and the background's state → outputs."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        frame, *state = inputs
        stored = [self.model.normalise.mean, self.model.normalise.std] if _are_stored(self.model) else []
        mean, std, *maps = [*stored, *state]
        times = self.model.enlargement((frame.shape[-2], frame.shape[-1]))
        if not self.model.guided:
            return self._outputs(_Scene(Background(mean, std, maps, times=times)), frame)
        depth, factor, *maps = maps
        guide = Guide(depth, depth[:, :0])  # its channels are in the maps already
        return self._outputs(_Scene(Background(mean, std, maps, guide, times), factor), frame)


def _are_stored(model: Model) -> bool:
    """Whether frames are normalised by statistics that are stored with the network."""
    return model.normalise.mode in ("dataset", "encoder")
