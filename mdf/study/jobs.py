"""What workers are asked to do. Torch-free here, so that the parent can name a job; the work is imported there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.config import Component, ExperimentConfig
from mdf.study.worker import Report

if TYPE_CHECKING:
    from mdf.study.cell import Cell
    from mdf.study.columns import Column
    from mdf.study.frames.frame import Frame
    from mdf.study.prediction import Request
    from mdf.study.rows import Row
    from mdf.study.verdict.words import Verdict


def survey(
    report: Report,
    configs: Sequence[ExperimentConfig],
    plugins: Sequence[str],
    fill_cache: bool,
    allow_leaks: bool,
    strict: bool,
) -> list[Cell]:
    """`mdf.study.survey.survey`."""
    from mdf.study.survey import survey

    return survey(report, configs, plugins, fill_cache, allow_leaks, strict)


def trial(
    report: Report,
    config: ExperimentConfig,
    plugins: Sequence[str],
    folder: Path,
    stamp: Mapping[str, Any],
    device: str,
    fingerprint: str,
) -> dict[str, Any]:
    """`mdf.study.trial.run_trial`."""
    from mdf.study.trial import run_trial

    return run_trial(report, config, plugins, folder, stamp, device, fingerprint)


def predict(report: Report, request: Request, scratch: Path) -> dict[str, Any]:
    """`mdf.study.predict.predict`."""
    from mdf.study.predict import predict

    return predict(report, request, scratch)


def verdict(
    report: Report, rows: Sequence[Row], columns: Sequence[Column], plugins: Sequence[str], by_tag: bool
) -> Verdict:
    """`mdf.study.verdict.judge.judge`."""
    from mdf.study.verdict.judge import judge

    return judge(report, rows, columns, plugins, by_tag)


def evaluate(
    report: Report,
    folder: Path,
    data: Component | None,
    plugins: Sequence[str],
    by_tag: bool,
    size: str | None,
    skip_bad: bool,
) -> dict[str, Any]:
    """`mdf.study.evaluate.evaluate`."""
    from mdf.study.evaluate import evaluate

    return evaluate(report, folder, data, plugins, by_tag, size, skip_bad)


def show(report: Report, data: Component, plugins: Sequence[str], count: int, path: Path) -> dict[str, Any]:
    """`mdf.study.show.show`."""
    from mdf.study.show import show

    return show(report, data, plugins, count, path)


def data_info(report: Report, data: Component, plugins: Sequence[str]) -> dict[str, Any]:
    """`mdf.study.inspect.info.info`."""
    from mdf.study.inspect.info import info

    return info(report, data, plugins)


def data_check(report: Report, data: Component, plugins: Sequence[str]) -> dict[str, Any]:
    """`mdf.study.inspect.check.check`."""
    from mdf.study.inspect.check import check

    return check(report, data, plugins)


def choose_frames(report: Report, folders: Sequence[Path], plugins: Sequence[str], count: int) -> list[Frame]:
    """`mdf.study.frames.choose.choose`."""
    from mdf.study.frames.choose import choose

    return choose(report, folders, plugins, count)


def draw_frames(
    report: Report, folder: Path, plugins: Sequence[str], frames: Sequence[Frame], out: Path, side: int
) -> dict[str, Any]:
    """`mdf.study.frames.draw.draw`."""
    from mdf.study.frames.draw import draw

    return draw(report, folder, plugins, frames, out, side)


def measure(report: Report, part: str, config: ExperimentConfig, plugins: Sequence[str]) -> dict[str, float]:  # noqa: ARG001
    """`mdf.study.costs.measure.measure`."""
    from mdf.study.costs.measure import measure

    return measure(part, config, plugins)


def forecast(report: Report, config: ExperimentConfig, plugins: Sequence[str]) -> dict[str, float]:  # noqa: ARG001
    """`mdf.study.plan.forecast.forecast`."""
    from mdf.study.plan.forecast import forecast

    return forecast(config, plugins)


def calibrate(report: Report, config: ExperimentConfig, plugins: Sequence[str]) -> dict[str, float]:  # noqa: ARG001
    """`mdf.study.plan.calibrate.calibrate`."""
    from mdf.study.plan.calibrate import calibrate

    return calibrate(config, plugins)
