"""Dossiers that run away are hammered while others are worked on: what do the others notice?

    python -m tests.faults.runaway [--seconds 10] [--rounds 3] [--database postgresql]

Two server processes. Others complete steps at a fixed pace; meanwhile three people try again and again to complete
steps that would run for ever, repeat themselves without end, fill the memory or the dossier's state. The same pace is
measured in turns without them, with harmless neighbours at the hammerers' pace, and with them. PASS when the median of
the others' p99 is at most 20 % above that with harmless neighbours, nothing of a runaway was kept, and each has its
incident.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import Any

from sqlalchemy import func, select

from app.db import reading
from app.dossiers.models import Dossier
from app.jobs.models import Incident
from tests import builders as make
from tests.bench.ground import ANSWERS, FILING, Ground, ground, served
from tests.engine import builders as draw

WAYS = ("steps", "round", "instances", "memory", "state")
OTHERS, HAMMERS = 2, 3
PACE, HAMMERED = 25.0, 10.0  # requests per second of each
ALLOWED = 1.20


def diagram() -> str:
    """A loop of steps; after the first one the form's street says in which way it runs away."""
    names = [f"s{number}" for number in range(1, 7)]
    digits = "0123456789" * 16
    large = (f'if filing.street = "state" then {{t: string join(for j in 1..560 return "{digits}"), '
             'r: [t, t, t, t, t, t]}.r else 0')
    heavy = ('if filing.street = "steps" then count(for i in 1..1000000 return i) else '
             'if filing.street = "memory" then (for i in 1..90000 return string(10 ** 6000)) else 0')
    repeated = ('if filing.street = "instances" then (for i in 1..501 return i) else '
                'if filing.street = "round" then [] else [1]')
    return draw.diagram(
        draw.start(), draw.xor("again"), draw.task("s0", form="work", hours="4"), draw.script("work", heavy),
        draw.script("more", large), draw.script("most", large),
        draw.xor("m"), draw.xor("which", "which-after"), draw.task("b", inside=draw.loop(repeated)),
        draw.xor("g", "g-after"), draw.xor("after"), *(draw.task(name, form="work", hours="4") for name in names),
        draw.xor("decided", default="decided-again"), draw.end("returned", "10"),
        draw.path("begin", "again", "s0", "work", "more", "most", "m", "which", "after", *names, "decided", "again"),
        draw.flow("which", "b", 'filing.street = "round" or filing.street = "instances"'), draw.path("b", "g", "after"),
        draw.flow("g", "m", 'filing.street = "round"'),
        draw.flow("decided", "returned", 's6.note = "enough"'),
    )


@dataclass(frozen=True)
class Job:
    """One person's work: where, who, which tasks in turn, how many requests per second, for how long."""

    port: int
    secret: str
    tasks: Sequence[tuple[str, str]]
    pace: float
    seconds: float
    insist: bool


def work(job: Job) -> list[float]:
    """Complete steps at a pace; the milliseconds of each, counted from when it was due."""
    connection = http.client.HTTPConnection("127.0.0.1", job.port, timeout=30)
    tasks, spent, began, number = list(job.tasks), [], time.perf_counter(), 0
    while (due := began + number / job.pace) < began + job.seconds:
        time.sleep(max(0.0, due - time.perf_counter()))
        code, token = tasks.pop(0)
        answer = _complete(connection, job, (code, token), number)
        tasks += [(code, token)] if job.insist else [(code, each["token"]) for each in answer.get("next", ())]
        spent.append((time.perf_counter() - due) * 1000)
        number += 1
    return spent


def _complete(connection: http.client.HTTPConnection, job: Job, task: tuple[str, str], number: int) -> Any:
    headers = {"Authorization": f"Bearer {job.secret}", "Content-Type": "application/json",
               "Idempotency-Key": f"{task[0]}-{task[1]}-{number}-{time.time_ns()}"}
    connection.request("POST", f"/api/v1/tasks/{task[0]}/{task[1]}/complete", json.dumps({"form": ANSWERS}), headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    if not job.insist and response.status != 200:
        raise RuntimeError(f"{response.status}: {answer}")
    return answer


@dataclass
class Scene:
    """The ground with its dossiers, and a pool of clients."""

    on: Ground
    port: int
    pool: Pool
    seconds: float
    number: int = 0

    def dossiers(self, count: int, street: str) -> list[tuple[str, str]]:
        """So many fresh dossiers."""
        found = []
        for _ in range(count):
            self.number += 1
            received = make.receive(self.on.officers[0], self.on.version, self.number, FILING | {"street": street})
            found.append((received.code, received.opened_tasks[0].token))
        return found

    def others(self, seconds: float = 0.0) -> list[Job]:
        """People who work as always."""
        return [Job(self.port, self.on.secrets[at], self.dossiers(40, "x"), PACE, seconds or self.seconds, False)
                for at in range(OTHERS)]

    def neighbours(self, runaway: bool) -> list[Job]:
        """Those beside them: with runaways, or with harmless work at the same pace."""
        tasks = [self.dossiers(1, way)[0] for way in WAYS] if runaway else self.dossiers(60, "x")
        shares = [tasks] * HAMMERS if runaway else [tasks[at::HAMMERS] for at in range(HAMMERS)]
        return [Job(self.port, self.on.secrets[OTHERS + at], shares[at], HAMMERED, self.seconds, runaway)
                for at in range(HAMMERS)]

    def p99(self, beside: list[Job]) -> float:
        """The others' p99 with these beside them."""
        jobs = [*self.others(), *beside]
        spent = sorted(one for each in self.pool.map(work, jobs, chunksize=1)[:OTHERS] for one in each)
        return spent[int(len(spent) * 0.99)]


def measured(scene: Scene, rounds: int) -> dict[str, float]:
    """The medians of the others' p99, in turns."""
    found: dict[str, list[float]] = {"alone": [], "harmless neighbours": [], "runaway neighbours": []}
    scene.pool.map(work, scene.others(3.0), chunksize=1)
    for number in range(rounds):
        found["alone"].append(scene.p99([]))
        found["harmless neighbours"].append(scene.p99(scene.neighbours(False)))
        found["runaway neighbours"].append(scene.p99(scene.neighbours(True)))
        print(f"round {number + 1}: " + "   ".join(f"{what} p99 {each[-1]:7.1f} ms" for what, each in found.items()),
              flush=True)
    return {what: statistics.median(each) for what, each in found.items()}


def kept_nothing(on: Ground, rounds: int) -> bool:
    """Whether every runaway stands where it stood, with its incident."""
    with on.app.app_context(), reading() as conn:
        moved = conn.scalar(select(func.count()).select_from(Dossier).where(
            Dossier.seq > 1, Dossier.id.in_(select(Incident.dossier))))
        failed = conn.execute(select(Incident.error, func.count(func.distinct(Incident.dossier)))
                              .group_by(Incident.error)).all()
    print("incidents:", ", ".join(f"{row[0]} on {row[1]} dossiers" for row in failed) or "none")
    return not moved and sum(row[1] for row in failed) == len(WAYS) * rounds


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description="What others notice while runaway dossiers are hammered.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    given = parser.parse_args()
    processes = 2 if given.database == "postgresql" else 1
    pool = multiprocessing.get_context("forkserver").Pool(OTHERS + HAMMERS)
    with pool, ground(given.database, OTHERS + HAMMERS, diagram()) as on, served(on, processes) as server:
        p99 = measured(Scene(on, server.port, pool, given.seconds), given.rounds)
        whole = kept_nothing(on, given.rounds)
    ratio = p99["runaway neighbours"] / p99["harmless neighbours"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"others' p99: {p99}; with runaways {ratio:.2f} times that with harmless neighbours; "
          f"largest process {peak} MB; runaways kept nothing and have incidents: {whole}")
    good = ratio <= ALLOWED and whole
    print("PASS" if good else "FAIL")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()


