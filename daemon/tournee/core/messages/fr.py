"""French. The same codes as in English, in the same order."""

# ruff: noqa: E501 -- a sentence stays on its line

from collections.abc import Callable

from tournee.core.messages.grammar import Details, Words, minute, percent, scale, texts, whole

LANGUAGE_NAMES = {
    "de": "allemand", "en": "anglais", "es": "espagnol", "fr": "français", "it": "italien", "nl": "néerlandais",
    "pt": "portugais",
}  # fmt: skip


def count(number: object, one: str, many: str) -> str:
    """`0 ligne`, `1 ligne`, `1 204 lignes`: the plural starts at two."""
    amount = whole(number)
    digits = f"{amount:,}".replace(",", "\u202f")
    return f"{digits} {one if abs(amount) < 2 else many}"


def listed(values: object) -> str:
    """`« Email », « Téléphone »`."""
    return ", ".join(f"«\u00a0{text}\u00a0»" for text in texts(values) or "?")


def tongue(tag: object) -> str:
    """`français` for `fr` or `fr-CA`; the tag itself where it is not known."""
    return LANGUAGE_NAMES.get(str(tag).partition("-")[0], str(tag))


def size(value: object) -> str:
    """`512 octets`, `2,0 Gio`."""
    scaled, unit = scale(whole(value), ("octets", "Kio", "Mio", "Gio"))
    if unit == "octets":
        return count(value, "octet", "octets")
    return f"{scaled:.1f}\u00a0{unit}".replace(".", ",")


def _bad_archive(details: Details) -> str:
    problems = {
        "encrypted": "L’archive est protégée par un mot de passe. Demandez-la sans mot de passe.",
        "members": "L’archive doit contenir exactement un fichier .csv, .txt ou .tsv. Demandez un fichier par archive.",
        "method": "L’archive est compressée de façon inhabituelle. Demandez un zip ou un gzip ordinaire.",
    }
    broken = "L’archive est abîmée ou coupée. Demandez à nouveau le fichier."
    return problems.get(str(details.get("problem")), broken)


def _cut(details: Details) -> str:
    if "until" in details:
        return f"sa dernière ligne est coupée\u00a0; rejeté s’il l’est encore le {minute(details['until'])}"
    line = f" (ligne {details['line']})" if details.get("line") else ""
    return f"Le fichier s’arrête au milieu de sa dernière ligne{line}. Demandez le fichier entier."


def _duplicate_column(details: Details) -> str:
    written = texts(details.get("written"))
    names = f" ({listed(written)})" if len(set(written)) > 1 else ""
    return (
        f"La colonne {listed(details.get('column'))} figure plusieurs fois dans l’en-tête{names}. "
        "Demandez un fichier où chaque colonne figure une seule fois."
    )


def _missing_column(details: Details) -> str:
    columns, either = texts(details.get("columns")), texts(details.get("either"))
    missing = [f"la colonne {listed([column])}" for column in columns]
    if either:
        missing.append("une colonne " + " ou ".join(listed([column]) for column in either))
    return f"Il manque {' et '.join(missing) or 'une colonne'} dans le fichier. Demandez un fichier avec les colonnes du modèle."


def _mirror_limit(details: Details) -> str:
    file = f"retry {details['import']}" if details.get("import") else f"import {details.get('list')} FICHIER"
    removed, contacts = (count(details.get(key), "", "").strip() for key in ("removed", "contacts"))
    return (
        f"Contacts de la liste absents du fichier\u00a0: {removed} sur {contacts}, plus que "
        f"`mirror_limit: {percent(details.get('limit'))}%` n’en laisse partir d’un coup. Rien n’a été importé. S’ils doivent "
        f"partir, lancez `tournee {file} --force` ou relevez `mirror_limit`\u00a0; sinon, demandez le fichier entier."
    )


def _too_large(details: Details) -> str:
    most, line = whole(details.get("most")), details.get("line")
    limits = {
        "size": f"Le fichier dépasse {size(most)} une fois décompressé.",
        "ratio": f"L’archive décompressée dépasse {most} fois sa taille, ce que ne fait aucun fichier de contacts.",
        "columns": f"L’en-tête a plus de {count(most, 'colonne', 'colonnes')}.",
        "line": f"La ligne {line} dépasse {count(most, 'caractère', 'caractères')}.",
    }
    return limits.get(str(details.get("limit")), "Le fichier est trop grand.") + " Rien n’a été importé."


def _undecodable(details: Details) -> str:
    kinds = {
        "zip": "C’est une archive zip ou un classeur (.xlsx, .ods), quoi qu’en dise son nom.",
        "excel": "C’est un classeur Excel, quoi qu’en dise son nom.",
        "gzip": "C’est une archive gzip, mais son nom ne finit pas par .gz.",
        "pdf": "C’est un PDF, quoi qu’en dise son nom.",
    }
    what = (
        "un octet NUL"
        if details.get("nul")
        else f"des octets illisibles en {str(details.get('encoding')).upper()}"
    )
    place = f"Le fichier n’est pas du texte\u00a0: {what} à la ligne {details.get('line')}."
    return kinds.get(str(details.get("looks_like")), place) + " Demandez un fichier CSV en UTF-8."


def _nobody_removed(details: Details) -> str:
    why = {
        "late": "un fichier plus récent a été importé avant celui-ci",
        "cut": "la dernière ligne est coupée, d’autres manquent peut-être",
        "rejected": "certaines lignes rejetées ne disent pas de qui elles sont",
    }
    return f"Personne n’a été retiré de la liste\u00a0: {why.get(str(details.get('why')), '?')}."


def _unknown_column(details: Details) -> str:
    name = details.get("column")
    column = f"La colonne {listed([name])}" if name else f"La colonne n°\u00a0{details.get('position')}"
    nearest = details.get("nearest")
    hint = f" Fallait-il lire {listed([nearest])}\u00a0?" if nearest else ""
    return f"{column} est inconnue et a été ignorée.{hint}"


def _columns(values: object) -> str:
    columns = values if isinstance(values, list) else []
    return ", ".join(listed([one]) if isinstance(one, str) else f"colonne {one}" for one in columns)


def _header_changed(details: Details) -> str:
    new, gone = _columns(details.get("new")), _columns(details.get("gone"))
    if not (new or gone):
        return "Les colonnes ne sont pas dans le même ordre que dans le fichier précédent."
    parts = [f"en plus {new}"] * bool(new) + [f"en moins {gone}"] * bool(gone)
    return "L’en-tête n’est pas celui du fichier précédent\u00a0: " + "\u00a0; ".join(parts) + "."


def _date_invalid(details: Details) -> str:
    why = {
        "impossible": "date qui n’existe pas",
        "skipped": f"heure qui n’existe pas\u00a0: les horloges de {details.get('timezone')} la sautent",
        "serial": "nombre d’Excel et non une date\u00a0: donnez à la colonne le format «\u00a0date\u00a0» avant d’enregistrer en CSV",
    }
    parts = {"d": "jour", "m": "mois", "y": "année"}
    order = "/".join(parts[part] for part in str(details.get("order") or "") if part in parts)
    return why.get(
        str(details.get("problem")), f"date illisible (écrivez {order or 'la date'}, ou année-mois-jour)"
    )


def _number_invalid(details: Details) -> str:
    marks = {",": "la virgule", ".": "le point"}
    mark, group = marks.get(str(details.get("mark"))), marks.get(str(details.get("group")))
    if details.get("problem") == "mark" and mark:
        return f"le séparateur décimal doit être {mark}"
    if details.get("problem") == "group":
        return f"les milliers se séparent par {f'{group} ou ' if group else ''}une espace, par groupes de trois, ou pas du tout"
    return "nombre invalide"


def _word_unknown(what: str) -> Callable[[Details], str]:
    def words(details: Details) -> str:
        known = listed(details["words"]) if "words" in details else ""
        return what + (f" (sont connus {known} …)" if known else "")

    return words


def _choice_unknown(details: Details) -> str:
    return f"aucun de {listed(details['words'])}" if details.get("words") else "ne fait pas partie des choix"


def _boolean_invalid(details: Details) -> str:
    words = [word for word in (details.get("yes"), details.get("no")) if word]
    return f"ni {' ni '.join(listed([word]) for word in words)}" if words else "ni oui ni non"


def _row_too_long(details: Details) -> str:
    cells, columns = details.get("cells"), details.get("columns")
    known = f" ({cells} pour {columns})" if cells and columns else ""
    return f"plus de cellules que l’en-tête n’a de colonnes{known}"


def _wrong_language(details: Details) -> str:
    return (
        f"Ce fichier semble être en {tongue(details['looks_like'])}\u00a0; le flux indique "
        f"`language: {details['language']}`. Demandez un fichier en {tongue(details['language'])} "
        "ou modifiez le flux."
    )


def _too_many_errors(details: Details) -> str:
    rejected = count(details["rejected"], "ligne est erronée", "lignes sont erronées")
    return (
        f"{rejected} sur {count(details['read'], '', '').strip()}, plus que le flux n’en accepte\u00a0: "
        "il s’agit sans doute d’un autre fichier. Rien n’a été importé."
    )


def _stamp(details: Details) -> str:
    known = "date ou numéro (comme `_20261123`) entre le préfixe et l’extension"
    if details.get("rule") == "required":
        return f"le flux ne prend que les noms avec {known}"
    if details.get("rule") == "forbidden":
        return f"le flux ne prend que les noms sans {known}"
    return "entre le préfixe et l’extension, il n’y a pas une date ou un numéro (comme `_20261123`)"


def _unsized(details: Details) -> str | None:
    if details.get("size", 0) is not None:
        return None
    return "le serveur n’indique pas sa taille\u00a0: impossible de savoir s’il est complet"


def _link_lost(details: Details) -> str:
    answer = f"\u00a0: {details['answer']}" if "answer" in details else ""
    return (
        f"Le serveur de messagerie {details['host']} a mis fin à la connexion{answer}. "
        "Les messages attendent\u00a0; de nouveaux essais suivront."
    )


def _nearest(details: Details) -> str:
    return f"\u00a0; vouliez-vous dire {details['nearest']}\u00a0?" if details.get("nearest") else "."


def _value_refused(details: Details) -> str:
    words = WORDS.get(str(details["why"]), "{why}")
    return f"{details['field']}\u00a0: {words(details) if callable(words) else words.format_map(details)}"


def _certificate_untrusted(details: Details) -> str:
    problem = {
        "expired": "il a expiré",
        "not_yet_valid": "il n’est pas encore valable",
        "self_signed": "personne d’autre que lui-même ne s’en porte garant",
        "unknown_issuer": "personne de connu ne s’en porte garant",
        "wrong_name": "il est fait pour un autre hôte",
    }.get(str(details["problem"]), "il n’est pas valable")
    shown = f" Son SHA-256 est {details['fingerprint']}." if details.get("fingerprint") else ""
    return (
        f"{details['repository']} : le certificat de {details['host']}:{details['port']} n’est pas de confiance : {problem}.{shown} "
        "L’identifiant n’a pas été envoyé. Si l’exploitant du serveur confirme ce certificat, épinglez-le comme "
        f"`tournee trust {details['repository']}` le montre, ou indiquez celui de son autorité dans `ca_file`."
    )


def _key_unreadable(details: Details) -> str:
    problem = {
        "kind": "est d’un type qui n’est pas pris en charge. Utilisez une clé Ed25519, ECDSA ou RSA.",
        "passphrase_missing": "a une phrase secrète. Donnez-la dans `passphrase` ou `passphrase_file`.",
        "passphrase_wrong": "ne s’ouvre pas avec la phrase secrète donnée.",
        "putty": "est au format de PuTTY. Convertissez-la : puttygen KEY.ppk -O private-openssh -o KEY",
    }.get(str(details["problem"]), "est illisible : elle est abîmée, ou ce n’est pas une clé privée.")
    return f"{details['repository']} : la clé privée {problem}"


def _login_refused(details: Details) -> str:
    said, methods = details.get("answer"), ", ".join(texts(details.get("methods")))
    accepts = f" ; il accepte {methods}" if methods else ""
    why = f" (« {said} »)" if said else accepts
    return (
        f"{details['repository']} : {details['host']}:{details['port']} a refusé la connexion{why}. "
        "Vérifiez l’utilisateur, le mot de passe ou la clé."
    )


def _no_common_algorithm(details: Details) -> str:
    offered = ", ".join(texts(details.get("offered"))) or "?"
    return (
        f"{details['repository']} : {details['host']}:{details['port']} n’offre que {offered} ({details['what']}), qui n’est plus "
        "considéré comme sûr et n’est pas parlé ici. Son exploitant devrait activer des algorithmes plus récents "
        "(rsa-sha2-512, curve25519-sha256). D’ici là, un paramiko plus ancien parle encore SHA-1 : pip install 'paramiko<5'"
    )


def _permission_denied(details: Details) -> str:
    what = f"{details['file']} dans " if details.get("file") else ""
    if "written" in details:
        return (
            f"{details['repository']} : le compte n’a pas le droit d’écrire {details['written']} dans "
            f"{details['directory']}. Demandez ce droit à l’exploitant du serveur, ou retirez `report: true`."
        )
    return (
        f"{details['repository']} : le compte n’a pas le droit de faire cela avec {what}{details['directory']}. "
        "Demandez ce droit à l’exploitant du serveur."
    )


def _target_exists(details: Details) -> str:
    if "written" in details:
        return f"{details['repository']} : il y a déjà un {details['written']} ; il n’a pas été remplacé."
    return (
        f"{details['repository']} : il y a déjà un {details['target']} ; "
        f"{details['file']} n’a pas été déplacé par-dessus."
    )


WORDS: Words = {
    # ---- config
    "configuration_wrong": lambda d: f"La configuration contient {count(d['count'], 'erreur', 'erreurs')}.",
    # ---- remote
    "answer_not_understood": "{repository} : {host}:{port} a donné une réponse incompréhensible (« {answer} »). Vérifiez que l’URL indique le bon protocole et le bon port.",
    "ca_file_unusable": "{repository} : aucun certificat ne peut être lu dans {path}. Vérifiez `ca_file`.",
    "certificate_changed": "{repository} : {host}:{port} présente un certificat qui n’est pas celui qui est épinglé ; son SHA-256 est {fingerprint}. L’identifiant n’a pas été envoyé. Demandez à l’exploitant du serveur ; si le certificat a été renouvelé, épinglez le nouveau comme `tournee trust {repository}` le montre.",
    "certificate_untrusted": _certificate_untrusted,
    "command_refused": "{repository} : le serveur a refusé ce qui lui était demandé (« {answer} »). Demandez à son exploitant ce que le compte a le droit de faire.",
    "connection_lost": "{repository} : {host}:{port} a fermé la connexion.",
    "data_connection_failed": "{repository} : aucune connexion de données avec {host}:{port} n’a pu s’établir (« {answer} »). Un pare-feu s’interpose-t-il ? `passive: false` laisse le serveur se connecter à nous.",
    "directory_not_found": "{repository} : le dossier {directory} n’existe pas. Vérifiez l’URL et `path`, ou demandez s’il a été renommé.",
    "encryption_required": "{repository} : {host}:{port} ne laisse entrer personne sans chiffrement (« {answer} »). Écrivez `ftps://` dans l’URL.",
    "file_missing": "{repository} : {file} n’est plus dans {directory}.",
    "file_truncated": "{repository} : {file} devait avoir {expected} octets et {received} sont arrivés : il change, ou a été coupé en route. Il attend le prochain passage.",
    "host_key_changed": "{repository} : {host}:{port} présente une clé d’hôte qui n’est pas celle de confiance : {fingerprint}. L’identifiant n’a pas été envoyé, car une autre machine se fait peut-être passer pour le serveur. Demandez à son exploitant ; si la clé a été renouvelée, épinglez la nouvelle comme `tournee trust {repository}` la montre.",
    "host_key_unknown": "{repository} : la clé d’hôte de {host}:{port} n’est pas encore de confiance : {fingerprint}. L’identifiant n’a pas été envoyé. Si l’exploitant du serveur confirme cette clé, épinglez-la comme `tournee trust {repository}` la montre.",
    "host_key_unproven": "{repository} : {host}:{port} présente une clé d’hôte et ne peut pas prouver qu’il la possède. L’identifiant n’a pas été envoyé, car une autre machine se fait peut-être passer pour le serveur. Demandez à son exploitant.",
    "host_unknown": "{repository} : aucune adresse n’est connue pour {host}. Vérifiez l’URL et les serveurs de noms de cette machine.",
    "key_unreadable": _key_unreadable,
    "known_hosts_unreadable": "{repository} : {path} est illisible ({error}). Vérifiez `known_hosts`.",
    "listing_truncated": "{repository} : le serveur n’a montré qu’une partie de {directory} (« {answer} »). Rien n’a été pris. Demandez à son exploitant de relever la limite ou de déplacer les anciens fichiers.",
    "local_refused": "{repository} : le dossier {directory} est inutilisable ({error}).",
    "local_trouble": "{repository} : cette machine ne peut pas ouvrir de connexion ({error}).",
    "login_refused": _login_refused,
    "name_unaddressable": "{repository} : le nom {file} ne peut pas être demandé dans {directory}. Vérifiez `encoding`.",
    "no_common_algorithm": _no_common_algorithm,
    "nothing_to_pin": "{repository} est joint par {protocol}, qui ne présente ni clé d’hôte ni certificat : il n’y a rien à épingler.",
    "permission_denied": _permission_denied,
    "remote_aborted": "{repository} : la conversation a été interrompue de notre côté.",
    "remote_authentication": "Connexion refusée. Vérifiez l’utilisateur, le mot de passe ou la clé.",
    "remote_internal": "Tournée a rencontré une erreur. Le journal en dit plus.",
    "remote_not_found": "Le dossier ou le fichier n’existe pas.",
    "remote_protocol": "Le serveur a donné une réponse incompréhensible.",
    "remote_refused": "Le serveur a refusé.",
    "remote_timeout": "{repository} : {host}:{port} n’a pas répondu dans le délai ({timeout}).",
    "remote_truncated": "Le serveur a interrompu le transfert.",
    "remote_unreachable": "{repository} : {host}:{port} est injoignable ({error}). Vérifiez l’hôte et le port, et qu’aucun pare-feu ne s’interpose.",
    "remote_untrusted": "Le serveur n’est pas celui auquel on fait confiance.",
    "server_broken": "{repository} : {host}:{port} a un problème interne (« {answer} »). C’est à son exploitant de le réparer.",
    "server_busy": "{repository} : {host}:{port} n’accepte pas de connexion en ce moment (« {answer} »). Il en a peut-être trop ; un nouvel essai aura lieu plus tard.",
    "server_full": "{repository} : il n’y a plus de place sur le serveur (« {answer} »). Prévenez son exploitant.",
    "sftp_not_offered": "{repository} : {host}:{port} a laissé entrer le compte mais ne lui offre pas SFTP. Demandez à son exploitant.",
    "ssh_greeting_missing": "{repository} : {host}:{port} a fermé la connexion avant de rien dire. Il a peut-être trop de connexions, ou ne parle pas SSH.",
    "ssh_not_spoken": "{repository} : ce qui répond à {host}:{port} n’est pas un serveur SSH. Vérifiez le port.",
    "target_exists": _target_exists,
    "tls_channel_broken": "{repository} : {host}:{port} a rompu la connexion chiffrée. vsftpd fait cela quand quelque chose lui déplaît (`500 OOPS`), le plus souvent un dossier personnel absent ou accessible en écriture : son exploitant le trouvera dans le journal du serveur.",
    "tls_failed": "{repository} : aucune connexion chiffrée avec {host}:{port} n’a pu s’établir ({error}).",
    "tls_no_common_version": "{repository} : {host}:{port} ne parle aucune version sûre de TLS ({error}). Son exploitant devrait activer TLS 1.2 ou plus récent.",
    "tls_not_offered": "{repository} : {host}:{port} n’offre pas TLS de cette façon. Vérifiez l’URL : `ftps://` (le plus souvent port 21) commence en clair, `ftps+implicit://` (le plus souvent port 990) non.",
    "tls_session_reuse_required": "{repository} : {host}:{port} veut que ses connexions de données reprennent la session TLS et ne l’a pas reconnue (« {answer} »). Prévenez son exploitant, et nous.",
    "transfer_cut": "{repository} : le serveur a interrompu un transfert (« {answer} »). Il sera repris au prochain passage.",
    "transfer_too_slow": "{repository} : moins de 1 Kio par seconde est venu de {host}:{port} pendant une minute, et le transfert a été interrompu. Il sera repris au prochain passage.",
    "upload_cut": "{repository} : {received} des {expected} octets de {written} sont arrivés dans {directory}. Un nouvel essai aura lieu au prochain passage.",
    # ---- reading: files
    "bad_archive": _bad_archive,
    "cut": _cut,
    "duplicate_column": _duplicate_column,
    "empty": "Le fichier est vide\u00a0: pas même un en-tête. Demandez-le à nouveau.",
    "errors_left_out": lambda d: (
        f"{count(d['count'], 'autre erreur ne figure', 'autres erreurs ne figurent')} pas ici."
    ),
    "mirror_limit": _mirror_limit,
    "missing_column": _missing_column,
    "no_header": "La première ligne ne contient aucun nom de colonne connu. Demandez un fichier avec l’en-tête du modèle.",
    "rows_rejected": lambda d: (
        f"{count(d['rejected'], 'ligne', 'lignes')} sur {count(d['read'], '', '').strip()} de {d['file']} "
        f"{'n’a pas pu être importée' if whole(d['rejected']) < 2 else 'n’ont pas pu être importées'}."
    ),
    "too_large": _too_large,
    "too_many_errors": _too_many_errors,
    "undecodable": _undecodable,
    "wrong_language": _wrong_language,
    # ---- reading: warnings
    "ambiguous_dates": lambda d: (
        f"Chaque date de la colonne {listed(d.get('column'))} pourrait aussi se lire en inversant le jour et le mois."
    ),
    "empty_column": lambda d: f"La colonne {listed(d.get('column'))} est vide sur toutes les lignes.",
    "header_changed": _header_changed,
    "late_file": "Un fichier plus récent a été importé avant celui-ci\u00a0: ses contacts n’ont pas été modifiés.",
    "legacy_encoding": "Le fichier n’est pas en UTF-8\u00a0; il a été lu en {encoding}. Demandez de l’UTF-8, pour qu’aucune lettre ne se perde.",
    "nobody_removed": _nobody_removed,
    "unknown_column": _unknown_column,
    # ---- reading: rows
    "boolean_invalid": _boolean_invalid,
    "choice_unknown": _choice_unknown,
    "country_unknown": "pays inconnu",
    "date_invalid": _date_invalid,
    "email_invalid": "adresse email invalide",
    "email_missing": "adresse email manquante",
    "gender_unknown": _word_unknown("sexe inconnu"),
    "identity_missing": lambda d: (
        "vide, alors qu’elle distingue les contacts"
        if "field" in d
        else "ni adresse email ni numéro de téléphone"
    ),
    "language_missing": "langue manquante",
    "language_unknown": "langue inconnue",
    "number_invalid": _number_invalid,
    "phone_invalid": "numéro de téléphone invalide",
    "phone_missing": "numéro de téléphone manquant",
    "quote_unclosed": "un guillemet ouvert ici n’est jamais fermé",
    "row_too_long": _row_too_long,
    "text_too_long": lambda d: f"plus de {count(d.get('most'), 'caractère', 'caractères')}",
    "title_unknown": _word_unknown("civilité inconnue"),
    # ---- names: near misses
    "case": "les majuscules et minuscules diffèrent du préfixe `{prefix}`",
    "extension": "son extension n’est pas de celles qui sont lues\u00a0: .csv, .txt ou .tsv, seule ou avec .gz, ou .zip",
    "hidden": "le nom commence par un point",
    "other_prefix": "`{prefix}` est suivi d’autre chose qu’une date ou un numéro",
    "partial": "le nom d’un fichier en cours d’écriture",
    "stamp": _stamp,
    # ---- names: waits
    "growing": lambda d: _unsized(d) or "le fichier grandit encore",
    "new": lambda d: _unsized(d) or "vu pour la première fois\u00a0; sera pris quand il ne changera plus",
    "no_marker": "son fichier témoin n’est pas encore là",
    # ---- store
    "already_running": "Un autre démon travaille déjà sur la base de données {database}. Un seul le peut\u00a0: arrêtez l’autre ou laissez-le travailler.",
    "database_away": "La base de données {database} est injoignable ({problem}). Rien n’a été modifié\u00a0; vérifiez que son serveur fonctionne.",
    "database_broken": "La base de données {database} est endommagée ou n’en est pas une ({problem}). Restaurez une sauvegarde.",
    "database_failed": "La base de données {database} a échoué ({problem}). Rien n’a été modifié\u00a0; le journal en dit plus.",
    "database_full": "Il n’y a plus de place pour la base de données {database}. Rien n’a été modifié\u00a0; libérez de la place sur son disque.",
    "database_locked": "La base de données {database} est restée occupée trop longtemps. Rien n’a été modifié\u00a0; réessayez quand l’autre travail sera fini.",
    "database_newer": "La base de données {database} a été créée par une version plus récente de Tournée. Installez cette version ou une plus récente.",
    "database_outdated": "Les tables de la base de données {database} sont absentes ou plus anciennes que cette version de Tournée. Lancez `tournee db upgrade`.",
    "database_refused": "La base de données {database} a refusé la connexion ou le travail ({problem}). Vérifiez l’utilisateur, le mot de passe, le nom et les droits.",
    "database_unwritable": "La base de données {database} ne peut être ouverte ou modifiée ({problem}). Vérifiez son dossier, ses droits et son disque.",
    # ---- mail
    "deployment_gone": "Le déploiement {deployment} n’est plus configuré. Ses messages attendent qu’il soit rétabli.",
    "mail_address_not_ascii": "L’adresse contient avant le @ des lettres que le serveur de messagerie {host} n’accepte pas. Rien n’a été envoyé.",
    "mail_address_refused": "Le serveur de messagerie a refusé définitivement l’adresse\u00a0: {answer}",
    "mail_address_unusable": "Il est impossible d’écrire à cette adresse. Corrigez-la à la source.",
    "mail_ca_unreadable": "Les certificats de `mail.ca_file` sont illisibles ({error}). Les messages attendent.",
    "mail_content_refused": "Le serveur de messagerie a refusé définitivement le message\u00a0: {answer}",
    "mail_everybody_refused": (
        "Le serveur de messagerie refuse les destinataires l’un après l’autre\u00a0: {answer}. Les messages attendent."
    ),
    "mail_later": "Le serveur de messagerie demande de revenir plus tard\u00a0: {answer}",
    "mail_link_lost": _link_lost,
    "mail_login_refused": "Le serveur de messagerie {host} a refusé la connexion\u00a0: {answer}. Vérifiez `username` et `password` sous `mail:`. Les messages attendent.",
    "mail_login_unknown": "Le serveur de messagerie {host} ne propose aucun moyen connu de s’identifier. Retirez `username` de `mail:` ou choisissez un autre port. Les messages attendent.",
    "mail_not_configured": "La configuration ne contient pas `mail:`. Les messages attendent.",
    "mail_not_encrypted": "Le serveur de messagerie {host} ne propose pas de chiffrement, alors que `mail.url` l’exige. Les messages attendent.",
    "mail_not_ready": "Le serveur de messagerie {host}:{port} n’est pas prêt\u00a0: {answer}. Les messages attendent.",
    "mail_sender_refused": "Le serveur de messagerie a refusé l’expéditeur\u00a0: {answer}. Vérifiez `from:`. Les messages attendent\u00a0; de nouveaux essais suivront.",
    "mail_sender_unusable": "L’expéditeur indiqué par `from:` n’est pas une adresse. Corrigez-le. Les messages attendent\u00a0; de nouveaux essais suivront.",
    "mail_silent": "Le serveur de messagerie {host} ne répond plus. Les messages attendent\u00a0; de nouveaux essais suivront.",
    "attempt_interrupted": "Le programme s’est arrêté pendant la remise du message.",
    "mail_uncertain": "La connexion au serveur de messagerie {host} a été coupée avant qu’il dise s’il prenait le message. Celui-ci n’est pas renvoyé.",
    "mail_unreachable": "Le serveur de messagerie {host}:{port} est injoignable ({error}). Vérifiez `mail.url` et que le serveur fonctionne. Les messages attendent.",
    "mail_untrusted": "Le certificat du serveur de messagerie {host} n’est pas de confiance ({error}). Indiquez son autorité par `mail.ca_file`. Les messages attendent.",
    "template_failed": "La ligne {line} du modèle {template} ne peut pas être remplie pour ce contact\u00a0: un nom n’y existe pas ou une valeur ne convient pas. Corrigez le modèle.",
    "template_syntax": "Le modèle {template} contient une erreur à la ligne {line}\u00a0: {problem}. Ses messages attendent la correction.",
    "template_unreadable": "Le modèle {template} est illisible ({error}). Ses messages attendent.",
    # ---- actions
    "ambiguous_contact": lambda d: (
        f"Plusieurs contacts ont cette adresse ou ce téléphone\u00a0: {', '.join(texts(d['ids']))}. Désignez-en un par son numéro."
    ),
    "assignment_expected": "`{word}` n’est pas de la forme CHAMP=VALEUR.",
    "contact_exists": "Ce contact existe déjà\u00a0; `tournee contact set` le modifie.",
    "demo_extra_missing": "La démonstration a besoin de serveurs qui ne sont pas installés ({module})\u00a0: pip install 'tournee[demo]'.",
    "disk_full": "Il n’y a plus de place sur le disque pour {file}. Rien n’en a été importé\u00a0; libérez de l’espace.",
    "file_not_found": "Il n’y a pas de fichier {file}.",
    "file_unreadable": "{file} ne peut pas être lu ou écrit\u00a0: {problem}.",
    "list_busy": "Un autre processus relève {list}\u00a0; la liste lui a été laissée.",
    "list_without_feed": "La liste {list} n’a pas de source (feed)\u00a0: la langue de ses fichiers n’est pas connue.",
    "no_room": lambda d: (
        f"{d['file']} fait {size(d['size'])} et il ne reste que {size(d['free'])} sur le disque de `spool`. Il n’a pas été téléchargé\u00a0; libérez de l’espace."
    ),
    "retry_busy": "{list} est en cours de relève. Recommencez quand elle sera finie.",
    "retry_by_hand": "L’import {id} a été fait à la main\u00a0: son fichier ne peut être repris nulle part. `tournee import {list} FICHIER` l’importe à nouveau.",
    "retry_file_changed": "{repository}\u00a0: {path} n’est plus le fichier de l’import {id}\u00a0; son contenu a changé. Le prochain passage prendra ce qui s’y trouve\u00a0; une copie de l’ancien s’importe par `tournee import {list} FICHIER`.",
    "retry_file_gone": "{repository}\u00a0: le fichier de l’import {id} n’est plus à {path}, ni là où les fichiers sont rangés. Demandez-le à nouveau, ou prenez une copie\u00a0: `tournee import {list} FICHIER`.",
    "retry_not_configured": "La liste {list} avec son flux, ou le dépôt {repository}, d’où venait l’import {id}, n’est plus configuré.",
    "unknown_contact": "Il n’y a pas de tel contact.",
    "unknown_field": lambda d: f"Il n’y a pas de champ {d['name']}{_nearest(d)}",
    "unknown_import": "Il n’y a pas d’import {id}.",
    "unknown_deployment": lambda d: f"Il n’y a pas de déploiement {d['name']}{_nearest(d)}",
    "unknown_list": lambda d: f"Il n’y a pas de liste {d['name']}{_nearest(d)}",
    "unknown_repository": lambda d: f"Il n’y a pas de dépôt {d['name']}{_nearest(d)}",
    "value_refused": _value_refused,
    # ---- commands
    "bug": "C’est une erreur de Tournée ({type}, {place})\u00a0; la ligne du journal dit où dans le code. Merci de la signaler.",
    "cannot_print": "La réponse n’a pas pu être affichée\u00a0: {error}.",
    "count_blocked": lambda d: count(d["count"], "bloquée par une règle", "bloquées par une règle"),
    "count_created": lambda d: count(d["count"], "nouvelle", "nouvelles"),
    "count_duplicate": lambda d: count(d["count"], "en double", "en double"),
    "count_failed": lambda d: count(d["count"], "en échec", "en échec"),
    "count_later": lambda d: count(d["count"], "à retenter plus tard", "à retenter plus tard"),
    "count_rejected": lambda d: count(d["count"], "rejetée", "rejetées"),
    "count_sent": lambda d: count(d["count"], "envoyée", "envoyées"),
    "count_uncertain": lambda d: count(d["count"], "incertaine", "incertaines"),
    "count_unchanged": lambda d: count(d["count"], "inchangée", "inchangées"),
    "count_updated": lambda d: count(d["count"], "modifiée", "modifiées"),
    "kind_authentication": "connexion refusée",
    "kind_import_errors": "lignes rejetées",
    "kind_import_rejected": "fichier rejeté",
    "kind_internal": "erreur interne",
    "kind_not_found": "introuvable",
    "kind_protocol": "incompris",
    "kind_refused": "refusé",
    "kind_timeout": "sans réponse à temps",
    "kind_truncated": "interrompu",
    "kind_unreachable": "injoignable",
    "kind_untrusted": "sans confiance",
    "note_again": lambda d: (
        f"{count(d['count'], 'fichier a déjà été importé', 'fichiers ont déjà été importés')} depuis un autre dépôt ou une autre URL\u00a0: `backlog: skip` évite de les reprendre."
    ),
    "note_all_well": "Tout va bien.",
    "note_blocked": lambda d: f"{count(d['count'], 'non sollicité', 'non sollicités')}\u00a0: {d['rule']}",
    "note_certificate": "{host}:{port} présente ce certificat\u00a0:",
    "note_about": "{subject} : {told}",
    "note_compare": "Demandez à qui gère le serveur, par un autre moyen que cette connexion, de vous lire l’empreinte\u00a0; si elle est la même, mettez ceci dans la configuration\u00a0:",
    "note_configured": lambda d: (
        f"La configuration est correcte\u00a0: {count(d['lists'], 'liste', 'listes')}, {count(d['repositories'], 'dépôt', 'dépôts')}, {count(d['deployments'], 'déploiement', 'déploiements')}."
    ),
    "note_dry_run": "C’était un essai\u00a0: rien n’a été écrit.",
    "note_host_key": "{host}:{port} présente ces clés d’hôte\u00a0:",
    "note_import": "import {id}",
    "note_known": "déjà importé, import {id}",
    "note_no_decisions": "Aucune décision\u00a0: ce contact n’est venu d’aucun import qui déploie.",
    "note_no_deployments": "Aucun déploiement n’est configuré.",
    "note_no_errors": "Aucune ligne erronée.",
    "note_no_imports": "Aucun import pour l’instant.",
    "note_not_taken": "Non pris\u00a0:",
    "note_nothing_there": "Aucun fichier pour cette liste.",
    "note_older": "Imports plus anciens\u00a0: `tournee imports --limit {limit}`",
    "note_opted_in": "Le contact {id} accepte à nouveau les messages ({channel}).",
    "note_opted_out": "Le contact {id} ne reçoit plus de messages ({channel}).",
    "note_planned": lambda d: (
        f"{count(d['count'], 'sollicitation prévue', 'sollicitations prévues')}, dont {d['unsent']} à envoyer"
    ),
    "note_removed": lambda d: count(d["count"], "contact retiré de la liste", "contacts retirés de la liste"),
    "note_retry": "Une fois la configuration corrigée\u00a0: `tournee retry {id}`",
    "note_rows": lambda d: count(d["count"], "ligne", "lignes"),
    "note_see_errors": "`tournee errors {id}` montre les lignes rejetées.",
    "note_since": "depuis le {at}",
    "note_size": lambda d: size(d["size"]),
    "note_upgraded": "Les tables de la base de données sont à jour.",
    "note_warning": "{place}",
    "note_would_take": lambda d: (
        f"{d['list']}\u00a0: {count(d['count'], 'fichier', 'fichiers')} d’après le nom"
    ),
    "outcome_busy": "occupé",
    "outcome_failed": "en échec",
    "outcome_imported": "importé",
    "outcome_imported_with_errors": "partiel",
    "outcome_known": "connu",
    "outcome_rejected": "rejeté",
    "outcome_skipped": "ignoré",
    "outcome_waiting": "en attente",
    "stopped": "Arrêté avant la fin\u00a0; rien de l’étape inachevée n’a été écrit.",
    "word_alerts": "Alertes",
    "word_as_stored": "Tel qu’il serait enregistré",
    "word_blocked": "Bloqué",
    "word_by_hand": "à la main",
    "word_code": "Code",
    "word_column": "Colonne",
    "word_contacts": "Contacts",
    "word_created": "créé",
    "word_deployment": "Déploiement",
    "word_failed": "Échec",
    "word_field": "Champ",
    "word_file": "Fichier",
    "word_held": "Retenu",
    "word_id": "N°",
    "word_ignored": "ignorée",
    "word_import": "Import",
    "word_invitations": "Invitations",
    "word_last_import": "Dernier import",
    "word_last_poll": "Dernier passage",
    "word_line": "Ligne",
    "word_list": "Liste",
    "word_lists": "listes",
    "word_message": "Message",
    "word_modified": "Modifié",
    "word_never": "jamais",
    "word_next_poll": "Prochain passage",
    "word_ok": "ok",
    "word_opt_out": "désinscrit",
    "word_outcome": "Résultat",
    "word_planned": "Prévu",
    "word_repository": "Dépôt",
    "word_rows": "Lignes",
    "word_sent": "Envoyé",
    "word_sha256": "SHA-256",
    "word_size": "Taille",
    "word_taken": "pris",
    "word_uncertain": "Incertain",
    "word_updated": "modifié",
    "word_waiting": "Attente",
    "word_when": "Quand",
    "word_why": "Pourquoi",
    "word_wrong": "Rej.",
}
