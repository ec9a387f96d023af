"""A network as graphs for other runtimes: bytes in, public values out, everything between inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.fx.experimental import _config as shape_rules

from mdf.core.errors import ConfigError, MdfError
from mdf.core.exporter import Graph
from mdf.core.task import Task, output_keys, public_outputs
from mdf.engine.model import Background, Model
from mdf.models.export.card import BG, FRAME, JOINT, LOGITS, OF_BACKGROUND, OF_FRAME, STATE

Size = tuple[int, int]


def graphs_of(model: Model, tasks: Mapping[str, Task], size: Size | None) -> list[Graph]:
    """The graphs of a trained network, which is on the CPU in `eval` mode.

    The first one reads both images; a network that does not read the empty scene has the input `frame` alone. Where
    layers run on the empty scene alone, two more follow, so that a fixed camera runs them once.

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
    multiple = smallest_side(model) - 1
    images = _images(size or (3 * multiple + 1, 4 * multiple + 3))  # odd: padding and cropping are recorded too
    both = model.fusion.reads_background
    inputs, outputs = (BG, FRAME) if both else (FRAME,), tuple(_output_names(tasks))
    sides = None if size else {2: Dim("height", min=multiple + 1), 3: Dim("width", min=multiple + 1)}
    joint = _Joint(model, tasks)
    graphs = [_recorded(JOINT, joint, images[-len(inputs) :], [sides] * len(inputs), inputs, outputs)]
    if not _runs_layers_on_background(model, images[0]):
        return graphs
    first = _BackgroundHalf(model)
    with torch.no_grad():
        state = first(images[0])
    names = tuple(f"{STATE}{number}" for number in range(len(state)))
    graphs.append(_recorded(OF_BACKGROUND, first, images[:1], [sides], (BG,), names))
    # how large the maps of the empty scene are follows from the frame: torch finds out by itself
    own = None if size else {2: Dim.AUTO, 3: Dim.AUTO}
    shapes = [own, *(None if x.shape[2:] == (1, 1) else own for x in state)]
    second = _FrameHalf(model, tasks)
    return [*graphs, _recorded(OF_FRAME, second, (images[1], *state), shapes, (FRAME, *names), outputs)]


def smallest_side(model: Model) -> int:
    """The least height and width of a graph that takes any size."""
    return model.padded_size((1, 1))[0] + 1


def _output_names(tasks: Mapping[str, Task]) -> list[str]:
    return [*output_keys(tasks), *(task + LOGITS for task in tasks)]


def _images(size: Size) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *size), generator=random, dtype=torch.uint8)
    return bg, frame


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


class _Part(nn.Module):
    """A part of a network, with what turns logits into public values."""

    def __init__(self, model: Model, tasks: Mapping[str, Task] | None = None) -> None:
        super().__init__()
        self.model = model
        self._tasks = dict(tasks or {})

    def _outputs(self, background: Background, frame: Tensor) -> tuple[Tensor, ...]:
        """In the order of `_output_names`."""
        logits = self.model.forward_frame(background, frame)
        values = public_outputs(self._tasks, logits)
        return (*(values[key] for key in output_keys(self._tasks)), *(logits[task] for task in self._tasks))


class _Joint(_Part):
    """The background and the frame, or the frame alone for a network that reads nothing else → outputs."""

    def forward(self, *images: Tensor) -> tuple[Tensor, ...]:
        return self._outputs(self.model.background(images[0]), images[-1])


class _BackgroundHalf(_Part):
    """The background → its state. Statistics of the training data are no part of it: the other half has them too."""

    def forward(self, *images: Tensor) -> tuple[Tensor, ...]:
        background = self.model.background(images[0])
        own = () if _are_stored(self.model) else (background.mean, background.std)
        return (*own, *background.maps)


class _FrameHalf(_Part):
    """The frame and the background's state → outputs."""

    def forward(self, *images: Tensor) -> tuple[Tensor, ...]:
        frame, *state = images
        if _are_stored(self.model):
            state = [self.model.normalise.mean, self.model.normalise.std, *state]
        return self._outputs(Background(state[0], state[1], state[2:]), frame)


def _are_stored(model: Model) -> bool:
    """Whether frames are normalised by statistics that are stored with the network."""
    return model.normalise.mode in ("dataset", "encoder")
