"""`mdf predict`: masks and depths of images, or of a video, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mdf.cli.session import Session


@click.command()
@click.argument("run")
@click.argument("frames", nargs=-1, required=True)
@click.option(
    "--background",
    default="auto",
    metavar="IMAGE|auto|N",
    show_default=True,
    help="The empty scene: an image; of a video also `auto` (the median of its frames) or the number of a frame.",
)
@click.option("--out", default="predictions", metavar="FOLDER", show_default=True, help="Where results are written.")
@click.option("--overlay", is_flag=True, help="Also draw the foreground over the frames.")
@click.option("--frames", "each_frame", is_flag=True, help="Of a video, write every frame's PNG files too.")
@click.option("--start", type=click.IntRange(0), default=0, metavar="N", help="First frame of a video, from 0.")
@click.option("--stop", type=click.IntRange(1), metavar="N", help="Frame of a video to stop before.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--size", metavar="SIZE", help="The network's images: 224 or 240x320; by default as it was trained.")
@click.option("--precision", metavar="KIND", help="auto, fp32 or bf16; by default as the run was trained.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Where runs are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_obj
def predict(session: Session, /, run: str, frames: tuple[str, ...], out: str, as_json: bool, **options: Any) -> int:
    """Write the masks and depths that RUN's model sees in FRAMES: image files, folders of images, or one video.

    RUN is a run's folder, the start of its id, or `latest`. Of an image come a mask (PNG, level = 255 × probability),
    a depth map (PNG of 16 bits) and a JSON file that says what its levels mean; of a video, videos of both.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        found = api.predict_files(run, frames, out, plugins=session.plugins, observer=observer, **options)
    if as_json:
        import json

        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return 0
    for path in found["files"]:
        click.echo(path)
    rate = f", {found['frames'] / found['seconds']:.1f} frames/s" if found["seconds"] else ""
    click.echo(f"{found['frames']} frames in {found['seconds']:.1f} s{rate}, by {found['run']}", err=True)
    return 0
