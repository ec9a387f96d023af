"""A real MQTT broker on loopback with TLS and a password, and a client that hears what is published."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

BROKER = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
USER, PASSWORD = "mdf", "right-password"


def certificates(folder: Path) -> Path:
    """A certificate of an authority of its own, and one for 127.0.0.1 that it signed; gives that of the authority."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")

    def run(words: str) -> None:
        subprocess.run([openssl, *words.split()], cwd=folder, check=True, capture_output=True)

    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
    new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    run(f"{new} -x509 -days 2 -subj /CN=ca -keyout ca.key -out ca.pem -addext keyUsage=critical,keyCertSign,cRLSign")
    run(f"{new} -subj /CN=broker -keyout key -out csr")
    run("x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert")
    return folder / "ca.pem"


class Broker:
    """mosquitto; it can be killed and started again at the same port. Without a password where `folder` is None."""

    def __init__(self, folder: Path) -> None:
        if BROKER is None:
            pytest.skip("no MQTT broker here (package mosquitto)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.ca = certificates(folder)
        passwords = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True)
        for file in (passwords, folder / "key"):
            file.chmod(0o644)  # started by root, it reads them as another user
        tls = f"cafile {folder}/ca.pem\ncertfile {folder}/cert\nkeyfile {folder}/key\n"
        self._config = folder / "broker.conf"
        rest = f"allow_anonymous false\npassword_file {passwords}\nuser root\n"
        self._config.write_text(f"listener {self.port} 127.0.0.1\n{tls}{rest}")
        self.start()

    @property
    def address(self) -> str:
        return f"mqtts://{USER}@127.0.0.1:{self.port}/home"

    def start(self) -> None:
        assert BROKER is not None
        self.process = subprocess.Popen([BROKER, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            threading.Event().wait(0.02)
        raise AssertionError("the broker does not listen")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Listener:
    """Hears everything that is published below a topic, over broken connections too.

    Attributes:
        messages: topic and payload of each message.
    """

    def __init__(self, broker: Broker, topic: str = "home/#") -> None:
        from paho.mqtt.client import CallbackAPIVersion, Client

        self.messages: list[tuple[str, str]] = []
        self._ready = threading.Event()
        self._client = client = Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        client.username_pw_set(USER, PASSWORD)
        client.tls_set(str(broker.ca))
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda *_: client.subscribe(topic, 1)
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_message = lambda _, __, message: self.messages.append((message.topic, message.payload.decode()))
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        assert self._ready.wait(30)

    def wait_until_connected(self) -> None:
        """Wait until it hears again after the broker was started anew."""
        self._ready.clear()
        assert self._ready.wait(30)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(text) for topic, text in self.messages if topic.endswith("/events")]

    @property
    def states(self) -> list[str]:
        return [text for topic, text in self.messages if topic == "home/status"]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
