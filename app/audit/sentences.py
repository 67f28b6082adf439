"""The sentences in which history is told; `app` translates the templates."""

from __future__ import annotations

TITLES = {
    "StartProcess": "Dossier received",
    "ClaimStep": "{step} taken on",
    "ReleaseStep": "{step} given back",
    "CompleteStep": "{step} completed",
    "CompleteStep.choice": "{step} completed: {choice}",
    "DeliverMessage": "{step} received from outside",
    "DeliverMessage.event": "Message received: {element}",
    "BroadcastSignal": "Signal received: {element}",
    "AnswerService": "Answer received: {element}",
    "FireTimer": "Time limit {element} passed",
    "WithdrawDossier": "Dossier withdrawn by the applicant",
    "RecomputeDeadlines": "Dates computed anew",
    "GiveWarning": "Warning about {step}",
    "GiveWarning.dossier": "Warning about the promised date",
    "Reappoint": "Apology signed, new date promised",
    "MigrateDossier": "Dossier went over to version {version}",
}
SENTENCES = {
    "ProcessStarted": "The dossier was received under the published version with the digest {digest}.",
    "PathFollowed": "The process went on over: {elements}.",
    "BranchDecided": "At {gateway} the way to {target} was taken, because {condition} held{values}.",
    "BranchDecided.default": "At {gateway} the way to {target} was taken, because no other condition held{values}.",
    "ValueComputed": "{element} computed: {value}.",
    "StepEntered": "{step} came to {unit} ({role}), with {hours} allowed.",
    "StepEntered.wait": "{step}: the dossier waits, in the care of {unit}.",
    "StepEntered.again": "{step} came to {unit} ({role}) for the {visit}th time, with {hours} allowed.",
    "StepClaimed": "{step} was taken on.",
    "StepReleased": "{step} was given back to its unit.",
    "StepCompleted": "{step} was completed.",
    "StepCompleted.choice": "{step} was completed with the choice “{choice}”.",
    "StepCancelled.interrupted": "{step} was broken off by an event.",
    "StepCancelled.withdrawn": "{step} ended because the dossier was withdrawn.",
    "StepCancelled.terminated": "{step} ended because the process was terminated.",
    "StepCancelled.enough": "{step} ended because enough answers had come in.",
    "FrameEntered.item": "{element} began for {item}.",
    "FrameEntered.called": "{element} was called{values}.",
    "FrameLeft": "{element} ended.",
    "FrameLeft.cancelled": "{element} was broken off.",
    "TimerSet": "The time limit {element} runs until {due_at}.",
    "TimerFired": "The time limit {element} passed.",
    "TimerCancelled": "The time limit {element} was lifted.",
    "EventAwaited.message": "{element}: the message “{name}” is awaited.",
    "EventAwaited.key": "{element}: the message “{name}” for “{key}” is awaited.",
    "EventAwaited.signal": "{element}: the signal “{name}” is awaited.",
    "EventAwaited.condition": "{element}: it is awaited that {name} holds.",
    "EventCaught.message": "{element}: the message “{name}” came{values}.",
    "EventCaught.signal": "{element}: the signal “{name}” came{values}.",
    "EventCaught.condition": "{element}: {name} holds now.",
    "EventCaught.error": "{element} caught the error “{name}”{values}.",
    "EventCaught.escalation": "{element} caught the escalation “{name}”{values}.",
    "EventCaught.cancel": "The transaction was left through {element}.",
    "EventThrown.signal": "{element} gave the signal “{name}”.",
    "EventThrown.error": "{element} raised the error “{name}”.",
    "EventThrown.escalation": "{element} escalated “{name}”.",
    "EventThrown.cancel": "{element} cancelled the transaction.",
    "EventThrown.compensation": "{element} had things taken back that were done.",
    "MessageSent": "{element} sent the message “{name}”{values}.",
    "ServiceRequested": "{element} asked {connector} and waits for the answer.",
    "ServiceAnswered": "{element} was answered: {value}.",
    "ServiceFailed": "{element} failed with the error “{error}”: {message}.",
    "ActivityCompensated": "What {activity} had done is taken back by {element}.",
    "StatusChanged": "The status changed from “{old}” to “{new}”.",
    "StatusChanged.first": "The status became “{new}”.",
    "ClockStopped.supplement": "The legal clock stopped: a supplement is awaited.",
    "ClockStopped.financial": "The legal clock stopped: a financial obligation is awaited.",
    "ClockStopped.applicant": "The legal clock stopped: the applicant is awaited.",
    "ClockStarted": "The legal clock runs again.",
    "DueSet.dossier": "The promised date became {due_at}.",
    "DueSet.statutory": "The statutory date became {due_at}.",
    "DueSet.step": "{step} is due by {due_at}.",
    "DueSet.none": "The date of {step} is open while the clock stands.",
    "LimitSet.statutory": "The statutory time is {limit}, because {condition} held.",
    "LimitSet.reduced": "The reduced time is {limit}, because {condition} held.",
    "ReceptionDeferred": "Received after the cut-off hour {after}: time runs from the opening of the next working day.",
    "PromiseKept": "The promised dates stay; the limits of the version before count until the clock next turns.",
    "DeadlinesRecomputed": "The calendar was corrected ({reason}), which moved dates.",
    "DueMoved": "The date of {step} moved from {old} to {due_at}.",
    "TimerDueMoved": "The time limit {element} moved from {old} to {due_at}.",
    "WarningGiven.officer": "The officer was warned that most of the time for {step} is used.",
    "WarningGiven.head": "The head was told that {step} is due.",
    "WarningGiven.unit": "The unit's leader was told that {step} is overdue.",
    "WarningGiven.apology": "It was called to mind that an apology may be needed before the promised date.",
    "Reappointed": "A new date was promised: {due_at}. Reason: {reason}",
    "Reappointed.again": "A new date was promised once more: {due_at}. Reason: {reason} Why again: {override}",
    "DossierMigrated": "The dossier went over from version {old} to version {new}.",
    "StepMoved": "What was open became {step}.",
    "TimerMoved": "The time limit is now {element}.",
    "EventMoved": "What is awaited is now {element}.",
    "DossierEnded": "The dossier ended with the status “{status}”.",
}
BECAUSE = " ({values})"
CHOICE_AT = "choice at {step}"
VISITS_OF = "visits to {step}"
DOSSIER = "dossier"
STATUTORY = "statutory date"
LIMITS = {
    "hour": "{value} working hours", "working_day": "{value} working days", "calendar_day": "{value} calendar days",
}
CHOICE = "choice"
YES = "yes"
NO = "no"
FILING = "filing"
# The facts that say which step a token is at.
PLACED = frozenset({"StepEntered", "StepMoved"})
