"""Whether a logger's server is there, and still there, told in seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from mdf.core.errors import MdfError

PATIENCE = 2.0
"""Seconds for the server to be reached, and again for its first answer. MLflow itself would try for minutes."""
BRIEF = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "4",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
"""What MLflow is told while it is called, unless the user told it otherwise: a study waits meanwhile."""
GATEWAY_ERRORS = (502, 503, 504)


def check_answers(uri: str) -> None:
    """Raise MdfError where `uri` names a server that does not answer, or for which a gateway says so.

    Proxies and certificates are those that MLflow uses too. The user and password of a URI are not told.
    """
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return
    try:
        answer = requests.head(uri, timeout=PATIENCE, allow_redirects=False)
        reason = answer.reason if answer.status_code in GATEWAY_ERRORS else ""
    except requests.RequestException as error:
        reason = type(error).__name__
    if reason:
        raise MdfError(
            f"the MLflow server {parts.netloc.rpartition('@')[2]} does not answer ({reason})",
            "start it (`mlflow server`), or correct `logger.mlflow.uri` or MLFLOW_TRACKING_URI",
        )


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Calls of MLflow in this block end within seconds, also where the server goes away during them.

    Raises
        MdfError: it does not answer now.
    """
    check_answers(uri)
    ours = {name: value for name, value in BRIEF.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
