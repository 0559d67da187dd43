"""Writes Tests/Golden/receipts/receipts.json: receipts of a session, good and bad, made without a line of the product.
Run from the top folder with `cryptography` installed. `make_receipts.py verify FILE CA.pem` looks at a receipt of the product instead."""

import base64, copy, datetime as dt, decimal, hashlib, json, os, sys
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.timezone.utc)
SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
SESSION = "fl-session-0123456789abcdef"
sha = lambda b: hashlib.sha256(b).hexdigest()
url = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def number(x):
    """ECMA-262 Number::toString from Python's shortest digits."""
    if x == 0:
        return "0"
    sign, digits, exponent = decimal.Decimal(repr(x)).normalize().as_tuple()
    s, k, n = "".join(map(str, digits)), len(digits), len(digits) + exponent
    if k <= n <= 21:
        t = s + "0" * (n - k)
    elif 0 < n <= 21:
        t = s[:n] + "." + s[n:]
    elif -6 < n <= 0:
        t = "0." + "0" * -n + s
    else:
        t = s[0] + ("." + s[1:] if k > 1 else "") + f"e{n - 1:+d}"
    return "-" * sign + t


def jcs(v):
    """RFC 8785."""
    if isinstance(v, bool) or v is None or isinstance(v, (int, str)):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, float):
        return number(v)
    if isinstance(v, list):
        return "[" + ",".join(map(jcs, v)) + "]"
    return "{" + ",".join(jcs(k) + ":" + jcs(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))) + "}"


def canonical(v):
    return jcs(v).encode()


def authority(name="Golden CA"):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), NOW - dt.timedelta(days=30), NOW + dt.timedelta(days=3650))
    return key, builder.add_extension(x509.BasicConstraints(True, 0), True).add_extension(usage, True).sign(key, hashes.SHA256())


def leaf(ca, uri=f"spiffe://tutti/tenant/default/session/{SESSION}", usages=(SIGNING,), at=NOW, is_ca=False, curve=ec.SECP256R1()):
    ca_key, ca_cert = ca
    key = ec.generate_private_key(curve)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tutti-receipt")])
    builder = x509.CertificateBuilder(ca_cert.subject, subject, key.public_key(), x509.random_serial_number(), at - dt.timedelta(minutes=5), at + dt.timedelta(minutes=5))
    builder = builder.add_extension(x509.BasicConstraints(is_ca, None), True)
    builder = builder.add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), False)
    return key, builder.sign(ca_key, hashes.SHA256())


def raw(signature):
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def header(chain, **changes):
    x5c = [base64.b64encode(c.public_bytes(serialization.Encoding.DER)).decode() for c in chain]
    return {"alg": "ES256", "typ": "tutti-receipt", "x5c": x5c} | changes


def sign(payload, signer, ca, head=None, form=canonical, chain=None):
    key, certificate = signer
    head = head or header(chain or [certificate, ca[1]])
    text = url(canonical(head)) + "." + url(form(payload))
    return text + "." + url(raw(key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))))


def linked(payload):
    root = {"format": "tutti.rounds/1", "session": payload["session"]["id"], "initial_model_sha256": payload["initial_model_sha256"]}
    link = hashlib.sha256(canonical(root)).digest()
    for r in payload["rounds"]:
        r.pop("link_sha256", None)
        link = hashlib.sha256(link + canonical(r)).digest()
        r["link_sha256"] = link.hex()
    payload["rounds_chain_sha256"] = link.hex()
    return payload


def receipt(model):
    models = [sha(b"model %d" % i) for i in range(3)] + [sha(model)]
    roster = {
        "format": "tutti.roster/1", "session": SESSION, "salt": "5a" * 32,
        "members": [{"client_id": f"client-0{i}", "data_size": 10 * i, "joined_at": "2026-05-04T11:00:00.007Z", "certificate_sha256": sha(b"%d" % i), "member_key": None} for i in (1, 2, 3)],
    }
    configuration = {"algorithm": "fedprox", "learning_rate": 0.05, "proximal_mu": 1e-7, "norm_bound": 1e21, "seed": "18446744073709551615", "ü": ["\u20ac", "\n", "\U0001f600", "\ufb33"], "quorum": None, "auto_start": True}
    payload = {
        "format": "tutti.receipt/1", "product": {"name": "tutti", "version": "0.1.0"}, "made_at": "2026-05-04T12:00:00.250Z",
        "session": {"id": SESSION, "tenant": "default", "status": "completed", "status_reason": None, "final": True, "created_at": "2026-05-04T10:59:59.999Z", "started_at": "2026-05-04T11:30:00.000Z", "ended_at": "2026-05-04T11:59:59.990Z"},
        "configuration": configuration, "configuration_sha256": sha(canonical(configuration)),
        "roster": {"format": "tutti.roster/1", "members": 3, "rows": 60, "sha256": sha(canonical(roster))},
        "initial_model_sha256": models[0],
        "rounds": [
            {"round": i, "attempts": i, "parent_sha256": models[i - 1], "model_sha256": models[i], "selected": 3, "contributors": 4 - i, "smallest_group": None, "epsilon": 0.1 * i, "ended_at": f"2026-05-04T11:4{i}:00.000Z"}
            for i in (1, 2, 3)
        ],
        "rounds_committed": 3, "model": {"round": 3, "sha256": models[3], "selected_by": None},
        "protection": {"transport": "TLS 1.3", "secure_aggregation": None, "differential_privacy": {"epsilon": 0.30000000000000004, "delta": 1e-05}},
    }
    return linked(payload), roster


def golden():
    ca, other = authority(), authority()
    model = b"three rounds of nothing"
    payload, roster = receipt(model)
    signer = leaf(ca)
    cases = []

    def case(name, verdict, text):
        cases.append({"name": name, "verdict": verdict, "receipt": text})

    def changed(name, verdict, change, relink=True):
        bad = copy.deepcopy(payload)
        change(bad)
        case(name, verdict, sign(linked(bad) if relink else bad, signer, ca))

    def put(*path, value):
        def change(p):
            for step in path[:-1]:
                p = p[step]
            p[path[-1]] = value
        return change

    CONTENT, SIGNER, FORM, SIGNATURE = "content_contradicts_itself", "signer_not_trusted", "receipt_malformed", "signature_wrong"
    case("good", "ok", sign(payload, signer, ca))
    running = copy.deepcopy(payload)
    running["session"] |= {"final": False, "ended_at": None, "status": "training"}
    case("of a session that still runs", "ok", sign(running, signer, ca))
    empty = copy.deepcopy(payload) | {"rounds": [], "rounds_committed": 0, "model": None, "initial_model_sha256": None}
    case("of a session that never began", "ok", sign(linked(empty), signer, ca))
    # What was signed does not hold together.
    changed("a round left out", CONTENT, lambda p: p["rounds"].pop(1))
    changed("a round left out and counted", CONTENT, lambda p: (p["rounds"].pop(1), p.update(rounds_committed=2)))
    changed("the last round left out", CONTENT, lambda p: (p["rounds"].pop(), p.update(rounds_committed=2)), relink=False)
    changed("two rounds exchanged", CONTENT, lambda p: p["rounds"].insert(0, p["rounds"].pop(1)))
    changed("a round changed and not its link", CONTENT, put("rounds", 0, "contributors", value=2), relink=False)
    changed("another parent", CONTENT, put("rounds", 1, "parent_sha256", value=sha(b"elsewhere")))
    changed("another first model", CONTENT, put("initial_model_sha256", value=sha(b"elsewhere")))
    changed("more contributors than were asked", CONTENT, put("rounds", 0, "contributors", value=4))
    changed("another configuration", CONTENT, put("configuration", "algorithm", value="fedavg"))
    changed("another digest of the configuration", CONTENT, put("configuration_sha256", value=sha(b"elsewhere")))
    changed("a model that no round made", CONTENT, put("model", "sha256", value=sha(b"elsewhere")))
    changed("a model of a later round", CONTENT, put("model", "round", value=4))
    changed("final without an end", CONTENT, put("session", "ended_at", value=None))
    changed("another session than the signer's", CONTENT, put("session", "id", value="fl-session-other"))
    changed("another tenant than the signer's", CONTENT, put("session", "tenant", value="other"))
    changed("a digest in capitals", CONTENT, put("rounds", 2, "model_sha256", value=sha(model).upper()))
    changed("another format", FORM, put("format", value="tutti.receipt/2"))
    changed("signed before the signer was there", SIGNER, put("made_at", value="2026-05-04T11:54:59.999Z"))
    changed("signed after the signer's end", SIGNER, put("made_at", value="2026-05-04T12:05:01.000Z"))
    changed("a time of another form", FORM, put("made_at", value="2026-05-04T12:00:00Z"))
    # Signers that are none.
    def by(name, verdict, signer, **more):
        case(name, verdict, sign(payload, signer, ca, **more))

    by("a server's certificate", SIGNER, leaf(ca, usages=(EKU.SERVER_AUTH,)))
    by("a client's certificate", SIGNER, leaf(ca, usages=(EKU.CLIENT_AUTH,), uri="spiffe://tutti/tenant/default/client/client-01"))
    by("for documents and for servers", SIGNER, leaf(ca, usages=(SIGNING, EKU.SERVER_AUTH)))
    by("for no purpose", SIGNER, leaf(ca, usages=()))
    by("named as a client", SIGNER, leaf(ca, uri="spiffe://tutti/tenant/default/client/client-01"))
    by("named as of another domain", SIGNER, leaf(ca, uri=f"spiffe://other/tenant/default/session/{SESSION}"))
    by("itself an authority", SIGNER, leaf(ca, is_ca=True))
    by("of another authority", SIGNER, leaf(other))
    by("another authority's whole chain", SIGNER, (s := leaf(other)), chain=[s[1], other[1]])
    by("the authority itself", SIGNER, ca, chain=[ca[1], ca[1]])
    by("without the authority", SIGNER, signer, chain=[signer[1]])
    by("with one certificate too many", SIGNER, signer, chain=[signer[1], ca[1], ca[1]])
    by("with another key than the certificate's", SIGNATURE, (leaf(ca)[0], signer[1]))
    by("another session's signer", CONTENT, leaf(ca, uri="spiffe://tutti/tenant/default/session/fl-session-other"))
    # Forms.
    by("not canonical: blanks", FORM, signer, form=lambda p: json.dumps(p).encode())
    by("not canonical: a name twice", FORM, signer, form=lambda p: canonical(p)[:-1] + b',"zz":1,"zz":1}')
    by("no JSON", FORM, signer, form=lambda p: b"\x80\x03}q\x00.")
    chain = [signer[1], ca[1]]
    by("no algorithm", FORM, signer, head=header(chain, alg="none"))
    by("a symmetric algorithm", FORM, signer, head=header(chain, alg="HS256"))
    by("another type", FORM, signer, head=header(chain, typ="JWT"))
    by("a critical extension", FORM, signer, head=header(chain, crit=["b64"], b64=False))
    by("a key in the header", FORM, signer, head=header(chain, jku="https://elsewhere.example/keys"))
    good = cases[0]["receipt"]
    h, p, s = good.split(".")
    case("another receipt's signature", SIGNATURE, f"{h}.{p}." + cases[1]["receipt"].split(".")[2])
    case("a signature of zeros", SIGNATURE, f"{h}.{p}." + url(b"\0" * 64))
    case("a signature in DER", SIGNATURE, f"{h}.{p}." + url(utils.encode_dss_signature(1, 1)))
    case("no signature", SIGNATURE, f"{h}.{p}.")
    case("two parts", FORM, f"{h}.{p}")
    case("four parts", FORM, good + ".")
    case("padding", FORM, good + "=")
    case("nothing", FORM, "")
    pem = lambda c: c[1].public_bytes(serialization.Encoding.PEM).decode()
    der = ca[1].public_bytes(serialization.Encoding.DER)
    os.makedirs("Tests/Golden/receipts", exist_ok=True)
    with open("Tests/Golden/receipts/receipts.json", "w") as f:
        json.dump({"ca": pem(ca), "other_ca": pem(other), "pin": "sha256:" + sha(der), "model": model.hex(), "roster": roster, "cases": cases}, f, indent=1, ensure_ascii=True)
        f.write("\n")


def verify(path, ca_path):
    """What a reader does who knows only RFC 7515, RFC 8785 and docs/api.md."""
    h, p, s = open(path).read().strip().split(".")
    un = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
    head, payload = json.loads(un(h)), json.loads(un(p))
    certificate, root = (x509.load_der_x509_certificate(base64.b64decode(c)) for c in head["x5c"])
    trusted = x509.load_pem_x509_certificate(open(ca_path, "rb").read())
    assert head["alg"] == "ES256" and root == trusted
    certificate.verify_directly_issued_by(root)
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [SIGNING]
    at = dt.datetime.fromisoformat(payload["made_at"])
    assert certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    r, t = int.from_bytes(un(s)[:32], "big"), int.from_bytes(un(s)[32:], "big")
    certificate.public_key().verify(utils.encode_dss_signature(r, t), f"{h}.{p}".encode(), ec.ECDSA(hashes.SHA256()))
    assert canonical(payload) == un(p) and canonical(head) == un(h)
    assert sha(canonical(payload["configuration"])) == payload["configuration_sha256"]
    told = payload["rounds_chain_sha256"]
    assert linked(copy.deepcopy(payload)) == payload and told == payload["rounds_chain_sha256"]
    print("genuine:", payload["session"]["id"], payload["session"]["status"], len(payload["rounds"]), "rounds")


if len(sys.argv) == 4 and sys.argv[1] == "verify":
    verify(*sys.argv[2:])
else:
    golden()
