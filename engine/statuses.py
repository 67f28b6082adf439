"""The ten public statuses of a dossier (the national portal's codes), and which of them may follow which.

1 newly registered, 2 accepted, 3 not accepted, 4 in process, 5 supplement requested, 6 financial obligation,
7 withdrawn, 8 stopped, 9 result ready, 10 result returned. 0 stands for a dossier that has had none yet; the first one
may be any. The table holds for every procedure.
"""

from __future__ import annotations

from collections.abc import Mapping

REGISTERED, ACCEPTED, NOT_ACCEPTED, IN_PROCESS, SUPPLEMENT, FINANCIAL, WITHDRAWN, STOPPED, DONE, RETURNED = range(1, 11)
BEGINNING = 0
# The legal clock ends with these; whether a dossier is late is measured to the first of those that answer it.
FINISHED = frozenset({NOT_ACCEPTED, WITHDRAWN, STOPPED, DONE, RETURNED})
ANSWERED = FINISHED - {WITHDRAWN}
# What a called process sets where it may follow; how a dossier ends is its caller's to say.
WORKING = frozenset({ACCEPTED, IN_PROCESS, SUPPLEMENT, FINANCIAL})
# Work goes on after a result was ready only when somebody sends the dossier back, with a reason.
REOPENING = (DONE, IN_PROCESS)
FOLLOWING: Mapping[int, frozenset[int]] = {
    BEGINNING: frozenset(range(1, 11)),
    REGISTERED: frozenset({ACCEPTED, NOT_ACCEPTED, SUPPLEMENT, WITHDRAWN}),
    ACCEPTED: frozenset({IN_PROCESS, SUPPLEMENT, FINANCIAL, WITHDRAWN, STOPPED, DONE}),
    NOT_ACCEPTED: frozenset(),
    IN_PROCESS: frozenset({SUPPLEMENT, FINANCIAL, WITHDRAWN, STOPPED, DONE}),
    SUPPLEMENT: frozenset({ACCEPTED, NOT_ACCEPTED, IN_PROCESS, WITHDRAWN, STOPPED}),
    FINANCIAL: frozenset({IN_PROCESS, WITHDRAWN, STOPPED, DONE}),
    WITHDRAWN: frozenset(),
    STOPPED: frozenset(),
    DONE: frozenset({RETURNED}),
    RETURNED: frozenset(),
}


def may_follow(old: int, new: int) -> bool:
    """Whether a dossier may go from one status to another, or keep the one it has."""
    return old == new or new in FOLLOWING[old]
