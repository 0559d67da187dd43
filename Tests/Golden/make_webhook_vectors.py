"""Writes Tests/Golden/webhooks/signatures.json with PyPI's `standardwebhooks`, the reference library of Standard Webhooks 1.0.0.
Run from the top folder."""

import base64, datetime as dt, hashlib, json, os
from standardwebhooks.webhooks import Webhook

BODIES = ['{"event":"job.completed","timestamp":"2024-01-01T12:00:00.000Z","data":{"job_id":"job_1"}}', "{}", '{"text":"Zürich 😀"}']
vectors = []
for index, (secret, key) in enumerate([
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None),
    ("whsec_" + base64.b64encode(hashlib.shake_256(b"a key").digest(32)).decode(), None),
    ("whsec_" + base64.b64encode(hashlib.shake_256(b"a long key").digest(64)).decode(), None),
    ("your_webhook_secret", b"your_webhook_secret"),
    ("ein Schlüssel, frei geschrieben", "ein Schlüssel, frei geschrieben".encode()),
]):
    webhook = Webhook(secret if key is None else key)
    for number, body in enumerate(BODIES):
        id, seconds = f"msg_{index}{number}", 1_700_000_000 + 86_400 * index + number
        at = dt.datetime.fromtimestamp(seconds, tz=dt.timezone.utc)
        vectors.append(dict(secret=secret, id=id, timestamp=seconds, body=body, signature=webhook.sign(msg_id=id, timestamp=at, data=body)))

os.makedirs("Tests/Golden/webhooks", exist_ok=True)
with open("Tests/Golden/webhooks/signatures.json", "w") as out:
    json.dump(vectors, out, indent=1, ensure_ascii=False)
    out.write("\n")
