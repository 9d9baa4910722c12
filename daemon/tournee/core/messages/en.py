"""English. Codes stand in the section of the room that raises them, in alphabetical order."""

# ruff: noqa: E501 -- a sentence stays on its line

from collections.abc import Callable

from tournee.core.messages.grammar import Details, Words, minute, percent, scale, texts, whole

LANGUAGE_NAMES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese",
}  # fmt: skip


def count(number: object, one: str, many: str) -> str:
    """`1 row`, `1,204 rows`."""
    amount = whole(number)
    return f"{amount:,} {one if amount == 1 else many}"


def listed(values: object) -> str:
    """`“Email”, “Phone”`."""
    return ", ".join(f"“{text}”" for text in texts(values) or "?")


def tongue(tag: object) -> str:
    """`French` for `fr` or `fr-CA`; the tag itself where it is not known."""
    return LANGUAGE_NAMES.get(str(tag).partition("-")[0], str(tag))


def size(value: object) -> str:
    """`512 bytes`, `2.0 GiB`."""
    scaled, unit = scale(whole(value), ("bytes", "KiB", "MiB", "GiB"))
    return count(value, "byte", "bytes") if unit == "bytes" else f"{scaled:.1f} {unit}"


def _bad_archive(details: Details) -> str:
    problems = {
        "encrypted": "The archive is protected by a password. Ask for it without one.",
        "members": "The archive must hold exactly one .csv, .txt or .tsv file. Ask for one file an archive.",
        "method": "The archive is packed in an unusual way. Ask for a plain zip or gzip.",
    }
    broken = "The archive is damaged or cut short. Ask for the file again."
    return problems.get(str(details.get("problem")), broken)


def _cut(details: Details) -> str:
    """Of a file that waits, a phrase as for other waits; of one that was rejected, a sentence."""
    if "until" in details:
        return f"its last line is cut; rejected if it is still so at {minute(details['until'])}"
    line = f" (line {details['line']})" if details.get("line") else ""
    return f"The file stops in the middle of its last line{line}. Ask for the whole file."


def _duplicate_column(details: Details) -> str:
    written = texts(details.get("written"))
    names = f" ({listed(written)})" if len(set(written)) > 1 else ""
    return (
        f"The column {listed(details.get('column'))} is in the header more than once{names}. "
        "Ask for a file where each column stands once."
    )


def _missing_column(details: Details) -> str:
    columns, either = texts(details.get("columns")), texts(details.get("either"))
    missing = [f"no {listed([column])} column" for column in columns]
    if either:
        missing.append("neither " + " nor ".join(listed([column]) for column in either))
    return f"The file has {' and '.join(missing)}. Ask for a file with the columns of the template."


def _mirror_limit(details: Details) -> str:
    file = f"retry {details['import']}" if details.get("import") else f"import {details.get('list')} FILE"
    return (
        f"Contacts of the list that are not in the file: {whole(details.get('removed')):,} of "
        f"{whole(details.get('contacts')):,}, more than `mirror_limit: {percent(details.get('limit'))}%` lets go at once. Nothing was "
        f"imported. If they are to go, say `tournee {file} --force`, or raise `mirror_limit`; if not, ask for the whole file."
    )


def _too_large(details: Details) -> str:
    most, line = whole(details.get("most")), details.get("line")
    limits = {
        "size": f"The file is larger than {size(most)} once unpacked.",
        "ratio": f"The archive unpacks to more than {most} times its size, which no contact file does.",
        "columns": f"The header has more than {most:,} columns.",
        "line": f"Line {line} is longer than {most:,} characters.",
    }
    return limits.get(str(details.get("limit")), "The file is too large.") + " Nothing was imported."


def _undecodable(details: Details) -> str:
    kinds = {
        "zip": "This is a zip archive or a workbook (.xlsx, .ods), whatever its name says.",
        "excel": "This is an Excel workbook, whatever its name says.",
        "gzip": "This is a gzip archive, but its name does not end in .gz.",
        "pdf": "This is a PDF, whatever its name says.",
    }
    what = (
        "a NUL byte" if details.get("nul") else f"bytes that are not {str(details.get('encoding')).upper()}"
    )
    place = f"The file is not text: {what} on line {details.get('line')}."
    return kinds.get(str(details.get("looks_like")), place) + " Ask for a CSV file in UTF-8."


def _nobody_removed(details: Details) -> str:
    why = {
        "late": "a newer file was imported before this one",
        "cut": "the last line is cut, so that others may be missing",
        "rejected": "not every rejected row says whose it is",
    }
    return f"Nobody was removed from the list: {why.get(str(details.get('why')), '?')}."


def _unknown_column(details: Details) -> str:
    name = details.get("column")
    column = f"The column {listed([name])}" if name else f"Column {details.get('position')}"
    nearest = details.get("nearest")
    hint = f" Was {listed([nearest])} meant?" if nearest else ""
    return f"{column} is not known and was ignored.{hint}"


def _columns(values: object) -> str:
    """`“Points”, column 5`: by their names, or by their places where those are not shown."""
    columns = values if isinstance(values, list) else []
    return ", ".join(listed([one]) if isinstance(one, str) else f"column {one}" for one in columns)


def _header_changed(details: Details) -> str:
    new, gone = _columns(details.get("new")), _columns(details.get("gone"))
    if not (new or gone):
        return "The columns stand in another order than in the last file."
    parts = [f"new is {new}"] * bool(new) + [f"gone is {gone}"] * bool(gone)
    return f"The header is not the one of the last file: {'; '.join(parts)}."


def _date_invalid(details: Details) -> str:
    why = {
        "impossible": "a date that does not exist",
        "skipped": f"a time that does not exist: the clocks of {details.get('timezone')} skip it",
        "serial": "a number of Excel, not a date: give the column the format “date” before saving as CSV",
    }
    parts = {"d": "day", "m": "month", "y": "year"}
    order = "/".join(parts[part] for part in str(details.get("order") or "") if part in parts)
    return why.get(str(details.get("problem")), f"not a date (write {order or 'it'}, or year-month-day)")


def _number_invalid(details: Details) -> str:
    marks = {",": "a comma", ".": "a point"}
    mark, group = marks.get(str(details.get("mark"))), marks.get(str(details.get("group")))
    if details.get("problem") == "mark" and mark:
        return f"the decimal mark must be {mark}"
    if details.get("problem") == "group":
        return f"thousands are set apart by {f'{group} or ' if group else ''}a space, in groups of three, or not at all"
    return "not a number"


def _word_unknown(what: str) -> Callable[[Details], str]:
    def words(details: Details) -> str:
        known = listed(details["words"]) if "words" in details else ""
        return f"not a known {what}" + (f" (known are {known} …)" if known else "")

    return words


def _choice_unknown(details: Details) -> str:
    return f"not one of {listed(details['words'])}" if details.get("words") else "not one of the choices"


def _boolean_invalid(details: Details) -> str:
    words = [word for word in (details.get("yes"), details.get("no")) if word]
    return f"neither {' nor '.join(listed([word]) for word in words)}" if words else "not a yes or a no"


def _row_too_long(details: Details) -> str:
    cells, columns = details.get("cells"), details.get("columns")
    known = f" ({cells} for {columns})" if cells and columns else ""
    return f"more cells than the header has columns{known}"


def _wrong_language(details: Details) -> str:
    article = "an" if tongue(details["looks_like"])[0] in "AEIOU" else "a"
    return (
        f"This looks like {article} {tongue(details['looks_like'])} file; the feed says "
        f"`language: {details['language']}`. Ask for a file in {tongue(details['language'])}, or change the feed."
    )


def _too_many_errors(details: Details) -> str:
    rejected, read = whole(details["rejected"]), whole(details["read"])
    return (
        f"{rejected:,} of {count(read, 'row', 'rows')} {'is' if rejected == 1 else 'are'} wrong, more than the feed accepts: "
        "this is probably another file. Nothing was imported."
    )


def _stamp(details: Details) -> str:
    known = "a date or a number (such as `_20261123`) between the prefix and the extension"
    if details.get("rule") == "required":
        return f"the feed takes only names with {known}"
    if details.get("rule") == "forbidden":
        return f"the feed takes only names without {known}"
    return "what stands between the prefix and the extension is not a date or a number (such as `_20261123`)"


def _unsized(details: Details) -> str | None:
    if details.get("size", 0) is not None:
        return None
    return "the server does not tell its size, so that nobody knows when it is complete"


def _link_lost(details: Details) -> str:
    answer = f": {details['answer']}" if "answer" in details else ""
    return (
        f"The mail server {details['host']} ended the connection{answer}. Messages wait and are tried again."
    )


def _nearest(details: Details) -> str:
    return f"; did you mean {details['nearest']}?" if details.get("nearest") else "."


def _value_refused(details: Details) -> str:
    words = WORDS.get(str(details["why"]), "{why}")
    return f"{details['field']}: {words(details) if callable(words) else words.format_map(details)}"


def _certificate_untrusted(details: Details) -> str:
    problem = {
        "expired": "it has expired",
        "not_yet_valid": "it is not valid yet",
        "self_signed": "nobody vouches for it but itself",
        "unknown_issuer": "nobody known vouches for it",
        "wrong_name": "it is for another host",
    }.get(str(details["problem"]), "it is not valid")
    shown = f" Its SHA-256 is {details['fingerprint']}." if details.get("fingerprint") else ""
    return (
        f"{details['repository']}: the certificate of {details['host']}:{details['port']} is not trusted: {problem}.{shown} "
        "The login was not sent. If the server’s operator confirms that certificate, pin it as "
        f"`tournee trust {details['repository']}` shows it, or name the authority’s in `ca_file`."
    )


def _key_unreadable(details: Details) -> str:
    problem = {
        "kind": "is of a kind that is not supported. Use an Ed25519, ECDSA or RSA key.",
        "passphrase_missing": "has a passphrase. Give it as `passphrase` or `passphrase_file`.",
        "passphrase_wrong": "cannot be opened with the passphrase given.",
        "putty": "is in PuTTY’s format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY",
    }.get(str(details["problem"]), "cannot be read: it is damaged, or no private key.")
    return f"{details['repository']}: the private key {problem}"


def _login_refused(details: Details) -> str:
    said, methods = details.get("answer"), ", ".join(texts(details.get("methods")))
    accepts = f"; it accepts {methods}" if methods else ""
    why = f" (“{said}”)" if said else accepts
    return (
        f"{details['repository']}: {details['host']}:{details['port']} refused the login{why}. "
        "Check the user, the password or the key."
    )


def _no_common_algorithm(details: Details) -> str:
    offered = ", ".join(texts(details.get("offered"))) or "?"
    return (
        f"{details['repository']}: {details['host']}:{details['port']} offers only {offered} ({details['what']}), which is "
        "no longer considered safe and not spoken here. Its operator should enable newer algorithms (rsa-sha2-512, "
        "curve25519-sha256). Until then an older paramiko still speaks SHA-1: pip install 'paramiko<5'"
    )


def _permission_denied(details: Details) -> str:
    what = f"{details['file']} in " if details.get("file") else ""
    if "written" in details:
        return (
            f"{details['repository']}: the account may not write {details['written']} into {details['directory']}. "
            "Ask the server’s operator for the right to, or leave out `report: true`."
        )
    return (
        f"{details['repository']}: the account may not do that with {what}{details['directory']}. "
        "Ask the server’s operator for the right to."
    )


def _target_exists(details: Details) -> str:
    if "written" in details:
        return f"{details['repository']}: there is a {details['written']} already; it was not written over."
    return (
        f"{details['repository']}: there is a {details['target']} already; "
        f"{details['file']} was not moved over it."
    )


WORDS: Words = {
    # ---- config
    "configuration_wrong": lambda d: f"The configuration has {count(d['count'], 'mistake', 'mistakes')}.",
    # ---- remote
    "answer_not_understood": "{repository}: {host}:{port} answered something that is not understood (“{answer}”). Check that the URL names the right protocol and port.",
    "ca_file_unusable": "{repository}: no certificate can be read from {path}. Check `ca_file`.",
    "certificate_changed": "{repository}: {host}:{port} shows a certificate that is not the pinned one; its SHA-256 is {fingerprint}. The login was not sent. Ask the server’s operator; if the certificate was renewed, pin the new one as `tournee trust {repository}` shows it.",
    "certificate_untrusted": _certificate_untrusted,
    "command_refused": "{repository}: the server refused what was asked (“{answer}”). Ask its operator what the account may do.",
    "connection_lost": "{repository}: {host}:{port} closed the connection.",
    "data_connection_failed": "{repository}: no data connection with {host}:{port} came about (“{answer}”). Is a firewall in between? `passive: false` lets the server connect to us.",
    "directory_not_found": "{repository}: the directory {directory} is not there. Check the URL and `path`, or ask whether it was renamed.",
    "encryption_required": "{repository}: {host}:{port} lets nobody in without encryption (“{answer}”). Write `ftps://` in the URL.",
    "file_missing": "{repository}: {file} is no longer in {directory}.",
    "file_truncated": "{repository}: {file} should have {expected} bytes and {received} came: it changes, or was cut on the way. It is left for the next poll.",
    "host_key_changed": "{repository}: {host}:{port} shows a host key that is not the trusted one: {fingerprint}. The login was not sent, for another machine may pretend to be the server. Ask its operator; if the key was renewed, pin the new one as `tournee trust {repository}` shows it.",
    "host_key_unknown": "{repository}: the host key of {host}:{port} is not trusted yet: {fingerprint}. The login was not sent. If the server’s operator confirms that key, pin it as `tournee trust {repository}` shows it.",
    "host_key_unproven": "{repository}: {host}:{port} shows a host key and cannot prove that it has it. The login was not sent, for another machine may pretend to be the server. Ask its operator.",
    "host_unknown": "{repository}: no address is known for {host}. Check the URL and the name servers of this machine.",
    "key_unreadable": _key_unreadable,
    "known_hosts_unreadable": "{repository}: {path} cannot be read ({error}). Check `known_hosts`.",
    "listing_truncated": "{repository}: the server listed only a part of {directory} (“{answer}”). Nothing was taken. Ask its operator to raise the limit, or to move old files elsewhere.",
    "local_refused": "{repository}: the directory {directory} cannot be used ({error}).",
    "local_trouble": "{repository}: this machine cannot open a connection ({error}).",
    "login_refused": _login_refused,
    "name_unaddressable": "{repository}: there is no way to ask for the name {file} in {directory}. Check `encoding`.",
    "no_common_algorithm": _no_common_algorithm,
    "nothing_to_pin": "{repository} is reached by {protocol}, which shows neither a host key nor a certificate: there is nothing to pin.",
    "permission_denied": _permission_denied,
    "remote_aborted": "{repository}: the conversation was ended from our side.",
    "remote_authentication": "The login was refused. Check the user, the password or the key.",
    "remote_internal": "Tournée itself failed. The log says more.",
    "remote_not_found": "The directory or file is not there.",
    "remote_protocol": "The server answered something that is not understood.",
    "remote_refused": "The server refused.",
    "remote_timeout": "{repository}: {host}:{port} did not answer within {timeout}.",
    "remote_truncated": "The server cut the transfer short.",
    "remote_unreachable": "{repository}: {host}:{port} cannot be reached ({error}). Check host and port, and whether a firewall is in between.",
    "remote_untrusted": "The server is not the one that is trusted.",
    "server_broken": "{repository}: {host}:{port} has trouble of its own (“{answer}”). Its operator has to repair it.",
    "server_busy": "{repository}: {host}:{port} takes no connection now (“{answer}”). It may have too many; it is tried again later.",
    "server_full": "{repository}: there is no room left on the server (“{answer}”). Tell its operator.",
    "sftp_not_offered": "{repository}: {host}:{port} let the account in and offers it no SFTP. Ask its operator.",
    "ssh_greeting_missing": "{repository}: {host}:{port} closed the connection before it said anything. It may have too many connections, or not speak SSH at all.",
    "ssh_not_spoken": "{repository}: what answers at {host}:{port} is no SSH server. Check the port.",
    "target_exists": _target_exists,
    "tls_channel_broken": "{repository}: {host}:{port} broke the encrypted connection. vsftpd does so when it has something to complain about (`500 OOPS`), mostly a home directory that is missing or writable: its operator finds it in the server’s log.",
    "tls_failed": "{repository}: no encrypted connection with {host}:{port} came about ({error}).",
    "tls_no_common_version": "{repository}: {host}:{port} speaks no version of TLS that is safe ({error}). Its operator should enable TLS 1.2 or later.",
    "tls_not_offered": "{repository}: {host}:{port} offers no TLS in this way. Check the URL: `ftps://` (mostly port 21) begins in clear, `ftps+implicit://` (mostly port 990) does not.",
    "tls_session_reuse_required": "{repository}: {host}:{port} wants its data connections to resume the TLS session and did not recognise it (“{answer}”). Tell its operator, and us.",
    "transfer_cut": "{repository}: the server broke off a transfer (“{answer}”). It is tried again at the next poll.",
    "transfer_too_slow": "{repository}: less than 1 KiB a second came from {host}:{port} over a minute, and the transfer was ended. It is tried again at the next poll.",
    "upload_cut": "{repository}: {received} of the {expected} bytes of {written} arrived in {directory}. It is tried again at the next poll.",
    # ---- reading: files
    "bad_archive": _bad_archive,
    "cut": _cut,
    "duplicate_column": _duplicate_column,
    "empty": "The file is empty: not even a header. Ask for it again.",
    "errors_left_out": lambda d: f"{count(d['count'], 'more error is', 'more errors are')} not listed here.",
    "mirror_limit": _mirror_limit,
    "missing_column": _missing_column,
    "no_header": "The first line holds no known column name. Ask for a file with the header of the template.",
    "rows_rejected": lambda d: (
        f"{whole(d['rejected']):,} of {count(d['read'], 'row', 'rows')} of {d['file']} could not be imported."
    ),
    "too_large": _too_large,
    "too_many_errors": _too_many_errors,
    "undecodable": _undecodable,
    "wrong_language": _wrong_language,
    # ---- reading: warnings
    "ambiguous_dates": lambda d: (
        f"Every date in the column {listed(d.get('column'))} could also be read with day and month exchanged."
    ),
    "empty_column": lambda d: f"The column {listed(d.get('column'))} is empty on every row.",
    "header_changed": _header_changed,
    "late_file": "A newer file was imported before this one: contacts that it brought were left alone.",
    "legacy_encoding": "The file is not in UTF-8; it was read as {encoding}. Ask for UTF-8, so that no letter is lost.",
    "nobody_removed": _nobody_removed,
    "unknown_column": _unknown_column,
    # ---- reading: rows
    "boolean_invalid": _boolean_invalid,
    "choice_unknown": _choice_unknown,
    "country_unknown": "not a known country",
    "date_invalid": _date_invalid,
    "email_invalid": "not an email address",
    "email_missing": "the email address is missing",
    "gender_unknown": _word_unknown("gender"),
    "identity_missing": lambda d: (
        "empty, but it tells contacts apart"
        if "field" in d
        else "neither an email address nor a phone number"
    ),
    "language_missing": "the language is missing",
    "language_unknown": "not a known language",
    "number_invalid": _number_invalid,
    "phone_invalid": "not a valid phone number",
    "phone_missing": "the phone number is missing",
    "quote_unclosed": "a quotation mark that opens here is never closed",
    "row_too_long": _row_too_long,
    "text_too_long": lambda d: f"longer than {whole(d.get('most')):,} characters",
    "title_unknown": _word_unknown("title"),
    # ---- names: near misses
    "case": "capital and small letters differ from the prefix `{prefix}`",
    "extension": "its extension is not one that is read: .csv, .txt or .tsv, alone or with .gz, or .zip",
    "hidden": "the name starts with a dot",
    "other_prefix": "`{prefix}` is followed by something other than a date or a number",
    "partial": "the name of a file that is still being written",
    "stamp": _stamp,
    # ---- names: waits
    "growing": lambda d: _unsized(d) or "still growing",
    "new": lambda d: _unsized(d) or "seen for the first time; taken once it has stopped changing",
    "no_marker": "its marker file is not there yet",
    # ---- store
    "already_running": "Another daemon is already working on the database {database}. Only one may: stop the other, or let this one be.",
    "database_away": "The database {database} cannot be reached ({problem}). Nothing was changed; check that its server is running.",
    "database_broken": "The database {database} is damaged or is not a database ({problem}). Restore a backup.",
    "database_failed": "The database {database} failed ({problem}). Nothing was changed; the log says more.",
    "database_full": "There is no room left for the database {database}. Nothing was changed; make room on its disk.",
    "database_locked": "The database {database} was busy for too long. Nothing was changed; try again when the other work is done.",
    "database_newer": "The database {database} was made by a newer Tournée. Install that version or a later one.",
    "database_outdated": "The tables of the database {database} are missing or older than this Tournée. Run `tournee db upgrade`.",
    "database_refused": "The database {database} refused the connection or the work ({problem}). Check the user, the password, the name and the rights.",
    "database_unwritable": "The database {database} cannot be opened or written ({problem}). Check its directory, its permissions and its disk.",
    # ---- mail
    "deployment_gone": "The deployment {deployment} is no longer configured. Its messages wait until it is put back.",
    "mail_address_not_ascii": "The address has letters that the mail server {host} does not take before the @. Nothing was sent.",
    "mail_address_refused": "The mail server refused the address for good: {answer}",
    "mail_address_unusable": "The address cannot be written to. Correct it where it comes from.",
    "mail_ca_unreadable": "The certificates of `mail.ca_file` cannot be read ({error}). Messages wait until they can.",
    "mail_content_refused": "The mail server refused the message for good: {answer}",
    "mail_everybody_refused": (
        "The mail server refuses one recipient after the other: {answer}. Nobody is written to until it accepts one."
    ),
    "mail_later": "The mail server asks to come back later: {answer}",
    "mail_link_lost": _link_lost,
    "mail_login_refused": "The mail server {host} refused the login: {answer}. Check `username` and `password` under `mail:`. Messages wait until it works.",
    "mail_login_unknown": "The mail server {host} offers no way to log in that is known here. Leave `username` out of `mail:`, or use a port that offers a login. Messages wait until it works.",
    "mail_not_configured": "There is no `mail:` in the configuration. Messages wait until there is.",
    "mail_not_encrypted": "The mail server {host} offers no encryption, and `mail.url` demands it. Messages wait until it does.",
    "mail_not_ready": "The mail server {host}:{port} does not want to talk now: {answer}. Messages wait until it does.",
    "mail_sender_refused": "The mail server refused the sender: {answer}. Check `from:`. Messages wait and are tried again.",
    "mail_sender_unusable": "The sender written `from:` is not an address. Correct it. Messages wait and are tried again.",
    "mail_silent": "The mail server {host} stopped answering. Messages wait and are tried again.",
    "attempt_interrupted": "The program ended while it handed the message over.",
    "mail_uncertain": "The connection to the mail server {host} broke before it said whether it took the message. It is not sent again.",
    "mail_unreachable": "The mail server {host}:{port} cannot be reached ({error}). Check `mail.url` and that the server runs. Messages wait until it does.",
    "mail_untrusted": "The certificate of the mail server {host} is not trusted ({error}). Give its authority as `mail.ca_file`. Messages wait until it is trusted.",
    "template_failed": "Line {line} of the template {template} cannot be filled in for this contact: a name in it does not exist, or a value does not fit. Correct the template.",
    "template_syntax": "The template {template} has a mistake in line {line}: {problem}. Its messages wait until it is corrected.",
    "template_unreadable": "The template {template} cannot be read ({error}). Its messages wait until it can.",
    # ---- actions
    "ambiguous_contact": lambda d: (
        f"Several contacts have that address or phone: {', '.join(texts(d['ids']))}. Name one by its id."
    ),
    "assignment_expected": "`{word}` is not FIELD=VALUE.",
    "contact_exists": "There is such a contact already; `tournee contact set` changes it.",
    "demo_extra_missing": "The demo needs servers that are not installed ({module}): pip install 'tournee[demo]'.",
    "disk_full": "No room is left on the disk for {file}. Nothing was imported of it; free some space.",
    "file_not_found": "There is no file {file}.",
    "file_unreadable": "{file} cannot be read or written: {problem}.",
    "list_busy": "Another process is polling {list}; it was left to it.",
    "list_without_feed": "The list {list} has no feed, so the language of its files is not known.",
    "no_room": lambda d: (
        f"{d['file']} has {size(d['size'])}, and only {size(d['free'])} are free on the disk of `spool`. It was not fetched; free some space."
    ),
    "retry_busy": "{list} is being polled. Say it again when that is over.",
    "retry_by_hand": "Import {id} was made by hand, so that its file can be fetched from nowhere: `tournee import {list} FILE` imports it again.",
    "retry_file_changed": "{repository}: {path} is no longer the file of import {id}; its content has changed. The next poll takes what lies there; a copy of the old file goes in with `tournee import {list} FILE`.",
    "retry_file_gone": "{repository}: the file of import {id} is neither at {path} any more nor where files are put away. Ask for it again, or take a copy: `tournee import {list} FILE`.",
    "retry_not_configured": "The list {list} with its feed, or the repository {repository}, from which import {id} came, is no longer configured.",
    "unknown_contact": "There is no such contact.",
    "unknown_field": lambda d: f"There is no field {d['name']}{_nearest(d)}",
    "unknown_import": "There is no import {id}.",
    "unknown_deployment": lambda d: f"There is no deployment {d['name']}{_nearest(d)}",
    "unknown_list": lambda d: f"There is no list {d['name']}{_nearest(d)}",
    "unknown_repository": lambda d: f"There is no repository {d['name']}{_nearest(d)}",
    "value_refused": _value_refused,
    # ---- commands
    "bug": "This is a bug in Tournée ({type} at {place}); the log line has its places in the code. Please report it.",
    "cannot_print": "The answer could not be printed: {error}.",
    "count_blocked": lambda d: count(d["count"], "blocked by a rule", "blocked by a rule"),
    "count_created": lambda d: count(d["count"], "new", "new"),
    "count_duplicate": lambda d: count(d["count"], "duplicate", "duplicate"),
    "count_failed": lambda d: count(d["count"], "failed", "failed"),
    "count_later": lambda d: count(d["count"], "to be tried again later", "to be tried again later"),
    "count_rejected": lambda d: count(d["count"], "rejected", "rejected"),
    "count_sent": lambda d: count(d["count"], "sent", "sent"),
    "count_uncertain": lambda d: count(d["count"], "uncertain", "uncertain"),
    "count_unchanged": lambda d: count(d["count"], "unchanged", "unchanged"),
    "count_updated": lambda d: count(d["count"], "changed", "changed"),
    "kind_authentication": "login refused",
    "kind_import_errors": "rows rejected",
    "kind_import_rejected": "file rejected",
    "kind_internal": "internal error",
    "kind_not_found": "not found",
    "kind_protocol": "not understood",
    "kind_refused": "refused",
    "kind_timeout": "no answer in time",
    "kind_truncated": "cut short",
    "kind_unreachable": "unreachable",
    "kind_untrusted": "not trusted",
    "note_again": lambda d: (
        f"{count(d['count'], 'file was', 'files were')} imported before, from another repository or URL: keep them from being taken again with `backlog: skip`."
    ),
    "note_all_well": "Nothing is wrong.",
    "note_blocked": lambda d: f"{count(d['count'], 'not solicited', 'not solicited')}: {d['rule']}",
    "note_certificate": "{host}:{port} shows this certificate:",
    "note_about": "{subject}: {told}",
    "note_compare": "Ask whoever runs the server, by another way than this connection, to read you the fingerprint; if it is the same, put this into the configuration:",
    "note_configured": lambda d: (
        f"The configuration is right: {count(d['lists'], 'list', 'lists')}, {count(d['repositories'], 'repository', 'repositories')}, {count(d['deployments'], 'deployment', 'deployments')}."
    ),
    "note_dry_run": "This was a dry run: nothing was written.",
    "note_host_key": "{host}:{port} shows these host keys:",
    "note_import": "import {id}",
    "note_known": "imported before, as import {id}",
    "note_no_decisions": "No decision: this contact came with no import that deploys.",
    "note_no_deployments": "No deployment is configured.",
    "note_no_errors": "No row errors.",
    "note_no_imports": "No imports yet.",
    "note_not_taken": "Not taken:",
    "note_nothing_there": "No file for this list.",
    "note_older": "Older imports: `tournee imports --limit {limit}`",
    "note_opted_in": "Contact {id} accepts messages again ({channel}).",
    "note_opted_out": "Contact {id} gets no more messages ({channel}).",
    "note_planned": lambda d: (
        f"{count(d['count'], 'solicitation', 'solicitations')} planned, {d['unsent']} not yet sent"
    ),
    "note_removed": lambda d: count(d["count"], "contact left the list", "contacts left the list"),
    "note_retry": "Once the configuration is mended: `tournee retry {id}`",
    "note_rows": lambda d: count(d["count"], "row", "rows"),
    "note_see_errors": "`tournee errors {id}` shows the rejected rows.",
    "note_since": "since {at}",
    "note_size": lambda d: size(d["size"]),
    "note_upgraded": "The tables of the database are up to date.",
    "note_warning": "{place}",
    "note_would_take": lambda d: f"{d['list']}: {count(d['count'], 'file', 'files')} by name",
    "outcome_busy": "busy",
    "outcome_failed": "failed",
    "outcome_imported": "imported",
    "outcome_imported_with_errors": "partly",
    "outcome_known": "known",
    "outcome_rejected": "rejected",
    "outcome_skipped": "skipped",
    "outcome_waiting": "waiting",
    "stopped": "Stopped before the end; nothing of the unfinished step was written.",
    "word_alerts": "Alerts",
    "word_as_stored": "As it would be stored",
    "word_blocked": "Blocked",
    "word_by_hand": "by hand",
    "word_code": "Code",
    "word_column": "Column",
    "word_contacts": "Contacts",
    "word_created": "created",
    "word_deployment": "Deployment",
    "word_failed": "Failed",
    "word_field": "Field",
    "word_file": "File",
    "word_held": "Held",
    "word_id": "ID",
    "word_ignored": "ignored",
    "word_import": "Import",
    "word_invitations": "Invitations",
    "word_last_import": "Last import",
    "word_last_poll": "Last poll",
    "word_line": "Line",
    "word_list": "List",
    "word_lists": "lists",
    "word_message": "Message",
    "word_modified": "Modified",
    "word_never": "never",
    "word_next_poll": "Next poll",
    "word_ok": "ok",
    "word_opt_out": "opted out",
    "word_outcome": "Outcome",
    "word_planned": "Planned",
    "word_repository": "Repository",
    "word_rows": "Rows",
    "word_sent": "Sent",
    "word_sha256": "SHA-256",
    "word_size": "Size",
    "word_taken": "taken",
    "word_uncertain": "Uncertain",
    "word_updated": "updated",
    "word_waiting": "Waiting",
    "word_when": "When",
    "word_why": "Why",
    "word_wrong": "Rej.",
}
