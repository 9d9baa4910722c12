"""French about solicitations: why a rule says no, or not yet. Phrases, which stand behind the rule's name."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.fr import count
from tournee.core.messages.grammar import Details, Words, minute, texts

_SCOPES = {
    "deployment": "de cette enquête",
    "channel": "par ce canal",
    "everything": "toutes enquêtes confondues",
}


def _at_most(details: Details) -> str:
    scope = _SCOPES.get(str(details.get("counting")), _SCOPES["everything"])
    since = f" depuis le {str(details['since'])[:10]}" if details.get("since") else ""
    latest = f", le dernier du {str(details['latest'])[:10]}" if details.get("latest") else ""
    asked = f"{count(details.get('count'), 'message', 'messages')} {scope}{since}{latest}"
    allowed = f"{details.get('limit')} par «\u00a0{details.get('per')}\u00a0»"
    return f"le contact a déjà {asked}\u00a0; la règle en permet {allowed}"


def _at_most_waits(details: Details) -> str:
    ends = f", pour la dernière fois le {minute(details['expires'])}" if details.get("expires") else ""
    return f"{_at_most(details)}\u00a0; réexaminé le {minute(details.get('until'))}{ends}"


def _test(details: Details) -> str:
    """`amount dépasse 100`."""
    wanted = texts(details.get("wanted")) or ["?"]
    since = f" (depuis le {details['since']})" if details.get("since") else ""
    test = {
        "is": f"vaut {_either(wanted)}",
        "is_set": "est vide" if wanted == ["false"] else "est rempli",
        "more_than": f"dépasse {wanted[0]}",
        "less_than": f"est inférieur à {wanted[0]}",
        "before": f"précède le {wanted[0]}",
        "after": f"suit le {wanted[0]}",
        "within": f"remonte à «\u00a0{wanted[0]}\u00a0» au plus{since}",
    }
    return f"{details.get('field', '?')} {test.get(str(details.get('test')), '?')}"


def _either(values: list[str]) -> str:
    return " ou ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _only_if(details: Details) -> str:
    why = "ce champ est vide" if details.get("empty") else "ce n’est pas le cas"
    return f"seulement si {_test(details)}, et {why}"


WORDS: Words = {
    "answered": "le contact a déjà répondu",
    "at_most": _at_most,
    "at_most_waits": _at_most_waits,
    "between": lambda d: (
        f"aucun message ne part à ces heures, à l’horloge de {d.get('timezone', '?')}\u00a0; celui-ci part à partir du {minute(d.get('until'))}"
    ),
    "between_never": "les plages des règles ne sont jamais ouvertes en même temps\u00a0: rien ne peut partir avant que les règles soient corrigées",
    "bounced": "le serveur de messagerie du contact a répondu que l’adresse n’existe pas",
    "duplicate": "cette enquête doit déjà être envoyée au contact",
    "missing_address": "le contact n’a pas d’adresse pour ce canal",
    "not_if": lambda d: f"pas si {_test(d)}, et c’est le cas",
    "once_empty": "{field} est vide pour ce contact\u00a0: impossible de savoir si cette enquête a déjà été envoyée pour lui",
    "once_taken": "cette enquête a déjà été envoyée, ou doit l’être, pour la même valeur de {field}",
    "only_if": _only_if,
    "opt_out": "le contact s’est désinscrit",
    "sample": "le contact n’est pas parmi les {share}\u00a0% à qui cette enquête est destinée",
    "wait_after": lambda d: (
        f"pas avant «\u00a0{d.get('duration', '?')}\u00a0» après {d.get('field', '?')} du contact\u00a0; il part à partir du {minute(d.get('until'))}"
    ),
    "wait_empty": "{field} est vide pour ce contact, ou n’est pas une date\u00a0: il n’y a rien à partir de quoi compter",
    "wait_far": "«\u00a0{duration}\u00a0» après {field} du contact, c’est dans plus d’un siècle",
}
