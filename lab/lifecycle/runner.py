# SPDX-License-Identifier: Apache-2.0
"""Runs a module of the lab on the runner's side: a process in the lab's network.

Such a module reads what is wanted as JSON from standard input, reports progress on standard error,
and writes JSON to standard output, one value a line: requests to the machine's side, ``{"request":
...}``, then its answer. It speaks the cloud's public API with the lab's own clouds.yaml. Knows
nothing of what is asked.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from lab.core.engine import RUNNER, Engine
from lab.core.sandbox import ENDS_WITH_US

Report = Callable[[str], None]

REQUEST = "request"

_TAIL = 15


class RunnerError(Exception):
    """The module failed; the message is the end of what it reported."""


def ask(
    engine: Engine,
    product: Path,
    module: str,
    wanted: Mapping[str, Any],
    report: Report,
    *,
    serve: Callable[[Any], None] | None = None,
) -> Any:
    """Run `module` and return its answer.

    :param product: folder of clouds.yaml.
    :param report: called with each line of progress.
    :param serve: does what the module asks of the machine's side.
    :raises RunnerError: it ended with another status than 0, or without an answer.

    The module hears no interrupt of the terminal's, which it would answer with a trace: whatever
    ends the wait for its answer ends it too.
    """
    with (
        subprocess.Popen(
            [*ENDS_WITH_US, *engine.command(RUNNER, [sys.executable, "-m", module])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(product / "clouds.yaml")},
            start_new_session=True,
        ) as process,
        _killed_on_error(process),
    ):
        assert process.stdin and process.stderr and process.stdout
        said: deque[str] = deque(maxlen=_TAIL)
        listener = threading.Thread(
            target=_listen, args=(process.stderr, said, report), daemon=True
        )
        listener.start()
        # One that ends at once does not listen; what it said is raised below.
        with contextlib.suppress(BrokenPipeError), process.stdin:
            json.dump(wanted, process.stdin)
        answer = None
        for line in process.stdout:
            value = json.loads(line)
            if serve and isinstance(value, dict) and REQUEST in value:
                serve(value[REQUEST])
            else:
                answer = value
        listener.join()
    if process.returncode or answer is None:
        raise RunnerError("".join(said) or f"It ended with status {process.returncode}.")
    return answer


@contextlib.contextmanager
def _killed_on_error(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        raise


def _listen(stream: IO[str], said: deque[str], report: Report) -> None:
    for line in stream:
        said.append(line)
        report(line.strip())
