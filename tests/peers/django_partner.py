"""django-pyas2 as a partner: a live server that receives, answers by synchronous and asynchronous MDN, and sends.

django_partner.py FOLDER SETTING.json: prints its port, then obeys the lines on standard input, one answer each:
"send SYNC|ASYNC [NAME]" sends a message, to another name where one is given, and says what became of it, "status ID" what a sent message has come to,
"mdns" posts the asynchronous receipts that are owed, "received" says what came in.
Started by tests/it/as2/django.rs.
"""
import json, os, re, sys, threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

# oscrypto takes one digit for each part of OpenSSL's version; 3.0.19 has two.
search = re.search
re.search = lambda pattern, text, *more: search(
    pattern.replace(r"\d\.\d\.\d[a-z]*", r"\d+\.\d+\.\d+[a-z]*") if isinstance(pattern, str) else pattern, text, *more)

folder, setting = sys.argv[1], json.load(open(sys.argv[2]))


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


application = None
server = make_server("127.0.0.1", 0, lambda *request: application(*request), Server, Quiet)
port = server.server_port

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    SECRET_KEY="of no use", ALLOWED_HOSTS=["*"], ROOT_URLCONF="pyas2.urls", USE_TZ=True, MEDIA_ROOT=folder,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "db.sqlite3"),
                           "OPTIONS": {"timeout": 30}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                    "django.contrib.messages", "django.contrib.admin", "pyas2"],
    PYAS2={"MDN_URL": f"http://127.0.0.1:{port}/as2receive"},
    LOGGING_CONFIG=None,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from pyas2.models import Message, Organization, Partner, PrivateKey, PublicCertificate  # noqa: E402
from pyas2lib import Message as As2Message  # noqa: E402

call_command("migrate", verbosity=0)
key = PrivateKey(name="own", key=setting["identity"].encode(), key_pass="")
key.save()
theirs = PublicCertificate(name="house", certificate=setting["certificate"].encode(), verify_cert=False)
theirs.save()
us = Organization.objects.create(name="Django", as2_name="DJANGO", encryption_key=key, signature_key=key)
house = Partner.objects.create(
    name="House", as2_name="HOUSE", target_url=setting["url"], compress=True, encryption="aes_256_cbc",
    encryption_cert=theirs, signature="sha256", signature_cert=theirs, mdn=True, mdn_mode="SYNC", mdn_sign="sha256")
application = get_wsgi_application()
threading.Thread(target=server.serve_forever, daemon=True).start()
print(port, flush=True)


def send(mode, name="HOUSE"):
    house.as2_name, house.mdn_mode = name, mode
    house.save()
    message = As2Message(sender=us.as2org, receiver=house.as2partner)
    message.build(setting["data"].encode(), filename="order.edi", subject="EDI", content_type="application/EDI-X12",
                  disposition_notification_to="edi@django.example")
    kept, _ = Message.objects.create_from_as2message(
        as2message=message, payload=setting["data"].encode(), filename="order.edi", direction="OUT", status="P")
    kept.send_message(message.headers, message.content)
    return [kept.message_id, kept.status, str(kept.detailed_status)]


for line in sys.stdin:
    verb, *words = line.split()
    if verb == "send":
        answer = send(*words)
    elif verb == "status":
        kept = Message.objects.get(message_id=words[0])
        answer = [kept.status, str(kept.detailed_status)]
    elif verb == "mdns":
        out, sys.stdout = sys.stdout, sys.stderr
        call_command("manageas2server", async_mdns=True)
        sys.stdout = out
        answer = "posted"
    else:
        came = Message.objects.filter(direction="IN").order_by("timestamp")
        answer = [[m.status, str(m.detailed_status), m.payload.read().decode() if m.payload else ""] for m in came]
    print(json.dumps(answer), flush=True)
