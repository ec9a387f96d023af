"""`mdf adapt`: a network for one's own camera, without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.camera import camera_options

if TYPE_CHECKING:
    from mdf.api import Adapted
    from mdf.cli.session import Session


@click.command()
@click.argument("model")
@click.option(
    "--background",
    multiple=True,
    metavar="IMAGE",
    help="Image of the empty scene, or a folder of them. Repeatable; more files may follow it.",
)
@click.argument("more", nargs=-1, metavar="[IMAGE]...")
@click.option("--video", metavar="FILE", help="A clip of the camera: its empty frames are found.")
@click.option("--data", metavar="NAME:PATH", help="Labelled frames of the camera, if there are some: folder:MINE.")
@click.option(
    "--background-depth",
    metavar="FILE",
    help="Depth of the empty scene: metres (.npy, float TIFF) or millimetres (16-bit PNG).",
)
@camera_options
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Optimiser steps. Default: those of the recipe.")
@click.option("--time-limit", default="10m", show_default=True, metavar="TIME", help="Longest time of training.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Decides what is drawn.")
@click.option("--name", default="adapt", show_default=True, metavar="NAME", help="Folder in --runs for the run.")
@click.option("--device", default="auto", show_default=True, metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads. Default: one for each core.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def adapt(
    session: Session,
    model: str,
    background: tuple[str, ...],
    more: tuple[str, ...],
    video: str | None,
    data: str | None,
    background_depth: str | None,
    fov: float | None,
    intrinsics: str | None,
    steps: int | None,
    time_limit: str,
    seed: int,
    name: str,
    device: str,
    threads: int | None,
    runs: str,
    as_json: bool,
) -> int:
    """Train MODEL a little more for one fixed camera, without labels, and keep it only if it is better there.

    MODEL is a model that comes with mdf (`mdf-base`), a run's folder, the start of its id, `latest`, or a packed file.
    Give empty frames of the camera (`--background empty*.jpg`; the more, the better), or a clip of it
    (`--video street.mp4`). Figures are drawn on the empty frames, and the network learns to find them. The result is a
    run that every command takes. Ctrl-C ends it, and nothing is written.
    """
    from mdf import api
    from mdf.cli.progress import watching
    from mdf.core.errors import ConfigError

    if more and not background:
        raise ConfigError(
            f"`{more[0]}` is given beside the model", "write `--background` before images, or `--video` before a clip"
        )
    try:
        with watching() as observer:
            adapted = api.adapt(
                model,
                background=[*background, *more],
                video=video,
                data=data,
                background_depth=background_depth,
                fov=fov,
                intrinsics=intrinsics,
                steps=steps,
                time_limit=time_limit,
                seed=seed,
                name=name,
                runs=runs,
                plugins=session.plugins,
                device=device,
                threads=threads,
                observer=observer,
            )
    except KeyboardInterrupt:
        click.echo("nothing was written: what was learned so far is lost", err=True)
        raise
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(adapted)
        return 0
    click.echo(_verdict(adapted))
    if adapted.kept and adapted.before.depth is not None and adapted.after.depth is not None:
        click.echo(_depth(adapted.before.depth, adapted.after.depth))
    click.echo(f"run: {adapted.folder}")
    click.echo(f"its empty scene, for --background: {adapted.background}")
    counted = ", ".join([_counted(adapted.empty_frames, "empty frame"), _counted(adapted.steps, "step")])
    click.echo(f"{counted} in {adapted.seconds:.0f} s", err=True)
    return 0


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _verdict(adapted: Adapted) -> str:
    """The line that says whether it was kept, why, and what to expect."""
    if not adapted.kept:
        return f"dropped: {adapted.reason}; the run holds the network as it was"
    return f"kept: {adapted.reason}; expected on this camera: mask IoU +{adapted.expected:.2f}"


def _depth(before: float, after: float) -> str:
    """The line that says what was learned of depth."""
    return f"depth of drawn figures: {before:.3f} m off before, {after:.3f} m after (root mean square)"
