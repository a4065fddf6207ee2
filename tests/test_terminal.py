"""A process on our own streams: codes, signals, and the terminal afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from container_manager.errors import RuntimeFailure
from container_manager.terminal import hand_over


def code_of(script: str, *, handled: bool = True) -> int:
    return hand_over(
        [sys.executable, "-c", script],
        env=os.environ,
        interactive=False,
        on_signal=lambda _: handled,
    )


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 128 + 9),
    ],
)
def test_exit_codes_are_handed_on(script: str, code: int) -> None:
    assert code_of(script) == code


def test_what_cannot_be_started_is_told() -> None:
    with pytest.raises(RuntimeFailure, match="'/no/such' could not be started"):
        hand_over(["/no/such"], env={}, interactive=False, on_signal=lambda _: True)


HANDS_OVER = """
    import os, signal, sys
    from container_manager.terminal import hand_over

    def on_signal(number):
        print("got", number.name, flush=True)
        return {handled}

    child = "import signal, time\\nsignal.signal(2, lambda *_: exit(5))\\n"
    child += "print('up', flush=True)\\ntime.sleep({seconds})\\nexit(6)"
    code = hand_over([sys.executable, "-c", child], env=os.environ, interactive=False,
                     on_signal=on_signal)
    print("code", code, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.parametrize(("handled", "seconds", "code"), [(True, 1, 6), (False, 30, 5)])
def test_signals_are_told_and_reach_the_process_where_nobody_takes_care(
    handled: bool, seconds: int, code: int
) -> None:
    script = textwrap.dedent(HANDS_OVER).format(handled=handled, seconds=seconds)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read().splitlines() == ["got SIGINT", f"code {code} True"]
    assert process.returncode == 0
