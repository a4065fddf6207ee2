"""What a server's refusal means to somebody, and what to do about it."""

from __future__ import annotations

from container_manager.cluster.api import Object, Refused
from container_manager.cluster.contexts import Target
from container_manager.cluster.wanted import CLAIM, named
from container_manager.errors import Problem

_CONFLICT = "FieldManagerConflict"
_UNCHANGEABLE = ("is immutable", "updates to statefulset spec", "can not be less than previous")
_SAID = {
    "exceeded quota": "The namespace has a quota: ask its operator for more, or let services ask "
    "for less ('kubernetes: {resources: …}', 'replicas').",
    "failed quota": "The namespace has a quota that wants every pod to say what it needs: "
    "'kubernetes: {resources: {requests: …, limits: …}}' of the service.",
    "is being terminated": "The namespace is being deleted: wait until it is gone, or take "
    "another one.",
    "does not support dry run": "Nothing can be tried out there: its operator has to let that "
    "webhook say 'sideEffects: None'.",
    "failed calling webhook": "A program of the cluster's operator does not answer that has to "
    "agree: tell them.",
    "denied the request": "A rule of the cluster's operator forbids it; its words say which.",
}
"""What is written in refusals of several kinds, all of them 'Forbidden', say."""

_MEANING = {
    "Unauthorized": "Log in to the cluster again, with the means that its operator names.",
    "Forbidden": "Ask the operator of the cluster for this right in this namespace.",
    "UnknownKind": "The cluster is too old for it, or lacks an extension.",
}


def immutable(refusal: Refused) -> bool:
    """Whether something was to be changed that cannot be, once it exists."""
    texts = (str(refusal), *(cause.message for cause in refusal.causes))
    return any(mark in text for mark in _UNCHANGEABLE for text in texts)


def refusal_problem(one: Object, refusal: Refused, target: Target) -> Problem:
    """A refusal as a problem with a remedy.

    Args:
        one: the object that was to be applied.
        refusal: what the server says.
        target: where, for the remedy.
    """
    if any(cause.reason == _CONFLICT for cause in refusal.causes):
        return _conflict(one, refusal, target)
    if immutable(refusal):
        return _unchangeable(one, refusal, target)
    causes = [f"{cause.field}: {cause.message}" for cause in refusal.causes if cause.field]
    said = "".join(f"\n    {text}" for text in dict.fromkeys(causes)) or f" {refusal}"
    return Problem(
        message=f"{named(one)} is refused by the cluster:{said}", remedy=remedy_of(refusal)
    )


def remedy_of(refusal: Refused) -> str | None:
    """What to do about a refusal, where that can be told from its kind."""
    for mark, remedy in _SAID.items():
        if mark in str(refusal):
            return remedy
    if refusal.passing:
        return "Try again in a moment: the server is busy, or in trouble."
    return _MEANING.get(refusal.reason)


def _conflict(one: Object, refusal: Refused, target: Target) -> Problem:
    owned = "".join(
        f"\n    {cause.field.removeprefix('.')}: {_who(cause.message)}"
        for cause in refusal.causes
        if cause.reason == _CONFLICT
    )
    kind, name = str(one["kind"]).lower(), one["metadata"]["name"]
    return Problem(
        message=f"{named(one)} has fields that somebody else has set, and they stay:{owned}",
        remedy="Take the value over into the configuration and apply with --force-conflicts, "
        "which makes the fields ours again. To see all of it: "
        f"{target.kubectl} get {kind} {name} -o yaml --show-managed-fields",
    )


def _who(message: str) -> str:
    """``conflict with "kubectl-edit" using apps/v1`` -> who it is."""
    return message.removeprefix("conflict with ").replace('"', "'")


def _unchangeable(one: Object, refusal: Refused, target: Target) -> Problem:
    fields = list(dict.fromkeys(cause.field for cause in refusal.causes if cause.field))
    what = ", ".join(fields) or "what differs"
    kind, name = str(one["kind"]).lower(), one["metadata"]["name"]
    if one["kind"] == CLAIM:
        remedy = "A volume can grow, where its storage class allows that; it cannot become "
        remedy += "smaller or of another class. Say what it has, or take a volume of a new name "
        remedy += "and copy the data."
    else:
        remedy = "Delete it, which ends its pods and keeps its volumes, then apply again: "
        remedy += f"{target.kubectl} delete {kind} {name}"
    return Problem(
        message=f"{named(one)} is there already, and {what} cannot be changed: {_short(refusal)}",
        remedy=remedy,
    )


def _short(refusal: Refused) -> str:
    """The server's words without the whole object, which Go's notation makes unreadable."""
    for text in (*(cause.message for cause in refusal.causes), str(refusal)):
        for mark in _UNCHANGEABLE:
            at = text.find(mark)
            if at >= 0:
                return text[max(text.rfind(": ", 0, at) + 2, 0) :].strip()
    return str(refusal)
