"""French about the gateways of text messages and the receivers of webhooks."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.grammar import Words

WORDS: Words = {
    "http_ca_unreadable": "Les certificats de `ca_file` pour {host} sont illisibles ({error}). Les messages attendent.",
    "http_later": "{host} demande de revenir plus tard\u00a0: {answer}",
    "http_link_lost": "{host} a coupé la connexion sans répondre. Les messages attendent\u00a0; de nouveaux essais suivront.",
    "http_not_allowed": "{host} refuse l’accès\u00a0: {answer}. Vérifiez le compte, son crédit et les en-têtes de la passerelle. Les messages attendent.",
    "http_not_there": "{host} ne prend pas de messages à cette adresse\u00a0: {answer}. Vérifiez `url` et `method`. Les messages attendent.",
    "http_redirected": "{host} renvoie ailleurs\u00a0: {answer}. Les redirections ne sont pas suivies\u00a0; indiquez la nouvelle adresse par `url`. Les messages attendent.",
    "http_refused": "{host} a refusé définitivement le message\u00a0: {answer}",
    "http_silent": "{host} ne répond plus. Les messages attendent\u00a0; de nouveaux essais suivront.",
    "http_uncertain": "La connexion à {host} a été coupée avant qu’il dise s’il prenait le message. Celui-ci n’est pas renvoyé.",
    "http_unreachable": "{host} est injoignable ({error}). Vérifiez `url` et que le serveur fonctionne. Les messages attendent.",
    "http_untrusted": "Le certificat de {host} n’est pas de confiance ({error}). Indiquez son autorité par `ca_file`. Les messages attendent.",
    "http_unusable": "La requête contient une adresse ou un en-tête impossible à envoyer. Vérifiez `url` et `headers`.",
}
