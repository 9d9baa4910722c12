"""English about the gateways of text messages and the receivers of webhooks."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.grammar import Words

WORDS: Words = {
    "http_ca_unreadable": "The certificates of `ca_file` for {host} cannot be read ({error}). Messages wait until they can.",
    "http_later": "{host} asks to come back later: {answer}",
    "http_link_lost": "{host} ended the connection without an answer. Messages wait and are tried again.",
    "http_not_allowed": "{host} does not let us in: {answer}. Check the account, its credit and the headers of the gateway. Messages wait until it does.",
    "http_not_there": "{host} takes no messages at this address: {answer}. Check `url` and `method`. Messages wait until it does.",
    "http_redirected": "{host} sends us elsewhere: {answer}. Redirects are not followed; write the new address as `url`. Messages wait until then.",
    "http_refused": "{host} refused the message for good: {answer}",
    "http_silent": "{host} stopped answering. Messages wait and are tried again.",
    "http_uncertain": "The connection to {host} broke before it said whether it took the message. It is not sent again.",
    "http_unreachable": "{host} cannot be reached ({error}). Check `url` and that the server runs. Messages wait until it does.",
    "http_untrusted": "The certificate of {host} is not trusted ({error}). Give its authority as `ca_file`. Messages wait until it is trusted.",
    "http_unusable": "The request has an address or a header that cannot be sent. Check `url` and `headers`.",
}
