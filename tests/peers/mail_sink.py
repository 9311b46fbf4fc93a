"""A mail server that keeps what it gets: aiosmtpd, one file for each mail and one for its envelope.

mail_sink.py FOLDER PORT [CERTIFICATE KEY USER PASSWORD]: with a certificate it wants STARTTLS and the password, or by
XOAUTH2 the token that stands in the file PASSWORD at that moment.
Mail to nobody@ is refused for good, mail to later@ for now.
"""
import base64
import json
import os
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, *rest = sys.argv[1:]
kept = 0


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        if address.startswith("later@"):
            return "451 4.2.1 not now"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def auth_XOAUTH2(self, server, args):
        token = open(rest[3]).read().strip()
        right = base64.b64decode(args[1]).decode() == f"user={rest[2]}\x01auth=Bearer {token}\x01\x01"
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, server, session, envelope):
        global kept
        kept += 1
        whole = os.path.join(folder, f"{kept:04}")
        with open(whole + ".envelope", "w") as file:
            json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None}, file)
        with open(whole + ".tmp", "wb") as file:
            file.write(envelope.original_content)
        os.rename(whole + ".tmp", whole + ".eml")
        return f"250 2.0.0 kept as {kept}"


def check(server, session, envelope, mechanism, data):
    right = [data.login.decode(), data.password.decode()] == rest[2:]
    return AuthResult(success=right, handled=False)


options = {}
if rest:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rest[0], rest[1])
    options = dict(tls_context=context, require_starttls=True, authenticator=check, auth_required=True)
Controller(Keep(), hostname="127.0.0.1", port=int(port), **options).start()
print("ready", flush=True)
threading.Event().wait()
