"""`mdf predict` on a video: every frame in order at the video's own rate, whole files, whatever happens."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_study import Diary
from trained_run import runs, trained  # noqa: F401

import mdf
from mdf import api
from mdf.core.errors import MdfError, PluginError
from mdf.core.progress import Progress
from mdf.inference.request import PredictionRequest
from mdf.inference.video import open_recording
from mdf.runs.result import TrialResult

av = pytest.importorskip("av", reason="videos need the extra `video`")

FRAMES, HEIGHT, WIDTH, RATE = 20, 46, 62, Fraction(30000, 1001)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A white square that crosses a textured street."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    ground = np.random.default_rng(0).integers(60, 120, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(FRAMES):
            image = ground.copy()
            image[10:22, 3 * i : 3 * i + 10] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def decoded(path: Path | str) -> tuple[list[np.ndarray], Fraction]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], stream.average_rate


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_videos_of_mask_depth_and_overlay(tmp_path: Path, street: Path, trained: Path) -> None:  # noqa: F811
    found = api.predict_files(trained, street, tmp_path, overlay=True, device="cpu")
    films = [f"street-{kind}.mp4" for kind in ("mask", "depth", "overlay")]
    assert names(tmp_path) == sorted([*films, "street-background.png", "street.json"])
    assert sorted(found.files) == sorted(str(path) for path in tmp_path.iterdir())
    for film in films:
        frames, rate = decoded(tmp_path / film)
        assert len(frames) == FRAMES
        assert frames[0].shape == (HEIGHT, WIDTH, 3)
        assert float(rate) == pytest.approx(float(RATE), rel=1e-3)
    session = mdf.load(trained, device="cpu").open(tmp_path / "street-background.png")
    drawn = decoded(tmp_path / "street-mask.mp4")[0]
    for number, frame in enumerate(decoded(street)[0]):
        assert np.abs(drawn[number].mean(2) / 255 - session(frame).mask).mean() < 0.02  # but for lossy coding
    about = json.loads((tmp_path / "street.json").read_text())
    assert about["frames"] == [0, FRAMES]
    assert about["drawn_from_to"]["mask"] == [0, 1]


def test_a_part_with_files_of_each_frame(tmp_path: Path, street: Path, trained: Path) -> None:  # noqa: F811
    diary = Diary()
    written = api.predict_files(
        trained, street, tmp_path, start=15, stop=18, each_frame=True, background=0, observer=diary
    )
    assert list(written.warnings) == [f"{street}, frame 15"]  # lossy coding leaves nothing of noise
    assert [warning.split(":")[0] for warning in diary.warnings] == [f"{street}, frame 15"]
    assert json.loads((tmp_path / "street.json").read_text())["doubtful"] == [15]
    assert len(decoded(tmp_path / "street-mask.mp4")[0]) == 3
    single = tmp_path / "street-frames"
    assert names(single) == [f"street-{i:06d}-{kind}.png" for i in (15, 16, 17) for kind in ("depth", "mask")]
    about = json.loads((tmp_path / "street.json").read_text())
    said = mdf.load(trained).open(decoded(street)[0][0])(decoded(street)[0][16])
    with Image.open(single / "street-000016-depth.png") as image:
        np.testing.assert_allclose(np.array(image) * about["values"]["depth"]["scale"], said.depth, atol=2e-3)


def test_the_background_may_be_an_image(tmp_path: Path, street: Path, trained: Path) -> None:  # noqa: F811
    Image.new("RGB", (WIDTH, HEIGHT), (90, 90, 90)).save(tmp_path / "bg.png")
    api.predict_files(trained, street, tmp_path / "out", background=tmp_path / "bg.png", stop=1)
    with Image.open(tmp_path / "out" / "street-background.png") as image:
        assert np.array_equal(np.array(image), np.full((HEIGHT, WIDTH, 3), 90))


def test_odd_sides_are_encoded(tmp_path: Path) -> None:
    from mdf.core.video.writer import writing

    with writing(tmp_path / "odd.mp4", (31, 45), Fraction(1, 25), tmp_path) as film:
        for time, level in enumerate((0, 128, 255)):
            film.add(np.full((31, 45, 3), level, np.uint8), time, 1)
    frames, rate = decoded(tmp_path / "odd.mp4")
    assert [round(float(frame.mean()) / 64) for frame in frames] == [0, 2, 4]
    assert frames[0].shape == (32, 46, 3)
    assert rate == 25


@pytest.mark.parametrize("encoder", ["libx264", "mpeg4"])
def test_either_encoder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str) -> None:
    from mdf.core.video import writer

    if encoder not in av.codecs_available:
        pytest.skip(f"this PyAV has no {encoder}")
    monkeypatch.setattr(writer, "ENCODERS", {encoder: writer.ENCODERS[encoder]})
    with writer.writing(tmp_path / "a.mp4", (32, 32), 1 / RATE, tmp_path) as film:
        for time in range(5):
            film.add(np.zeros((32, 32, 3), np.uint8), time, 1)
    assert len(decoded(tmp_path / "a.mp4")[0]) == 5


def test_a_damaged_video_leaves_nothing(tmp_path: Path, street: Path, trained: Path) -> None:  # noqa: F811
    (tmp_path / "cut.mp4").write_bytes(street.read_bytes()[:-300])
    with pytest.raises(MdfError, match=r"cut\.mp4"):
        api.predict_files(trained, tmp_path / "cut.mp4", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [0, 3])
def test_an_error_on_the_way_leaves_no_video(tmp_path: Path, given: int) -> None:
    from mdf.core.video.writer import writing

    def stumble() -> None:
        with writing(tmp_path / "a.mp4", (32, 32), 1 / RATE, tmp_path) as film:
            for time in range(given):
                film.add(np.zeros((32, 32, 3), np.uint8), time, 1)
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        stumble()
    assert not names(tmp_path)


@pytest.mark.parametrize(
    ("options", "told"),
    [({"start": FRAMES}, "has 20 frames: none from 20 on"), ({"background": FRAMES}, "has no frame 20")],
)
def test_frames_that_are_not_there_are_told(
    tmp_path: Path,
    street: Path,
    trained: Path,  # noqa: F811
    options: dict[str, int],
    told: str,
) -> None:
    with pytest.raises(MdfError, match=told) as error:
        api.predict_files(trained, street, tmp_path / "out", **options)  # type: ignore[arg-type]
    assert error.value.hint


def test_a_missing_package_names_the_extra(tmp_path: Path, street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith(("mdf.plugins.datasets.video", "mdf.core.video."))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(PluginError) as error:
        open_recording(PredictionRequest(tmp_path, (street,), "auto", tmp_path))
    assert "mask-depth-framework[video]" in error.value.hint


def test_a_recording_of_a_real_camera(tmp_path: Path, trained: Path, mdf_test_data: Path) -> None:  # noqa: F811
    clip = mdf_test_data / "surveillance_clip" / "one-by-one-person-detection.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is absent")
    api.predict_files(trained, clip, tmp_path, background=28, start=60, stop=64, overlay=True)
    frames, rate = decoded(tmp_path / f"{clip.stem}-overlay.mp4")
    assert len(frames) == 4
    assert frames[0].shape == (432, 768, 3)
    assert rate == decoded_rate(clip)


def decoded_rate(path: Path) -> Fraction:
    with av.open(str(path)) as container:
        return Fraction(container.streams.video[0].average_rate)


def test_each_frame_keeps_its_own_time(tmp_path: Path, trained: Path) -> None:  # noqa: F811
    """A camera that records when something moves: the results end when the recording does."""
    path, shown = tmp_path / "moves.mp4", [0, 40, 80, 120, 3600_000, 3600_040]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time in shown:
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    api.predict_files(trained, path, tmp_path / "all", overlay=True, device="cpu")
    api.predict_files(trained, path, tmp_path / "part", start=3, device="cpu")
    for film in ("moves-mask.mp4", "moves-depth.mp4", "moves-overlay.mp4"):
        assert times(tmp_path / "all" / film) == pytest.approx([time / 1000 for time in shown], abs=1e-3)
    assert times(tmp_path / "part" / "moves-mask.mp4") == pytest.approx([0, 3599.88, 3599.92], abs=1e-3)


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]


def test_a_damaged_frame_names_the_option_that_stops_before_it(tmp_path: Path, trained: Path) -> None:  # noqa: F811
    path = tmp_path / "damaged.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv422p10le"
        for _ in range(12):
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        broken = [packet for packet in container.demux(video=0) if packet.size][7]
        start, end = broken.pos, broken.pos + broken.size
    content = bytearray(path.read_bytes())
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    with pytest.raises(MdfError, match="frame 7 of 12 cannot be decoded") as error:
        api.predict_files(trained, path, tmp_path / "a", background=0, device="cpu")
    assert "`--stop 7` ends before it" in error.value.hint
    assert "option `frames`" not in error.value.hint
    api.predict_files(trained, path, tmp_path / "b", background=0, stop=7, device="cpu")
    with pytest.raises(MdfError, match="frame 7 of 12") as error:
        api.predict_files(trained, path, tmp_path / "c", background=0, start=7, device="cpu")
    assert "`--start 8` begins after it" in error.value.hint
    with pytest.raises(MdfError, match=r"frame 7 of 12.* given as the background") as error:
        api.predict_files(trained, path, tmp_path / "d", background=7, stop=2, device="cpu")
    assert "another frame" in error.value.hint


def test_a_folder_of_images_is_predicted(tmp_path: Path, street: Path, trained: Path) -> None:  # noqa: F811
    for number, frame in enumerate(decoded(street)[0][:3]):
        (tmp_path / "frames").mkdir(exist_ok=True)
        Image.fromarray(frame).save(tmp_path / "frames" / f"x{number}.png")
    api.predict_files(trained, tmp_path / "frames", tmp_path / "out", background=tmp_path / "frames" / "x0.png")
    assert [name for name in names(tmp_path / "out") if name.endswith("mask.png")] == [
        f"x{i}-mask.png" for i in range(3)
    ]


class Ears:
    """An observer that remembers what it was warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def began(self, label: str, number: int, total: int) -> None:
        """Nothing."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Nothing."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """Nothing."""

    def warned(self, message: str) -> None:
        self.warnings.append(message)


def test_who_stands_still_in_the_background_is_told(tmp_path: Path, trained: Path) -> None:  # noqa: F811
    """One line with its cure; none where the cure is taken."""
    path = tmp_path / "waiting.mp4"
    ground = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(FRAMES):
            image = ground.copy()
            if i < 14:
                image[10:34, 20:34] = 240
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    ears = Ears()
    api.predict_files(trained, path, tmp_path / "a", stop=1, device="cpu", observer=ears)
    (told,) = ears.warnings
    emptiest = int(told.split("--background ")[1].rstrip("`)"))
    assert emptiest >= 14
    assert "\n" not in told
    api.predict_files(trained, path, tmp_path / "b", background=emptiest, stop=1, device="cpu", observer=ears)
    assert len(ears.warnings) == 1
