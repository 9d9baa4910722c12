"""French about people: the same codes as in English, in the same order."""

# ruff: noqa: E501 -- a sentence stays on its line

from collections.abc import Callable

from tournee.core.messages.fr import count
from tournee.core.messages.grammar import Details, Words, whole

_MESSAGES = {
    "all": "tout message",
    "email": "les e-mails",
    "sms": "les SMS",
    "webhook": "les messages",
}

_ALPHABETS = {"gsm": "alphabet GSM", "unicode": "Unicode"}


def _opted_out(details: Details) -> str:
    source = {
        "command": "noté par l’équipe",
        "unsubscribe": "par le lien d’un message",
        "erased": "effacé auparavant",
    }.get(str(details.get("source")), str(details.get("source")))
    reason = f"\u00a0: {details['reason']}" if details.get("reason") else ""
    return f"A refusé {_messages(details)}, {source}{reason}"


def _opted_in(details: Details) -> str:
    reason = f"\u00a0: {details['reason']}" if details.get("reason") else ""
    return f"Accepte à nouveau {_messages(details)}{reason}"


def _messages(details: Details) -> str:
    channel = str(details.get("channel"))
    return _MESSAGES.get(channel, channel)


def _waits(details: Details) -> str:
    return f"attend jusqu’au {details['at']}" if details.get("at") else "en attente d’envoi"


def _confirm(details: Details) -> str:
    parts = (
        ("lists", "appartenance à une liste", "appartenances à des listes"),
        ("opt_outs", "refus", "refus"),
        (
            "decisions",
            "décision (qui reste, sans nommer personne)",
            "décisions (qui restent, sans nommer personne)",
        ),
        (
            "unsent",
            "message encore à envoyer (qui est annulé)",
            "messages encore à envoyer (qui sont annulés)",
        ),
    )
    told = [count(details[name], *words) for name, *words in parts if details.get(name)]
    along = f", et ce qui lui appartient\u00a0: {', '.join(told)}" if told else ""
    return f"Ceci effacerait pour toujours le contact {details.get('id', '?')}{along}. Rien n’a été effacé\u00a0: redites-le avec --yes."


def _of(details: Details) -> str:
    return f" de {details['deployment']}" if details.get("deployment") else ""


def _too_late(details: Details) -> str:
    number = whole(details.get("too_late"))
    return f" {count(number, 'est', 'sont')} en train de partir\u00a0: trop tard." if number else ""


def _named(details: Details) -> str:
    return f" {details['deployment']}" if details.get("deployment") else ""


def _held(details: Details) -> str:
    command = f"{details.get('deployment')} --import {details.get('id')}"
    number = count(details.get("count"), "message retenu", "messages retenus")
    return (
        f"{details.get('deployment')}\u00a0: {number} depuis le {details.get('since')}, de l’import {details.get('id')} ({details.get('file')} vers {details.get('list')}). "
        f"`tournee release {command}` les envoie, `tournee cancel {command}` les supprime."
    )


def _uncertain(details: Details) -> str:
    command = f"{details.get('deployment')} --import {details.get('id')} --uncertain"
    number = count(
        details.get("count"),
        "message peut-être parti, peut-être pas",
        "messages peut-être partis, peut-être pas",
    )
    return (
        f"{details.get('deployment')}\u00a0: {number}, de l’import {details.get('id')} ({details.get('file')} vers {details.get('list')}). "
        f"`tournee release {command}` les envoie, peut-être à nouveau\u00a0; `tournee cancel {command}` les laisse."
    )


def _from(details: Details) -> str:
    sender = f" de {details['sender']}" if details.get("sender") else ""
    return f"{sender} ({details['list']})" if details.get("list") else sender


def _ask(what: str) -> Callable[[Details], str]:
    return lambda details: f"Appuyez sur le bouton pour ne plus recevoir {what}{_from(details)}."


def _done(what: str) -> Callable[[Details], str]:
    return lambda details: f"Vous ne recevrez plus {what}{_from(details)}. Vous pouvez fermer cette page."


WORDS: Words = {
    "cannot_listen": "`http: listen`\u00a0: impossible d’écouter sur {host}:{port} ({problem}). Un autre programme l’occupe peut-être\u00a0: arrêtez-le, ou choisissez un autre port.",
    "contact_unconfirmed": _confirm,
    "unknown_token": "Ce lien n’est pas un des nôtres.",
    # ---- the story of a contact
    "note_answer": "Réponse du serveur\u00a0: {answer}",
    "note_answered": "A répondu le {at}",
    "note_asked_by": "Demandé par l’import {id}\u00a0: {file} vers {list}",
    "note_attempts": lambda d: f"{count(d.get('count'), 'tentative', 'tentatives')} jusqu’ici",
    "note_decision": "{deployment} par {channel}\u00a0: {told}",
    "note_expires": "Abandonné s’il faut encore attendre le {at}",
    "note_opt_in": _opted_in,
    "note_opt_out": _opted_out,
    "note_paused_since": "En pause depuis le {at}\u00a0: rien de {deployment} ne part",
    "note_reminder": "Relance {number}\u00a0: {told}",
    "note_rule_no": "A dit non\u00a0: {rule} ({reason})",
    "note_rule_wait": "Fait attendre\u00a0: {rule} ({reason})",
    "note_rules_yes": "Toutes les règles ont dit oui",
    "told_blocked": "pas envoyé",
    "told_cancelled": "annulé par une personne",
    "told_failed": "abandonné",
    "told_held": "retenu jusqu’à ce qu’une personne le libère",
    "told_sending": "en cours d’envoi",
    "told_sent": "envoyé le {at}",
    "told_stopped": "finalement pas envoyé",
    "told_uncertain": "peut-être envoyé, peut-être pas\u00a0; n’est pas renvoyé de lui-même",
    "told_waiting": _waits,
    # ---- what a person did, and has to do
    "kind_held": "retenu",
    "kind_send_failures": "les invitations ne partent pas",
    "note_all_paused": "Tout est en pause depuis le {at}\u00a0: `tournee resume` y met fin.",
    "note_cancelled": lambda d: (
        f"{count(d.get('count'), 'message annulé', 'messages annulés')}{_of(d)}.{_too_late(d)}"
        if d.get("count") != 0
        else f"Il n’y avait rien{_of(d)} à annuler.{_too_late(d)}"
    ),
    "note_cancelled_before": lambda d: (
        f"{d.get('deployment')}\u00a0: {count(d.get('count'), 'message annulé', 'messages annulés')} par une personne."
    ),
    "note_contact_answered": lambda d: (
        f"Le contact {d.get('id')} a répondu à {count(d.get('count'), 'message', 'messages')}{_of(d)}\u00a0: plus aucune relance."
    ),
    "note_erased": "Le contact {id} a été effacé. Personne ayant ses adresses ne reviendra comme inscrit.",
    "note_held": _held,
    "note_no_address": "personne\u00a0: le contact n’a pas d’adresse pour ce canal",
    "note_part_paused": "Une partie est en pause\u00a0: `tournee deployments`",
    "note_parts": lambda d: (
        f"{count(d.get('count'), 'partie', 'parties')}, {count(d.get('characters'), 'caractère', 'caractères')}, {_ALPHABETS.get(str(d.get('encoding')), '?')}"
    ),
    "note_paused": lambda d: f"En pause\u00a0: rien{_of(d)} ne part avant `tournee resume{_named(d)}`.",
    "note_paused_already": lambda d: f"Déjà en pause, jusqu’à `tournee resume{_named(d)}`.",
    "note_held_of_import": lambda d: (
        f"{count(d.get('count'), 'message est retenu', 'messages sont retenus')} jusqu’à ce qu’une personne décide\u00a0: `tournee deployments`"
    ),
    "note_is_paused": "{deployment} est en pause depuis le {at}\u00a0: `tournee resume {deployment}` y met fin.",
    "note_released": lambda d: (
        f"{count(d.get('count'), 'message libéré', 'messages libérés')}{_of(d)}\u00a0; ils partent comme les règles le permettent."
        if d.get("count") != 0
        else f"Il n’y avait rien{_of(d)} à libérer."
    ),
    "note_resumed": lambda d: f"Plus en pause\u00a0: ce qui est dû{_of(d)} part.",
    "note_resumed_already": "Rien n’était en pause.",
    "note_sending": lambda d: (
        f"{d.get('deployment')}\u00a0: {count(d.get('count'), 'message en cours', 'messages en cours')} d’envoi."
    ),
    "note_uncertain": _uncertain,
    "word_from": "De",
    "word_subject": "Objet",
    "word_to": "À",
    # ---- the web pages
    "web_ask_email": _ask("d’e-mails"),
    "web_ask_sms": _ask("de SMS"),
    "web_ask_webhook": _ask("de messages"),
    "web_button": "Me désabonner",
    "web_done_email": _done("d’e-mails"),
    "web_done_sms": _done("de SMS"),
    "web_done_webhook": _done("de messages"),
    "web_text_away": "Réessayez dans une minute, s’il vous plaît. Rien n’a été changé.",
    "web_text_no_method": "Cette page est faite pour un navigateur.",
    "web_text_too_many": "Trop de liens non valables ont été essayés. Patientez une minute, s’il vous plaît.",
    "web_text_unknown": "Le lien a peut-être été coupé\u00a0: ouvrez-le à nouveau depuis le message, ou répondez au message.",
    "web_title_ask": "Se désabonner",
    "web_title_away": "Impossible pour le moment",
    "web_title_done": "Désabonnement enregistré",
    "web_title_no_method": "Impossible",
    "web_title_too_many": "Patientez",
    "web_title_unknown": "Ce lien n’est pas valable",
}
