"""pyas2lib as a partner: sends every combination it can, receives and answers, or shows how fast it is.

Started by tests/it/as2/peers.rs and benches/as2.rs.
"""
import json, re, sys, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# oscrypto takes one digit for each part of OpenSSL's version; 3.0.19 has two.
search = re.search
re.search = lambda pattern, text, *more: search(
    pattern.replace(r"\d\.\d\.\d[a-z]*", r"\d+\.\d+\.\d+[a-z]*") if isinstance(pattern, str) else pattern, text, *more)
from pyas2lib import as2  # noqa: E402

setting = json.load(open(sys.argv[2]))
DATA = setting["data"].encode()
us = as2.Organization(as2_name="PYAS2", sign_key=setting["identity"].encode(), sign_key_pass=None,
                      decrypt_key=setting["identity"].encode(), decrypt_key_pass=None)


def partner(**how):
    certificate = setting["certificate"].encode()
    return as2.Partner(as2_name=setting["name"], verify_cert=certificate, encrypt_cert=certificate, validate_certs=False, **how)


def send():
    for digest in ["sha1", "sha256", "sha384", "sha512", None]:
        for cipher in [None, "tripledes_192_cbc", "aes_128_cbc", "aes_192_cbc", "aes_256_cbc"]:
            for compress in [False, True]:
                for sign_alg, key_alg in [("rsassa_pkcs1v15", "rsaes_pkcs1v15"), ("rsassa_pss", "rsaes_oaep")]:
                    if sign_alg == "rsassa_pss" and digest in ("sha1", None):
                        continue
                    to = partner(sign=digest is not None, digest_alg=digest or "sha256", sign_alg=sign_alg,
                                 encrypt=cipher is not None, enc_alg=cipher or "aes_128_cbc", key_enc_alg=key_alg,
                                 compress=compress, mdn_mode="SYNC", mdn_digest_alg="sha256")
                    message = as2.Message(us, to)
                    message.build(DATA, filename="order.edi", subject="x", content_type="application/edi-x12")
                    request = urllib.request.Request(setting["url"], data=message.content, headers=message.headers)
                    answer = urllib.request.urlopen(request, timeout=60)
                    raw = b"".join(f"{k}: {v}\r\n".encode() for k, v in answer.headers.items()) + b"\r\n" + answer.read()
                    mdn = as2.Mdn()
                    status, detail = mdn.parse(raw, find_message_cb=lambda *_: message)
                    same = None
                    if message.mic:
                        same = message.mic.decode() in raw.decode("latin-1")
                    print(json.dumps([str(digest), str(cipher), compress, sign_alg, status, str(detail), same]), flush=True)


def send_to_nobody():
    """A message to a name that nobody has, and one from a name that nobody knows: what becomes of the receipts."""
    certificate = setting["certificate"].encode()
    stranger = as2.Organization(as2_name="STRANGER", sign_key=setting["identity"].encode(), sign_key_pass=None)
    for sender, name in [(us, "NOBODY"), (stranger, setting["name"]), (us, setting["name"])]:
        to = as2.Partner(as2_name=name, verify_cert=certificate, encrypt_cert=certificate, validate_certs=False, sign=True,
                         digest_alg="sha256", encrypt=True, enc_alg="aes_256_cbc", mdn_mode="SYNC", mdn_digest_alg="sha256")
        message = as2.Message(sender, to)
        message.build(DATA, filename="order.edi", subject="x", content_type="application/edi-x12")
        request = urllib.request.Request(setting["url"], data=message.content, headers=message.headers)
        answer = urllib.request.urlopen(request, timeout=60)
        raw = b"".join(f"{k}: {v}\r\n".encode() for k, v in answer.headers.items()) + b"\r\n" + answer.read()
        mdn = as2.Mdn()
        # A receipt without a signature is no receipt to it: it is read once more as somebody who wanted none.
        status, detail = mdn.parse(raw, find_message_cb=lambda *_: message)
        to.mdn_digest_alg = message.receiver.mdn_digest_alg = None
        unsigned, why = as2.Mdn().parse(raw, find_message_cb=lambda *_: message)
        print(json.dumps([name, status, str(detail), unsigned, str(why)]), flush=True)


def measure():
    """Messages per second: built (sign, encrypt), and parsed with a signed receipt built."""
    data = b"PO1*1*10*EA*4.25**VP*BOLT-10*UP*012345678905~\r\n" * (setting["bytes"] // 47)
    to = partner(sign=True, encrypt=True, enc_alg="aes_256_cbc", mdn_mode="SYNC", mdn_digest_alg="sha256")

    def build():
        message = as2.Message(us, to)
        message.build(data, filename="a.edi", content_type="application/octet-stream")
        return message

    raw = build()
    raw = raw.headers_str + b"\r\n" + raw.content
    for work in (build, lambda: as2.Message().parse(raw, find_org_cb=lambda _: us, find_partner_cb=lambda _: to)):
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < 3:
            work()
            count += 1
        print(count / (time.monotonic() - begun), flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        raw = b"".join(f"{k}: {v}\r\n".encode() for k, v in self.headers.items()) + b"\r\n" + body
        message = as2.Message()
        ours = lambda name: us if name == "PYAS2" else None
        theirs = lambda name: partner() if name == setting["name"] else None
        status, problem, mdn = message.parse(raw, find_org_cb=ours, find_partner_cb=theirs)
        taken = status == "processed" and message.content == DATA
        print(json.dumps([status, str(problem[0]), taken]), flush=True)
        self.send_response(200)
        for key, value in mdn.headers.items():
            self.send_header(key, value)
        content = mdn.content
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


if sys.argv[1] == "send":
    send()
elif sys.argv[1] == "send-to-nobody":
    send_to_nobody()
elif sys.argv[1] == "measure":
    measure()
else:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_address[1], flush=True)
    server.serve_forever()
