# SPDX-License-Identifier: Apache-2.0
"""``./run certify``: the lab, the suite on it, the verdicts, and the machine as it was before.

Runs with the project's own environment; joins the lab and the suite by their commands only.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import labs
import secret_leaks
from counting import COMMAND

# What can be chosen of the lab: handed on to `lab up`, which knows what there is.
CHOICES = ("--release", "--shared", "--driver", "--bmc", "--backend", "--with", "--without-remedy")


def run(*words: str) -> int:
    """Run a command of the project and return its exit status."""
    return subprocess.run([COMMAND, *words], check=False).returncode


def secretly(name: str, runs: Path, certify: tuple[str, ...]) -> int:
    """Run the suite on the lab, and see that no secret leaks; return the exit status."""
    lab = labs.show(name)
    secrets = secret_leaks.secrets(Path(lab["secrets"]), Path(lab["product"]))
    before = labs.contents(name)
    with secret_leaks.ArgumentsWatched(secrets) as arguments:
        status = run("lab", "exec", "--name", name, "--", *certify)
    places = [(runs / "latest").resolve(), Path(lab["journals"])]
    found = [*sorted(arguments.found), *secret_leaks.in_files(secrets, places)]
    print("\n".join(found) or f"None of the lab's {len(secrets)} secrets leaked.", flush=True)
    changed = labs.difference(before, labs.contents(name))
    print(_compared(before, changed), flush=True)
    return status or bool(found or changed)


def _compared(before: Counter[tuple[str, str]], changed: list[str]) -> str:
    """Say in one line whether the cloud is what it was, and what it was compared by."""
    if changed:
        return "\n".join(["The cloud is not the same as before:", *changed])
    kinds = Counter(kind for kind, _ in before.elements())
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return f"The cloud is the same before and after: {counted}; of all else none."


class Interrupts:
    """Notes interrupts and leaves it to the command that runs to end itself.

    It gets them too, from the terminal, and may need a while: a host that is off is brought back.
    """

    seen = False

    def __enter__(self) -> "Interrupts":
        signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, *_: object) -> None:
        self.seen = True


def main() -> int:
    """Return 0 if the lab came up and every verdict is a pass."""
    parser = argparse.ArgumentParser(prog="./run certify", description=__doc__)
    parser.add_argument("--name", default="lab", help="name of the lab (default: lab)")
    parser.add_argument("--computes", default="4", help="compute hosts (default: 4)")
    for choice in CHOICES:
        parser.add_argument(
            choice, action="append", default=[], dest=choice, metavar="WORD",
            help="as for `migration-chaos lab up`",
        )  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    parser.add_argument("--runs", default="runs", help="folder of the run folders (default: runs)")
    parser.add_argument(
        "--defect", action="append", default=[], metavar="FILE.py|NAME",
        help="break the lab's cloud on purpose (repeatable; see `lab defect list`)",
    )  # fmt: skip
    parser.add_argument("--profile", help="as for `migration-chaos certify` (default: standard)")
    parser.epilog = "All other options are handed on to `migration-chaos certify`."
    options, suite = parser.parse_known_args()
    suite = [word for word in suite if word != "--"]
    # Whoever names tests wants these, whatever profile they belong to.
    named = any(word.partition("=")[0] == "--regex" for word in suite)
    suite += ["--profile", options.profile or ("full" if named else "standard")]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    name = ("--name", options.name)
    known = [word for path in options.defect for word in ("--defect", Path(path).stem)]
    certify = (COMMAND, "certify", "--runs", options.runs, *known, *suite)
    lab = [word for path in options.defect for word in ("--defect", path)]
    for choice in CHOICES:
        lab += [word for chosen in getattr(options, choice) for word in (choice, chosen)]
    with Interrupts() as interrupts:
        status = run("lab", "up", *name, "--computes", options.computes, *lab)
        if status == 0 and not interrupts.seen:
            status = secretly(options.name, Path(options.runs), certify)
        if options.keep:
            print("The lab stays; end it with: .venv/bin/migration-chaos lab down")
        else:
            run("lab", "down", *name)
    if interrupts.seen:
        print("Interrupted.", file=sys.stderr)
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
