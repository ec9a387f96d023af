"""What MLflow itself reads back from a local SQLite store."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from followed import study_in, tell

from mdf.core.errors import MdfError, PluginError
from mdf.core.progress import Epoch
from mdf.registry import Catalog

mlflow = pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

SOON = 30
"""Seconds: far more than the five that it takes, so that a busy machine does not matter, and far less than MLflow's own
minutes."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one study, made once: MLflow takes a second to create its tables."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tell("mlflow", study_in(folder / "study"), {"uri": f"sqlite:///{folder / 'runs.db'}"})
    return folder / "runs.db"


@pytest.fixture(scope="module")
def client(store: Path) -> Any:
    """Reads the store; tests that write use a copy of it."""
    return mlflow.MlflowClient(f"sqlite:///{store}")


def runs(client: Any) -> dict[str, Any]:
    experiment = client.get_experiment_by_name("my-study")
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


def test_each_trial_and_the_report_is_a_run(client: Any) -> None:
    statuses = {name: run.info.status for name, run in runs(client).items()}
    assert statuses == {"unet · l1": "FINISHED", "../../evil": "FAILED", "kept": "FINISHED", "report": "FAILED"}


def test_the_config_is_its_parameters(client: Any) -> None:
    trained = runs(client)["unet · l1"]
    assert trained.data.params == {
        "encoder.name": "unet",
        "encoder.width": "8",
        "size": "[64, 48]",
        "heads.mask": "mask",
        "train.lr": "0.5",
    }
    assert trained.data.tags["mdf.trial"] == "aaaaaaaaaaaa"


def test_losses_scores_and_costs_are_metrics(client: Any) -> None:
    trained = runs(client)["unet · l1"]
    final = dict(trained.data.metrics)
    assert (final["test/mask/iou"], final["cost/parameters"], final["loss/mask"]) == (0.75, 123.0, 0.25)
    history = client.get_metric_history(trained.info.run_id, "validation/selection")
    assert sorted((m.step, m.value) for m in history) == [(0, 0.0), (10, 0.4), (20, 0.7)]


def test_the_status_of_a_trial_is_logged(client: Any) -> None:
    tags = runs(client)["../../evil"].data.tags
    assert (tags["mdf.status"], tags["mdf.reason"]) == ("oom", "too large")


def test_the_report_is_an_artifact(client: Any) -> None:
    artifacts = client.list_artifacts(runs(client)["report"].info.run_id)
    assert sorted(artifact.path for artifact in artifacts) == ["report.md", "report.png"]


def test_a_kept_trial_keeps_its_run(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{shutil.copy(store, tmp_path)}"
    tell("mlflow", study_in(tmp_path / "study"), {"uri": uri})
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("my-study")
    names = [run.info.run_name for run in client.search_runs([experiment.experiment_id])]
    assert (names.count("kept"), names.count("unet · l1")) == (1, 2)


@pytest.mark.parametrize("logger", ["tensorboard", "mlflow"])
def test_without_its_extra_a_logger_says_what_to_install(logger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == logger]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, f"mdf.plugins.loggers.{logger}", raising=False)
    monkeypatch.setitem(sys.modules, logger, None)
    with pytest.raises(PluginError) as error:
        Catalog.discover().logger(logger, {})
    assert error.value.hint == f'`pip install "mask-depth-framework[{logger}]"`'


def test_a_server_that_is_away_is_told_at_once(tmp_path: Path) -> None:
    """MLflow itself would try for minutes; the password in the address is not told."""
    listener = Catalog.discover().logger("mlflow", {"uri": "http://me:secret@127.0.0.1:9"})
    begun = time.monotonic()
    fault = listener.call("mdf_study_start", study=study_in(tmp_path / "study"))
    assert time.monotonic() - begun < SOON
    assert fault is not None
    assert "the MLflow server 127.0.0.1:9 does not answer" in fault.error
    assert "secret" not in fault.error + fault.trace


def test_a_server_that_takes_calls_but_says_nothing_is_told_too() -> None:
    from mdf.plugins.loggers.answers import check_answers

    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        with pytest.raises(MdfError, match="does not answer") as error:
            check_answers(f"http://127.0.0.1:{server.getsockname()[1]}")
        assert time.monotonic() - begun < SOON
    assert "logger.mlflow.uri" in error.value.hint


@pytest.mark.parametrize(("status", "away"), [(200, False), (404, False), (401, False), (503, True)])
def test_any_answer_of_a_server_will_do_but_not_a_gateways(status: int, away: bool) -> None:
    from mdf.plugins.loggers.answers import check_answers

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        uri = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(MdfError, match="does not answer") if away else nullcontext():
            check_answers(uri)


class Server(BaseHTTPRequestHandler):
    """Answers as MLflow would, until it is told to be silent: then it takes calls and says nothing."""

    silent = threading.Event()

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.silent.wait(0):
            time.sleep(60)
            return
        run = {"info": {"run_id": "r", "run_uuid": "r", "experiment_id": "7", "status": "RUNNING"}, "data": {}}
        body = json.dumps({"experiment": {"experiment_id": "7", "name": "my-study"}, "run": run}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "silent"])
def test_a_server_that_goes_away_during_a_study_is_told_within_seconds(tmp_path: Path, gone: bool) -> None:
    Server.silent.clear()
    study = study_in(tmp_path / "study")
    before = dict(os.environ)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        listener = Catalog.discover().logger("mlflow", {"uri": f"http://127.0.0.1:{server.server_port}"})
        for hook, arguments in (("mdf_study_start", {}), ("mdf_trial_start", {"trial": study.trials[0]})):
            fault = listener.call(hook, study=study, **arguments)
            assert fault is None, fault.error
        if gone:
            server.shutdown()
            server.server_close()
        else:
            Server.silent.set()
        begun = time.monotonic()
        epoch = Epoch(0, 0, {}, {"mask/iou": 0.0})
        fault = listener.call("mdf_epoch_end", study=study, trial=study.trials[0], epoch=epoch)
        assert time.monotonic() - begun < SOON
        assert fault is not None
        assert not gone or "does not answer" in fault.error
        server.shutdown()
    assert dict(os.environ) == before


@pytest.mark.slow
def test_a_study_gives_it_the_options_of_its_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mdf import benchmark

    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path / 'runs.db'}"
    data = {"name": "scenes", "size": 16, "train": 4, "val": 2, "test": 2}
    asked = {"encoder": "unet", "predictor": "absdiff", "data": data, "logger": {"mlflow": {"uri": "none://"}}}
    options = [f"logger.mlflow.uri={uri}"]
    report = benchmark(config=asked, settings=options, name="my-study", costs=False, pictures=False)
    (result,) = report.results
    kept = runs(mlflow.MlflowClient(uri))
    assert kept.keys() == {"absdiff", "report"}
    assert kept["absdiff"].data.metrics["test/mask/iou"] == pytest.approx(result.scores["mask/iou"])
    assert not any(key.startswith("logger") for key in kept["absdiff"].data.params)
