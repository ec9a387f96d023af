"""MQTT with a real broker: TLS, a password, QoS 1, the last will, a broker that goes and comes back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mqtt_broker import PASSWORD, Broker, Listener
from told_events import eventually, told

pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`")

from mdf.core.errors import ConfigError, DataError, SinkError
from mdf.inference.live.delivery import deliver
from mdf.inference.live.delivery.deliver import Delivery
from mdf.plugins.sinks.mqtt import Mqtt


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.kill()


@pytest.fixture
def broker(running: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setenv("MDF_MQTT_PASSWORD", PASSWORD)
    return running


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker)
    yield listener
    listener.close()


def sink(broker: Broker, **options: object) -> Mqtt:
    return Mqtt(Mqtt.Config(ca=str(broker.ca), **options), broker.address)  # type: ignore[arg-type]


def test_events_and_the_state_reach_the_broker(broker: Broker, listener: Listener) -> None:
    delivery = Delivery("mqtt", sink(broker))
    for phase in (told(1), told(1, 1, "end")):
        delivery.event(phase)
    delivery.close()
    assert eventually(lambda: listener.states[-2:] == ["online", "offline"])
    assert [topic for topic, _ in listener.messages if topic.endswith("events")] == ["home/yard/events"] * 2
    assert [json.dumps(one) for one in listener.events] == [
        json.dumps(json.loads(one.json)) for one in (told(1), told(1, 1, "end"))
    ]
    assert delivery.take_messages() == []


def test_a_broker_that_is_killed_gets_every_event_once_it_is_back(broker: Broker, listener: Listener) -> None:
    delivery = Delivery("mqtt", sink(broker, timeout=2))
    delivery.event(told(1))
    assert eventually(lambda: len(listener.events) == 1)
    broker.kill()
    for number in (2, 3, 4):
        delivery.event(told(number))
    told_so: list[str] = []
    assert eventually(lambda: bool(told_so.extend(delivery.take_messages()) or told_so))
    assert "does not answer; watching goes on, and it is tried again" in told_so[0]
    broker.start()
    listener.wait_until_connected()
    delivery.event(told(5))
    assert eventually(lambda: {one["id"] for one in listener.events} >= {told(n).id for n in (1, 5)})
    delivery.close()
    # what the broker acknowledged before this listener had subscribed again is the broker's to keep, not ours to prove
    assert delivery.dropped.total() == 0
    assert any("works again" in line for line in delivery.take_messages())


def test_the_last_will_tells_of_a_crash(broker: Broker, listener: Listener) -> None:
    config = f"Mqtt.Config(ca={str(broker.ca)!r})"
    program = f"from mdf.plugins.sinks.mqtt import Mqtt; Mqtt({config}, {broker.address!r}).open(); input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    assert eventually(lambda: listener.states[-1:] == ["online"])
    process.kill()
    process.communicate()
    assert eventually(lambda: listener.states[-1:] == ["offline"])


def test_a_wrong_password_is_one_line_without_it(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_MQTT_PASSWORD", "wrong-password")
    with pytest.raises(DataError, match="refused the user name or the password") as caught:
        sink(broker)
    assert "wrong-password" not in str(caught.value)
    assert "MDF_MQTT_PASSWORD" in caught.value.hint


def test_a_password_from_a_file(broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MDF_MQTT_PASSWORD")
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    sink(broker, password_file=str(file)).close()
    with pytest.raises(ConfigError, match="cannot read the secret"):
        sink(broker, password_file=str(tmp_path / "none"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # paho leaves the socket of a failed handshake to the collector
def test_a_broker_that_nobody_vouches_for(broker: Broker) -> None:
    with pytest.raises(DataError, match=r"cannot be trusted: .*certificate") as caught:
        Mqtt(Mqtt.Config(), broker.address)
    assert "sink.mqtt.ca" in caught.value.hint


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mqtts://mdf:secret@127.0.0.1/home", "has a password in it"),
        ("mqtt://127.0.0.1:abc/home", "no valid port"),
        ("mqtt:///home", "no address of a broker"),
        ("mqtt://127.0.0.1/home/+", "no address of a broker"),
    ],
)
def test_wrong_addresses(address: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Mqtt(Mqtt.Config(), address)
    assert "secret" not in str(caught.value)


def test_nobody_there_is_told_at_once_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "DOWN_PATIENCE", 0.2)
    sink = Mqtt(Mqtt.Config(timeout=60), "mqtt://127.0.0.1:9/home")
    began = time.monotonic()
    with pytest.raises(SinkError, match="cannot be reached: Connection refused"):
        sink.event(told(1))
    assert time.monotonic() - began < 10  # what is known to be down is not waited for
    delivery = Delivery("mqtt", sink)
    told_so: list[str] = []
    assert eventually(lambda: bool(told_so.extend(delivery.take_messages()) or told_so))
    assert "the broker 127.0.0.1:9 cannot be reached: Connection refused" in told_so[0]
    delivery.event(told(1))
    delivery.close()
    assert "1 phases of events were not delivered" in delivery.take_messages()[-1]


def test_what_waits_at_the_end_reaches_a_broker_that_is_started_later(
    broker: Broker, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DOWN_PATIENCE", 0.2)
    delivery = Delivery("mqtt", sink(broker, timeout=0.5, keep=str(tmp_path)))
    assert eventually(lambda: listener.states[-1:] == ["online"])
    broker.kill()
    for event in (told(21), told(21, 1, "end")):
        delivery.event(event)
    delivery.close()
    assert "2 phases of events wait in" in delivery.take_messages()[-1]
    broker.start()
    listener.wait_until_connected()
    again = Delivery("mqtt", sink(broker, keep=str(tmp_path)))
    again.event(told(22))
    again.close()
    wanted = [(told(21).id, 0), (told(21).id, 1), (told(22).id, 0)]
    assert eventually(lambda: [(one["id"], one["sequence"]) for one in listener.events] == wanted)
    assert not list(tmp_path.glob("[!.]*"))  # but for a lock
