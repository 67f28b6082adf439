"""One client alone, dossiers of every age: what a completion takes in round 1, 10, 200 and 1,000 of a loop.

    python -m tests.bench.ages [--turns 150]

The dossiers are taken in turn, so that a busy moment strikes all ages alike.
"""

from __future__ import annotations

import argparse
import statistics

from app.tasks.commands import Submission, complete
from tests.bench.clients import Client, load
from tests.bench.ground import ANSWERS, Ground, ground, loop_of, served

AGES = (1, 10, 200, 1_000)
STEPS = 3


def aged(on: Ground, number: int, rounds: int) -> tuple[str, str]:
    """A dossier that has gone round so often, with the token of its open step."""
    code, token = on.receive(number)
    for _ in range((rounds - 1) * STEPS):
        (following,) = complete(on.officers[0], code, token, Submission(ANSWERS)).next
        token = following.token
    return code, token


def ages(turns: int) -> dict[int, list[float]]:
    """Milliseconds of each completion, by the round its dossier was in."""
    with ground("postgresql", 1, loop_of(STEPS)) as on, served(on, processes=2) as server:
        client = Client(server.port, on.secrets[0], [aged(on, at, rounds) for at, rounds in enumerate(AGES, start=1)])
        load([client], 1.0)
        client.tasks.rotate(-next(at for at, (code, _) in enumerate(client.tasks) if code.endswith("-0001")))
        tally = load([client], 0.0, turns * len(AGES))
    return {age: [spent * 1000 for spent in tally.spent[at::len(AGES)]] for at, age in enumerate(AGES)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=150)
    found = ages(parser.parse_args().turns)
    young = statistics.median(found[AGES[1]])
    for age, spent in found.items():
        middle = statistics.median(spent)
        print(f"round {age:5}: median {middle:6.2f}   fastest {min(spent):6.2f} ms   {middle / young:5.2f} x round 10")


if __name__ == "__main__":
    main()
