"""Judges webhooks with the reference library of Standard Webhooks.

Reads one JSON object a line from standard input: secret, headers, body. Answers a line for each: "true", or why not.
"""

import json
import sys

from standardwebhooks import Webhook

for line in sys.stdin:
    asked = json.loads(line)
    try:
        Webhook(asked["secret"]).verify(asked["body"], asked["headers"])
        print("true", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
