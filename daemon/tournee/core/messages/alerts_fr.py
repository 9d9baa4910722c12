"""The words of alerts, in French."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.fr import count
from tournee.core.messages.grammar import Details, Words, held_as, held_parts, texts, whole


def _duration(details: Details) -> str:
    minutes = max(1, whole(details["seconds"]) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{count(days, 'jour', 'jours')} {hours}\u00a0h" if hours else count(days, "jour", "jours")
    if hours:
        return f"{hours}\u00a0h\u00a0{rest}\u00a0min" if rest else f"{hours}\u00a0h"
    return f"{rest}\u00a0min"


def _lists(details: Details) -> str:
    names = texts(details["names"])
    return f"liste {names[0]}" if len(names) == 1 else count(len(names), "liste", "listes")


def _refused(number: object) -> str:
    return count(number, "ligne refusée", "lignes refusées")


def _some_rows(details: Details) -> str:
    verb = "n’a pas pu être importée" if whole(details["rejected"]) < 2 else "n’ont pas pu être importées"
    return f"{count(details['rejected'], 'ligne', 'lignes')} sur {count(details['read'], '', '').strip()} {verb}."


def _rest(details: Details) -> str:
    rest = whole(details["read"]) - whole(details["rejected"])
    start = (
        "L’autre ligne a été importée"
        if rest == 1
        else f"Les {count(rest, '', '').strip()} autres lignes ont été importées"
    )
    parts = (
        count(details["created"], "nouvelle", "nouvelles"),
        count(details["updated"], "modifiée", "modifiées"),
        count(details["unchanged"], "inchangée", "inchangées"),
        f"{count(details['duplicate'], '', '').strip()} en double",
    )
    return f"{start}\u00a0: {', '.join(parts)}."


def _files(details: Details) -> str:
    rejected = count(details["rejected"], "rejeté", "rejetés")
    return f"{count(details['files'], 'fichier', 'fichiers')} avec des problèmes, dont {rejected}"


def _kept(details: Details) -> str:
    where = (
        f"Il est déplacé vers `{details['moved_to']}`." if details.get("moved_to") else "Il reste où il est."
    )
    return f"Rien n’a été importé de ce fichier\u00a0: la liste est restée telle quelle. {where}"


def _held(details: Details) -> str:
    what = count(details.get("number", 0), "invitation retenue", "invitations retenues")
    names = texts(details.get("deployments"))
    which = ", ".join(names) if len(names) <= 3 else count(len(names), "déploiement", "déploiements")
    return f"{what}\u00a0: {which or '?'} ({details['where']})"


def _held_reason(details: Details) -> str:
    return " ".join([*map(_held_part, held_parts(details)), *_more(details)])


def _held_part(part: Details) -> str:
    return (
        f"L’import {part['import']} ({part['file']}) aurait envoyé {part['deployment']} à "
        f"{count(part['number'], 'personne', 'personnes')}, bien plus que d’habitude (`hold_above`)."
    )


def _more(details: Details) -> list[str]:
    if not details.get("more"):
        return []
    return [f"Et {count(details['more'], 'autre', 'autres')}\u00a0: `tournee deployments`."]


def _held_now(details: Details) -> str:
    told = [
        f"{_held_part(part)} `tournee release {held_as(part)}` les laisse partir, `tournee cancel {held_as(part)}` les abandonne."
        for part in held_parts(details)
    ]
    return " ".join([*told, *_more(details)])


def _held_do(details: Details) -> str:
    ways = [
        f"`tournee release {held_as(part)}` les laisse partir\u00a0; sinon, `tournee cancel {held_as(part)}` les abandonne."
        for part in held_parts(details)
    ]
    listed = f"Si c’est voulu, {ways[0]}" if len(ways) == 1 else "\n".join(["Si c’est voulu\u00a0:", *ways])
    rest = "`tournee deployments` montre tout ce qui est retenu. Un rappel suit une fois par jour tant que cela dure."
    return f"{listed}{' ' if len(ways) == 1 else chr(10)}{rest}"


WORDS: Words = {
    "alert_closed": "{place}\u00a0: la relève fonctionne à nouveau",
    "alert_closed_did": "La relève s’est à nouveau bien passée le {at}. Les fichiers qui attendaient sont pris maintenant.",
    "alert_closed_do": "Rien.",
    "alert_closed_subject": "Terminé\u00a0: {place}, la relève fonctionne à nouveau après {duration} ({where})",
    "alert_closed_was": "Depuis le {since}, la relève était impossible\u00a0: {was}",
    "alert_date": "d MMMM y 'à' HH:mm",
    "alert_deployment": "Déploiement",
    "alert_deployments": "Déploiements",
    "alert_did": "Ce qui a été fait",
    "alert_do": "Ce qu’il faut faire",
    "alert_duration": _duration,
    "alert_errors": lambda d: f"{_refused(d['rejected'])} dans {d['file']}",
    "alert_errors_did": _rest,
    "alert_errors_do": "Corrigez ces lignes à la source et déposez à nouveau le fichier, sous le même nom ou un autre\u00a0: ce qui est déjà dans la liste n’est pas doublé. Toutes les erreurs\u00a0: `tournee errors {id}`",
    "alert_errors_first": lambda d: (
        "L’erreur\u00a0:" if d["count"] == 1 else f"Les {d['count']} premières erreurs\u00a0:"
    ),
    "alert_errors_happened": _some_rows,
    "alert_errors_subject": lambda d: f"{_refused(d['rejected'])} dans {d['file']} (liste {d['list']})",
    "alert_file": "Fichier",
    "alert_files": _files,
    "alert_files_subject": lambda d: f"{_files(d)} ({_lists(d)})",
    "alert_happened": "Ce qui s’est passé",
    "alert_held": _held,
    "alert_held_did": "Le fichier a été importé. Aucune de ces invitations ne part avant qu’une personne le dise\u00a0; tout le reste continue.",
    "alert_held_do": _held_do,
    "alert_held_over": "plus rien n’est retenu ({where})",
    "alert_held_over_did": "Les invitations ont été libérées ou annulées\u00a0; `tournee deployments` montre combien sont parties.",
    "alert_held_over_do": "Rien.",
    "alert_import": "Import",
    "alert_list": "Liste",
    "alert_place_list": "liste {name}",
    "alert_lists": "Listes",
    "alert_lists_of": _lists,
    "alert_over_subject": "Terminé\u00a0: {headline}, après {duration}",
    "alert_over_was": "Depuis le {since}\u00a0: {was}",
    "alert_place_repository": "dépôt {name}",
    "alert_rejected": "{file} a été rejeté",
    "alert_rejected_did": _kept,
    "alert_rejected_do": "Déposez un fichier corrigé, sous le même nom ou un autre\u00a0: il sera pris tout seul. Si c’est la configuration qui est fausse, corrigez-la et lancez `tournee retry {id}`.",
    "alert_rejected_do_rows": "Déposez un fichier corrigé, sous le même nom ou un autre\u00a0: il sera pris tout seul. Si c’est la configuration qui est fausse, corrigez-la et lancez `tournee retry {id}`. Toutes les erreurs\u00a0: `tournee errors {id}`",
    "alert_rejected_subject": "Rejeté\u00a0: {file} (liste {list})",
    "alert_reminder_subject": "Depuis le {since}\u00a0: {headline} ({where})",
    "alert_repository": "Dépôt",
    "alert_row": "  ligne {line}, {column}\u00a0: {why}",
    "alert_row_whole": "  ligne {line}\u00a0: {why}",
    "alert_send_failures": "les invitations ne partent pas ({where})",
    "alert_send_failures_did": "Ce qui a été remis à plus tard est réessayé tout seul, pendant trois jours au plus\u00a0; ce qui a été refusé définitivement est abandonné. Rien n’est envoyé deux fois.",
    "alert_send_failures_do": "Réglez ce qui est dit plus haut\u00a0: ce qui attend part ensuite tout seul. `tournee deployments` montre combien attendent et combien ont été abandonnées\u00a0; `tournee pause {deployment}` arrête l’envoi en attendant. Un rappel suit une fois par jour tant que cela dure, et un message à la fin.",
    "alert_send_failures_over": "les invitations repartent ({where})",
    "alert_send_failures_over_did": "Une invitation est partie sans problème. Ce qui attendait part maintenant.",
    "alert_send_failures_over_do": "Rien. `tournee deployments` montre ce qui a été abandonné entre-temps.",
    "alert_since": "Depuis",
    "alert_still_subject": "Depuis le {since}\u00a0: {headline}",
    "alert_unreachable": "{place}\u00a0: relève impossible, {trouble}",
    "alert_unreachable_did": "Rien n’y a été pris depuis. Chaque passage fait un nouvel essai, et les fichiers qui attendent seront pris au premier qui réussit. Les autres dépôts continuent.",
    "alert_unreachable_do": "Une fois le problème réglé, `tournee check --connect` fait aussitôt un essai. Un rappel suit une fois par jour tant que cela dure, et un message à la fin.",
    "alert_untrusted": "{place}\u00a0: serveur non reconnu, relève arrêtée",
    "alert_untrusted_did": "La connexion a été coupée avant l’envoi d’un mot de passe ou la prise d’un fichier. Chaque passage fait un nouvel essai. Les autres dépôts continuent.",
    "alert_untrusted_do": "Demandez au responsable du serveur, par un autre moyen que cette connexion, si sa clé ou son certificat a changé. Si oui, `tournee trust {repository}` montre ce qu’il faut écrire dans la configuration\u00a0; sinon, quelqu’un écoute peut-être la ligne. Un rappel suit une fois par jour tant que cela dure, et un message à la fin.",
    "alert_warnings": "À noter aussi\u00a0:",
    "alert_when": "Quand",
    "held": _held_reason,
    "held_now": _held_now,
}
