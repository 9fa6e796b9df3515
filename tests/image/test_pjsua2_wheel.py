"""The installed pjsua2 is our build: its limits, its codecs and the two changes in image/pjsua2/patches."""

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy
import pytest

PROBE = Path(__file__).with_name("engine_probe.py")


def probe(scenario: str, directory: Path) -> dict[str, Any]:
    """Run one scenario of engine_probe.py in a process of its own."""
    command = [sys.executable, str(PROBE), scenario, str(directory)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


@pytest.mark.timeout(60)
def test_twenty_calls_at_once_are_recorded_with_their_tone(tmp_path: Path) -> None:
    result = probe("parallel", tmp_path)
    assert result["answered"]
    assert result["recorded"]
    for path in result["files"]:
        with wave.open(path) as recording:
            samples = numpy.frombuffer(recording.readframes(recording.getnframes()), dtype=numpy.int16)
        spectrum = numpy.abs(numpy.fft.rfft(samples[-8000:]))
        assert abs(int(spectrum.argmax()) - 440) <= 2, path


@pytest.mark.timeout(60)
def test_a_transfer_is_left_to_the_application(tmp_path: Path) -> None:
    result = probe("refer", tmp_path)
    assert result["refer_answer"] == [202]
    assert result["target"] == "<sip:300@127.0.0.1:9?Replaces=one%40two%3Bto-tag%3D3%3Bfrom-tag%3D4>"
    assert result["saw_refer"]
    assert result["legs"] == 2, "no call of its own to the target"
    assert result["notify_answers"] == [200]
    assert result["transfer_states"][-1] == 200


@pytest.mark.timeout(60)
def test_two_hundred_prompts_that_end_together_all_report_their_end(tmp_path: Path) -> None:
    assert probe("many_ends", tmp_path)["reported"] == 200


@pytest.mark.timeout(60)
def test_players_destroyed_around_their_end_do_no_harm(tmp_path: Path) -> None:
    result = probe("churn", tmp_path)
    assert result["rounds"] > 5


def test_it_has_the_codecs_of_desk_phones(tmp_path: Path) -> None:
    names = {codec.split("/")[0] for codec in probe("codecs", tmp_path)["codecs"]}
    assert {"PCMU", "PCMA", "G722", "opus"} <= names
