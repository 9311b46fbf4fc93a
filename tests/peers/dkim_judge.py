"""dkimpy on both sides.

dkim_judge.py verify MAIL RECORD: says "True" where the signature of the mail is good by that DNS record.
dkim_judge.py sign MAIL KEY DOMAIN SELECTOR: writes the mail with a signature before it to standard output.
"""
import sys

import dkim

what, mail, *rest = sys.argv[1:]
raw = open(mail, "rb").read()
if what == "verify":
    print(dkim.verify(raw, dnsfunc=lambda name, timeout=5: rest[0].encode()))
else:
    key, domain, selector = rest
    signature = dkim.sign(raw, selector.encode(), domain.encode(), open(key, "rb").read())
    sys.stdout.buffer.write(signature + raw)
