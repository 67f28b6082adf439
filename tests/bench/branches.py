"""Eight people finish eight parallel branches of one dossier at the same moment, again and again.

    python -m tests.bench.branches [--rounds 40] [--database postgresql|sqlite]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from app.audit.verify import check_all
from app.tasks.commands import Submission, complete
from tests.bench.clients import Client, Tally, load
from tests.bench.ground import ANSWERS, Ground, ground, served
from tests.engine import builders as draw

PEOPLE = 8
WARM = 5


def diagram() -> str:
    """A fork to eight steps, a join, one step, and back to the fork."""
    names = [f"b{number}" for number in range(PEOPLE)]
    return draw.diagram(
        draw.start(), draw.xor("again"), draw.both("fork"), *(draw.task(name, form="work") for name in names),
        draw.both("join"), draw.task("meet", form="work"), draw.xor("enough", default="enough-again"),
        draw.end("returned", "10"), draw.path("begin", "again", "fork"),
        *(draw.path("fork", name, "join") for name in names), draw.path("join", "meet", "enough", "again"),
        draw.flow("enough", "returned", 'meet.note = "enough"'),
    )


def at_once(everybody: Sequence[Client], code: str, tokens: Sequence[str]) -> Tally:
    """Each client finishes one branch; all requests are on their way before the first answer is read."""
    for client, token in zip(everybody, tokens, strict=True):
        client.tasks.clear()
        client.tasks.append((code, token))
    return load(everybody, 0.0)


def rounds_of(on: Ground, port: int, rounds: int) -> Tally:
    """All rounds together, after some that warm the servers."""
    everybody = [Client(port, secret, []) for secret in on.secrets]
    code, tokens = on.receive_fork(1)
    whole = Tally()
    for number in range(rounds + WARM):
        tally = at_once(everybody, code, tokens)
        if number >= WARM:
            whole.spent += tally.spent
            whole.odd += tally.odd
            whole.seconds += tally.seconds
        (meet,) = (each["token"] for answer in tally.said for each in json.loads(answer)["next"])
        tokens = [each.token for each in complete(on.officers[0], code, meet, Submission(ANSWERS)).next]
    return whole


def main() -> None:
    """Measure and print; every chain is verified at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    said = parser.parse_args()
    alone = said.database == "sqlite"
    with ground(said.database, PEOPLE, diagram()) as on:
        with served(on, processes=1 if alone else 2, threads=PEOPLE) as server:
            tally = rounds_of(on, server.port, said.rounds)
        wrong = [each.code for each in check_all() if not each.ok]
    print(f"{said.database}, {PEOPLE} people on parallel branches of one dossier   {tally.line()}")
    print(f"histories that do not hold: {len(wrong)}")


if __name__ == "__main__":
    main()
