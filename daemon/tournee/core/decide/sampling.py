"""`sample`: the same part of the contacts of a deployment, whenever they are asked about."""

from hashlib import sha256

from tournee.core.decide.answers import Answer, Check, No
from tournee.core.facts import Candidate, Reason
from tournee.core.settings import Sample

_BITS = 64


def check(rule: Sample, deployment: str) -> Check:
    """The check of a rule on a deployment."""
    below = int(rule.share * (1 << _BITS))
    refusal = No(rule.text, Reason("sample", {"share": f"{(rule.share * 100).normalize():f}"}))
    begun = sha256(f"{deployment}\0".encode())

    def chosen(candidate: Candidate) -> Answer:
        drawn = begun.copy()
        drawn.update(b"%d" % candidate.contact_id)
        return None if int.from_bytes(drawn.digest()[: _BITS // 8], "big") < below else refusal

    return chosen
