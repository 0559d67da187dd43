"""Writes Tests/Golden/identity/tokens.json: access tokens, good and hostile, made without a line of the product.
Run from the top folder with `pyjwt` and `cryptography` installed. `make_access_tokens.py verify SIGNING.KEYS AUDIENCE` reads a token of
the product from standard input instead and says what PyJWT makes of it."""

import base64, hashlib, hmac, json, os, sys
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NOW = 1_790_000_000
url = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
raw = lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def verify(path, audience):
    keys = json.load(open(path))
    token = sys.stdin.read().strip()
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "HS256", "typ": "JWT", "kid": header["kid"]}, header
    secret = {k["kid"]: raw(k["secret"]) for k in keys["keys"]}[header["kid"]]
    assert len(secret) == 32
    required = ["iss", "aud", "sub", "tid", "scope", "jti", "iat", "exp"]
    claims = jwt.decode(
        token, secret, algorithms=["HS256"], audience=audience, issuer=keys["issuer"],
        options={"require": required, "verify_exp": False, "verify_iat": False})
    assert isinstance(claims["aud"], list) and claims["exp"] > claims["iat"]
    print(json.dumps(claims, indent=1, sort_keys=True))


def make():
    generations = [("11aa22bb33cc44dd", b"\x11" * 32, NOW - 1000), ("00ff00ff00ff00ff", b"\x22" * 32, NOW - 3_000_000)]
    issuer = "tutti-0123456789abcdef"
    kid, secret, _ = generations[0]
    claims = {
        "iss": issuer, "aud": ["phi", "v4"], "sub": "oc_one", "tid": "default", "scope": "models monitoring", "jti": "tok_1",
        "iat": NOW - 10, "exp": NOW + 3590}
    without = lambda name: {k: v for k, v in claims.items() if k != name}
    sign = lambda c=claims, key=secret, alg="HS256", head=None: jwt.encode(c, key, algorithm=alg, headers={"kid": kid, **(head or {})})
    header = {"alg": "HS256", "typ": "JWT", "kid": kid}

    def by_hand(head, body, key=secret, hash=hashlib.sha256):
        """A token whose header and payload are any bytes."""
        part = lambda x: url(x if isinstance(x, bytes) else json.dumps(x, separators=(",", ":")).encode())
        text = part(head) + "." + part(body)
        return text + "." + url(hmac.new(key, text.encode(), hash).digest() if key is not None else b"")

    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = rsa_key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    good = sign()
    h, p, s = good.split(".")
    rows = [
        ("good", good, "principal"),
        ("the key before", jwt.encode(claims, generations[1][1], algorithm="HS256", headers={"kid": generations[1][0]}), "principal"),
        ("within the leeway", sign({**claims, "exp": NOW - 29}), "principal"),
        ("a little early", sign({**claims, "iat": NOW + 30, "nbf": NOW + 30}), "principal"),
        ("unknown claims", sign({**claims, "admin": True}), "principal"),
        ("more scopes than the client has", sign({**claims, "scope": "models admin ops nonsense"}), "principal"),
        ("for v2", sign({**claims, "aud": ["v2"]}), "wrongAudience"),
        ("for nobody we know", sign({**claims, "aud": ["elsewhere"]}), "wrongAudience"),
        ("for nobody", sign({**claims, "aud": []}), "wrongAudience"),
        ("expired", sign({**claims, "exp": NOW - 30}), "expired"),
        ("expired long ago", sign({**claims, "iat": 0, "exp": 1}), "expired"),
        ("of 1969", sign({**claims, "iat": -10, "exp": -5}), "expired"),
        ("nbf to come", sign({**claims, "nbf": NOW + 31}), "unknown"),
        ("iat to come", sign({**claims, "iat": NOW + 31}), "unknown"),
        ("alg none", jwt.encode(claims, None, algorithm="none", headers={"kid": kid}), "unknown"),
        ("alg none, signed", by_hand({**header, "alg": "none"}, claims), "unknown"),
        ("alg None", by_hand({**header, "alg": "None"}, claims, None), "unknown"),
        ("alg NONE", by_hand({**header, "alg": "NONE"}, claims, None), "unknown"),
        ("alg hs256", by_hand({**header, "alg": "hs256"}, claims), "unknown"),
        ("alg empty", by_hand({**header, "alg": ""}, claims), "unknown"),
        ("alg null", by_hand({**header, "alg": None}, claims), "unknown"),
        ("alg missing", by_hand({"typ": "JWT", "kid": kid}, claims), "unknown"),
        ("alg twice", by_hand(b'{"alg":"none","alg":"HS256","typ":"JWT","kid":"%s"}' % kid.encode(), claims), "unknown"),
        ("HS384", sign(alg="HS384"), "unknown"),
        ("HS512", sign(alg="HS512"), "unknown"),
        ("RS256", sign(key=rsa_key, alg="RS256"), "unknown"),
        ("RS256 that is HS256 with the public key", by_hand(header, claims, public), "unknown"),
        ("says RS256, is HS256 with the public key", by_hand({**header, "alg": "RS256"}, claims, public), "unknown"),
        ("says RS256, is HS256 with our key", by_hand({**header, "alg": "RS256"}, claims), "unknown"),
        ("empty key", by_hand(header, claims, b""), "unknown"),
        ("another key", sign(key=b"\x33" * 32), "unknown"),
        ("the other generation's key", sign(key=generations[1][1]), "unknown"),
        ("unknown kid", sign(head={"kid": "ffffffffffffffff"}), "unknown"),
        ("kid of a file", by_hand({**header, "kid": "../../dev/null"}, claims, b""), "unknown"),
        ("kid empty", by_hand({**header, "kid": ""}, claims), "unknown"),
        ("kid a number", by_hand({**header, "kid": 1}, claims), "unknown"),
        ("kid missing", jwt.encode(claims, secret, algorithm="HS256"), "unknown"),
        ("typ of something else", sign(head={"typ": "logout+jwt"}), "unknown"),
        ("crit", sign(head={"crit": ["exp"]}), "unknown"),
        ("a key of its own", sign(key=b"\x33" * 32, head={"jwk": {"kty": "oct", "k": url(b"\x33" * 32)}}), "unknown"),
        ("a key from elsewhere", sign(head={"jku": "https://example.org/keys"}), "unknown"),
        ("a chain of its own", sign(head={"x5c": ["MIIB"]}), "unknown"),
        ("another issuer", sign({**claims, "iss": "tutti-fedcba9876543210"}), "unknown"),
        ("another tenant", sign({**claims, "tid": "other"}), "revoked"),
        ("a client that is none", sign({**claims, "sub": "oc_two"}), "revoked"),
        ("a client that was revoked", sign({**claims, "sub": "oc_gone"}), "revoked"),
        ("a login that is none", sign({**claims, "sid": "login_1"}), "revoked"),
        ("aud a text", sign({**claims, "aud": "phi"}), "unknown"),
        ("scope a list", sign({**claims, "scope": ["models"]}), "unknown"),
        ("exp a text", by_hand(header, {**claims, "exp": str(NOW + 100)}), "unknown"),
        ("exp beyond 64 bits", by_hand(header, {**claims, "exp": 1 << 70}), "unknown"),
        ("exp null", by_hand(header, {**claims, "exp": None}), "unknown"),
        ("exp the largest", by_hand(header, {**claims, "exp": (1 << 63) - 1}), "principal"),
        ("exp the smallest", by_hand(header, {**claims, "exp": -(1 << 63)}), "expired"),
        ("iat the largest", by_hand(header, {**claims, "iat": (1 << 63) - 1}), "unknown"),
        ("payload no object", by_hand(header, [claims]), "unknown"),
        ("payload no JSON", by_hand(header, b"\xff\xfe"), "unknown"),
        ("payload empty", by_hand(header, b""), "unknown"),
        ("header no object", by_hand([header], claims), "unknown"),
        ("signature cut", good[:-1], "unknown"),
        ("signature empty", f"{h}.{p}.", "unknown"),
        ("signature padded", good + "=", "unknown"),
        ("signature in other letters", f"{h}.{p}." + s.replace("-", "+").replace("_", "/") + "+", "unknown"),
        ("another payload", f"{h}." + url(json.dumps({**claims, "sub": "oc_two"}).encode()) + f".{s}", "unknown"),
        ("two parts", f"{h}.{p}", "unknown"),
        ("four parts", good + "." + s, "unknown"),
        ("five parts", f"{h}..{p}.{s}.{s}", "unknown"),
        ("blanks around", f" {good} ", "unknown"),
        ("a line's end", good + "\n", "unknown"),
        ("dots", "..", "unknown"),
        ("too long", sign({**claims, "jti": "x" * 5000}), "unknown"),
    ] + [(f"without {name}", sign(without(name)), "unknown") for name in claims]
    # What PyJWT itself makes of those that are good: this script's own check.
    for name, token, expected in rows:
        if expected == "principal" and name not in ("the key before", "exp the largest"):
            jwt.decode(token, secret, algorithms=["HS256"], audience="phi", issuer=issuer, options={"verify_exp": False, "verify_iat": False, "verify_nbf": False})
    # The last letter of 32 bytes has two bits to spare: another letter reads the same to a decoder that does not look.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = good[:-1] + letters[letters.index(good[-1]) ^ 1]
    assert raw(twin.split(".")[2]) == raw(s)
    rows.append(("another spelling of the signature", twin, "unknown"))
    document = {
        "now": NOW,
        "keys": {"issuer": issuer, "keys": [{"kid": k, "secret": url(v), "created_ms": t * 1000} for k, v, t in generations]},
        "client": {"id": "oc_one", "revoked": "oc_gone", "tenant": "default", "scopes": ["models", "monitoring"]},
        "audience": "phi",
        "tokens": [{"name": n, "token": t, "expected": e} for n, t, e in rows],
    }
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "identity", "tokens.json")
    with open(place, "w") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
    print(f"{len(rows)} tokens, PyJWT {jwt.__version__}")


if len(sys.argv) == 4 and sys.argv[1] == "verify":
    verify(sys.argv[2], sys.argv[3])
else:
    make()
