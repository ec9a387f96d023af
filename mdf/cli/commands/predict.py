"""`mdf predict`: masks and depths of images, or of a video, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.camera import camera_options

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
    help="The empty scene: an image; for a video also `auto` (the usual colours of its frames) or a frame's number.",
)
@click.option(
    "--background-depth", metavar="FILE", help="Its depth: metres (.npy, float TIFF) or millimetres (16-bit PNG)."
)
@camera_options
@click.option("--cloud", is_flag=True, help="Also write a point cloud of each frame (PLY, metres).")
@click.option("--out", default="predictions", metavar="FOLDER", show_default=True, help="Where to write.")
@click.option("--overlay", is_flag=True, help="Also draw the foreground over the frames.")
@click.option("--frames", "each_frame", is_flag=True, help="For a video, also write PNG files of every frame.")
@click.option("--start", type=click.IntRange(0), default=0, metavar="N", help="First frame of a video, from 0.")
@click.option("--stop", type=click.IntRange(1), metavar="N", help="Frame of a video to stop before.")
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@click.option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--size", metavar="SIZE", help="Size of the network's images: 224 or 240x320; by default as trained.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="CPU threads. Default: chosen by a frame's work.")
@click.option("--precision", metavar="KIND", help="auto, fp32 or bf16; by default as trained.")
@click.option("--runs", default="runs", metavar="FOLDER", show_default=True, help="Folder of the results.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_obj
def predict(
    session: Session,
    run: str,
    frames: tuple[str, ...],
    background: str,
    background_depth: str | None,
    fov: float | None,
    intrinsics: str | None,
    cloud: bool,
    out: str,
    overlay: bool,
    each_frame: bool,
    start: int,
    stop: int | None,
    overwrite: bool,
    device: str | None,
    size: str | None,
    threads: int | None,
    precision: str | None,
    runs: str,
    as_json: bool,
) -> int:
    """Write the masks and depths that RUN's model predicts for FRAMES: image files, folders of images, or one
    video.

    RUN is a model that comes with mdf (`mdf-base`), a run's folder, the start of its id, `latest`, a packed file, or a
    folder that `mdf export` wrote. For an image, writes a mask (PNG, level = 255 × probability), a depth map (16-bit
    PNG) and a JSON file that says what its levels mean; for a video, videos of both. Warns if a frame and the
    background do not belong together.
    """
    from mdf import api
    from mdf.cli.progress import watching

    with watching() as observer:
        written = api.predict_files(
            run,
            frames,
            out,
            background=background,
            background_depth=background_depth,
            fov=fov,
            intrinsics=intrinsics,
            cloud=cloud,
            overlay=overlay,
            each_frame=each_frame,
            start=start,
            stop=stop,
            overwrite=overwrite,
            runs=runs,
            plugins=session.plugins,
            device=device,
            precision=precision,
            size=size,
            threads=threads,
            observer=observer,
        )
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(written)
        return 0
    for path in written.files:
        click.echo(path)
    rate = f", {written.frames / written.seconds:.1f} frames/s" if written.seconds else ""
    click.echo(f"{written.frames} frames in {written.seconds:.1f} s{rate}, by {written.run}", err=True)
    return 0
