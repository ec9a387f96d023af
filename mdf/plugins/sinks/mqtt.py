"""Events to an MQTT broker."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import Field

from mdf.core.address import shown
from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError, DataError, SinkError
from mdf.core.event import Event
from mdf.core.secret import read_secret
from mdf.core.sink import Sink
from mdf.plugins.sinks.keep import KEEP, undelivered

PASSWORD = "MDF_MQTT_PASSWORD"
PORTS: Mapping[str, int] = {"mqtt": 1883, "mqtts": 8883}
REFUSED = ("Not authorized", "Bad user name or password", "Banned")
FORM = "write mqtts://[USER@]HOST[:PORT][/TOPIC]"


class Mqtt(Sink):
    """Publishes each phase of each event to `TOPIC/CAMERA/events` as one JSON object, with QoS 1: the broker has it at
    least once, and `(id, sequence)` tells whether it had it before. Its fields are those of a line of `events.jsonl`.

    `TOPIC/status` (retained) says `online`; `offline` after the end, a crash or a broken connection (the last will).
    `mqtts://` uses TLS, and checks the broker's certificate and name.
    """

    class Config(ComponentConfig):
        """How the broker is reached."""

        user: str | None = Field(None, description="User name; the password is in MDF_MQTT_PASSWORD.")
        password_file: str | None = Field(None, description="File with the password, instead of MDF_MQTT_PASSWORD.")
        ca: str | None = Field(None, description="Certificates (PEM) to trust instead of the system's.")
        certificate: str | None = Field(None, description="This client's own certificate (PEM).")
        key: str | None = Field(None, description="The key of this client's certificate (PEM).")
        client: str | None = Field(None, description="This client's name; by default one of its own each time.")
        timeout: float = Field(10.0, gt=0, description="Seconds to wait for the broker.")
        keep: str | None = Field(None, description=KEEP)

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        address = urlsplit(target)
        self._host, self._port = _place(address)
        self.undelivered = undelivered("mqtt", config.keep, target)
        self._topic = address.path.strip("/") or "mdf"
        self._where = f"the broker {self._host}:{self._port}"
        self._answered = threading.Condition()
        self._is_connected, self._refusal = False, ""
        self._trouble = ""  # why the last try to connect failed; "" = connected, or never tried to its end
        self._acknowledged: set[int] = set()
        self._sent: tuple[tuple[str, int], int] | None = None  # the event that waits for its answer, and its number
        self._client = self._made(address)
        self._connect()

    def open(self) -> None:
        """Wait for the broker."""
        if not self._connected(self.config.timeout):
            raise SinkError(self._why())

    def event(self, event: Event) -> None:
        """Publish it, and wait until the broker has it, or until it is known that the broker cannot be reached."""
        key = event.id, event.sequence
        if self._sent is None or self._sent[0] != key:
            if not self._connected(self.config.timeout):
                raise SinkError(self._why())
            topic = f"{self._topic}/{_level(event.camera)}/events"
            self._sent = key, self._client.publish(topic, event.json, qos=1).mid
        number = self._sent[1]
        with self._answered:
            self._answered.wait_for(lambda: number in self._acknowledged or self._trouble, self.config.timeout)
            if number not in self._acknowledged:
                raise SinkError(self._why())  # it is sent again by itself once the broker is back
            self._acknowledged.clear()
        self._sent = None

    def close(self) -> None:
        """Say that nobody watches any more."""
        if self._connected(0.0):
            number = self._client.publish(self._status, "offline", qos=1, retain=True).mid
            with self._answered:
                self._answered.wait_for(lambda: number in self._acknowledged, self.config.timeout)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def _status(self) -> str:
        return f"{self._topic}/status"

    def _made(self, address: SplitResult) -> Client:
        config = self.config
        client = Client(CallbackAPIVersion.VERSION2, client_id=config.client or f"mdf-{uuid4().hex[:16]}")
        client.connect_timeout = config.timeout
        client.reconnect_delay_set(1, 30)
        client.will_set(self._status, "offline", qos=1, retain=True)
        user = config.user or address.username
        if user:
            client.username_pw_set(user, read_secret(PASSWORD, config.password_file))
        if address.scheme.lower() == "mqtts":
            try:
                client.tls_set(config.ca, config.certificate, config.key)
            except (OSError, ValueError) as error:  # an SSLError is an OSError
                files = ", ".join(filter(None, (config.ca, config.certificate, config.key)))
                cure = "they must be PEM files of certificates and a key"
                raise ConfigError(f"cannot use {files}: {error}", cure) from None
        client.on_connect, client.on_connect_fail = self._on_connect, self._on_connect_fail
        client.on_disconnect, client.on_publish = self._on_disconnect, self._on_publish
        return client

    def _connect(self) -> None:
        """Connect now, or else later by itself.

        Raises
            DataError: the broker refuses the user name or the password, or cannot be trusted.
        """
        distrust = ""
        try:
            self._client.connect(self._host, self._port)
        except ssl.SSLCertVerificationError as error:
            distrust = error.verify_message
        except (OSError, ValueError) as error:
            self._trouble = f"{self._where} cannot be reached: {getattr(error, 'strerror', None) or error}"
            self._client.connect_async(self._host, self._port)
        if distrust:
            hint = "give the certificate that signed it: `--set sink.mqtt.ca=ca.pem`; the name in it must be the host's"
            raise DataError(f"{self._where} cannot be trusted: {distrust}", hint)
        self._client.loop_start()
        if not self._connected(self.config.timeout) and self._refusal in REFUSED:
            self._client.loop_stop()
            hint = f"check `--set sink.mqtt.user=NAME`, and the password in {PASSWORD} or `sink.mqtt.password_file`"
            raise DataError(f"{self._where} refused the user name or the password", hint)

    def _connected(self, timeout: float) -> bool:
        """Whether it is connected, or is so within the time. Where a try has just failed nothing is waited for: the
        next one comes by itself, and whoever hands over events comes back."""
        with self._answered:
            self._answered.wait_for(lambda: self._is_connected or self._trouble, timeout)
            return self._is_connected

    def _why(self) -> str:
        return self._trouble or f"{self._where} does not answer"

    def _on_connect(
        self, _: Client, __: object, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        with self._answered:
            self._is_connected, self._refusal = not reason.is_failure, str(reason) if reason.is_failure else ""
            self._trouble = f"{self._where} refused: {self._refusal}" if self._refusal else ""
            self._answered.notify_all()
        if self._is_connected:
            self._client.publish(self._status, "online", qos=1, retain=True)

    def _on_connect_fail(self, _: Client, __: object) -> None:
        with self._answered:
            if not self._trouble.startswith(f"{self._where} cannot be reached"):  # that says why too
                self._trouble = f"{self._where} does not answer"
            self._answered.notify_all()

    def _on_disconnect(
        self, _: Client, __: object, ___: DisconnectFlags, ____: ReasonCode, _____: Properties | None
    ) -> None:
        with self._answered:
            self._is_connected = False

    def _on_publish(self, _: Client, __: object, number: int, ___: ReasonCode, ____: Properties) -> None:
        with self._answered:
            self._acknowledged.add(number)
            self._answered.notify_all()


def _place(address: SplitResult) -> tuple[str, int]:
    """Host and port of a broker's address. Raises ConfigError where it has none, or a password in it."""
    written = shown(address.geturl())
    if address.password is not None:
        raise ConfigError(
            f"{written} has a password in it, which others can read in the list of processes",
            f"leave it out, and put it into the environment as {PASSWORD}, or into a file: `sink.mqtt.password_file`",
        )
    try:
        port = address.port or PORTS[address.scheme.lower()]
    except ValueError:
        raise ConfigError(f"{written} has no valid port", FORM) from None
    if not address.hostname or "+" in address.path or "#" in address.path:
        raise ConfigError(f"{written} is no address of a broker and its topic", FORM)
    return address.hostname, port


def _level(name: str) -> str:
    """A camera's name as one level of a topic."""
    return "".join("_" if letter in "/+#" else letter for letter in name)
