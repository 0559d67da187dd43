"""Writes docs/protocol/vectors/secure_aggregation.txt and x_wing.txt from the description in docs/protocol/secure-aggregation.md
alone: hashlib, hmac and the `cryptography` package, nothing of Tutti's. Run from the top folder."""

import hashlib, hmac, struct
import xwing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

P = 2**61 - 1
lines = []


def out(name, value):
    lines.append(f"{name} = {value.hex()}")
    return value


def note(text):
    lines.append(f"# {text}")


def sha(b): return hashlib.sha256(b).digest()
def mac(k, m): return hmac.new(k, m, hashlib.sha256).digest()


def hkdf(secret, salt, info, count):
    key, block, result, i = mac(salt or bytes(32), secret), b"", b"", 1
    while len(result) < count:
        block = mac(key, block + info + bytes([i]))
        result += block
        i += 1
    return result[:count]


def ctr(key, block, count):
    stream = Cipher(algorithms.AES(key), modes.CTR(struct.pack(">QQ", 0, block))).encryptor()
    return stream.update(bytes(count))


def n32(v): return struct.pack("<I", v)
def n64(v): return struct.pack("<Q", v)
def string(b): return n32(len(b)) + b
def label(t): return b"tutti secagg 1 " + t.encode() + b"\0"
def header(kind): return bytes([1, kind])
def pub(secret): return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
def dh(secret, key): return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(key))
def order(members, seed, name): return sorted(members, key=lambda m: (sha(label(name) + seed + n32(m)), m))
def fill(i, count=32): return bytes((i * 37 + j * 11) % 256 for j in range(count))


note("Vectors of docs/protocol/secure-aggregation.md, written by Tests/Golden/make_secure_aggregation_vectors.py.")
note("Roster of five members with Ed25519 keys of the seeds fill(1) ... fill(5), fill(i)[j] = 37 i + 11 j mod 256.")
session = b"fl_1"
seeds = [fill(i) for i in range(1, 6)]
identities = [Ed25519PrivateKey.from_private_bytes(s) for s in seeds]
roster = header(5) + n32(5) + b"".join(
    string(b"client-%d" % i) + string(k.public_key().public_bytes_raw()) for i, k in enumerate(identities))
out("roster", roster)
roster_hash = out("roster_hash", sha(roster))

note("Partition of epoch 3 in 2 groups, roster floor 2, none missing; nonces fill(11) ... fill(15).")
terms = string(session) + n32(3) + roster_hash + n32(2) + n32(2) + n32(0)
nonces = [fill(10 + i) for i in range(1, 6)]
commitments = [sha(header(2) + terms + n32(i) + v) for i, v in enumerate(nonces)]
out("commitment_0", commitments[0])
listed = lambda items: n32(len(items)) + b"".join(n32(i) + v for i, v in enumerate(items))
partition_hash = out("partition_hash", sha(header(4) + terms + listed(commitments) + listed(nonces)))
seed = out("partition_seed", sha(label("partition") + partition_hash))
drawn = order(range(5), seed, "groups")
out("groups", bytes(drawn[:3]) + b"\xff" + bytes(drawn[3:]))

note("Parameters: malicious server, X25519, epoch 3, round 4, attempt 2, model fill(21), plan fill(22), 5 members, 2 groups, group")
note("floor 2, quorum 4, k 3, t 2, 0 corrupt, complete masks, d 7, C 1, c 0.5, 16 bits, width 18, uniform.")
parameters = header(1) + bytes([2, 1]) + string(session) + n32(3) + n32(4) + n32(2) + fill(21) + fill(22) + roster_hash + partition_hash
parameters += b"".join(n32(v) for v in (5, 2, 2, 4, 3, 2, 0, 0)) + n64(7) + struct.pack("<dd", 1.0, 0.5) + n32(16) + n32(18) + n32(0)
out("parameters", parameters)
digest = out("parameters_hash", sha(parameters))
note("The same with noise of variance 8191.875 from every member, at most 1,000 steps in a sum.")
out("noisy_parameters", header(31) + parameters[2:] + struct.pack("<d", 8191.875) + n64(1000))

note("Adverts: mask secrets fill(31) ..., share secrets fill(41) ..., nonces fill(51) ...")
mask = [fill(31 + i) for i in range(5)]
share = [fill(41 + i) for i in range(5)]
body = lambda i: n32(i) + pub(mask[i]) + pub(share[i]) + fill(51 + i)
signed = [header(6) + digest + body(i) for i in range(5)]
out("advert_0_signed", signed[0])
adverts = header(7) + n32(5) + b"".join(body(i) + identities[i].sign(signed[i]) for i in range(5))
out("adverts", adverts)
first = out("transcript_1", sha(label("transcript 1") + digest + sha(adverts)))
ring = order(range(5), seed + n32(4) + n32(2), "holders")
out("ring", bytes(ring))
place = ring.index(0)
holders = sorted(ring[(place + s) % 5] for s in (1, 2, -1))
out("holders_of_0", bytes(holders))

note("Member 0 deals b = fill(61) and its mask secret, t = 2, coefficients from the entropies fill(62) and fill(63), salts fill(64 + holder)")
note("and fill(74 + holder), ephemeral keys fill(84 + holder).")
b = fill(61)


def split(secret, entropy):
    stream = ctr(hkdf(entropy, b"", b"tutti secagg shamir", 16), 0, 8 * 5)
    number = int.from_bytes(secret, "little")
    limbs = [(number >> (60 * i)) & (2**60 - 1) for i in range(5)]
    coefficients = [int.from_bytes(stream[8 * i:8 * i + 8], "little") % P for i in range(5)]
    return {h: b"".join(n64((s + c * (h + 1)) % P) for s, c in zip(limbs, coefficients)) for h in holders}


def commit(kind, value, salt, holder): return sha(label("share") + first + bytes([kind]) + n32(0) + n32(holder) + value + salt)


self_shares, mask_shares = split(b, fill(62)), split(mask[0], fill(63))
seed_commitment = out("seed_commitment", sha(label("seed") + first + n32(0) + b))
pairs = [(commit(1, self_shares[h], fill(64 + h, 16), h), commit(2, mask_shares[h], fill(74 + h, 16), h)) for h in holders]
bundle = out("bundle_digest", sha(label("bundle") + first + n32(0) + seed_commitment + n32(len(holders))
                                  + b"".join(n32(h) + x + y for h, (x, y) in zip(holders, pairs))))


def hpke_auth_seal(recipient, sender, info, associated, plain, ephemeral, psk=b"", psk_id=b""):
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x01"
    extract = lambda salt, s, name, secret: mac(salt or bytes(32), b"HPKE-v1" + s + name + secret)
    expand = lambda key, s, name, info, count: mac(key, struct.pack(">H", count) + b"HPKE-v1" + s + name + info + b"\x01")[:count]
    enc = pub(ephemeral)
    shared = expand(extract(b"", kem, b"eae_prk", dh(ephemeral, recipient) + dh(sender, recipient)), kem, b"shared_secret",
                    enc + recipient + pub(sender), 32)
    context = (b"\x03" if psk else b"\x02") + extract(b"", suite, b"psk_id_hash", psk_id) + extract(b"", suite, b"info_hash", info)
    secret = extract(shared, suite, b"secret", psk)
    return enc + AESGCM(expand(secret, suite, b"key", context, 16)).encrypt(expand(secret, suite, b"base_nonce", context, 12), plain, associated)


shares = b""
for h, (x, y) in zip(holders, pairs):
    plain = self_shares[h] + fill(64 + h, 16) + mask_shares[h] + fill(74 + h, 16)
    sealed = hpke_auth_seal(pub(share[h]), share[0], label("seal") + first, n32(0) + n32(h) + bundle, plain, fill(84 + h))
    shares += n32(h) + x + y + sealed
out("bundle", header(8) + n32(0) + seed_commitment + n32(len(holders)) + shares)

note("Confirmed: members 0, 1, 2 and 4 with the digest above and fill(91), fill(92), fill(94).")
confirmation = header(11) + n32(4) + n32(0) + bundle + b"".join(n32(i) + fill(90 + i) for i in (1, 2, 4))
out("confirmation", confirmation)
transcript = out("transcript", sha(label("transcript") + first + sha(confirmation)))
out("pair_key_0_2", hkdf(dh(mask[0], pub(mask[2])), transcript, label("pair") + n32(0) + n32(2) + pub(mask[0]) + pub(mask[2]) + n32(0), 16))
self_key = out("self_key_0", hkdf(b, transcript, label("self") + n32(0) + n32(0), 16))
survivors = header(13) + transcript + n32(3) + n32(0) + n32(1) + n32(4)
out("survivors", survivors)
out("survivor_signature_0", header(14) + n32(0) + identities[0].sign(survivors))

note("The update 0.25, -0.5, 0.6, 0, 0.1, -0.1, 0.3 of the client secret fill(95), rounded, masked with self_key_0, and packed.")
steps, clip = 2**16 - 1, 0.5
key = hkdf(fill(95), b"", label("rounding") + string(session) + n32(4) + n32(1), 16)
random = struct.unpack("<7I", ctr(key, 0, 28))
lanes = []
f32 = lambda v: struct.unpack("<f", struct.pack("<f", v))[0]
for value, r in zip(map(f32, (0.25, -0.5, 0.6, 0, 0.1, -0.1, 0.3)), random):
    place = (max(-clip, min(clip, value)) + clip) / (2 * clip / steps)
    below = int(place)
    lanes.append(min(below + (r / 2**32 < place - below), steps))
lanes += [0] * 4
out("encoded", b"".join(n32(v) for v in lanes))
stream = int.from_bytes(ctr(self_key, 0, (11 * 18 + 7) // 8), "little")
masked = [(v + (stream >> (18 * j))) % 2**18 for j, v in enumerate(lanes)]
out("masked_lanes", sum(v << (18 * j) for j, v in enumerate(masked)).to_bytes((11 * 18 + 7) // 8, "little"))

note("The draw: the invitation to epoch 3 with the plan 'sums of groups', member 1's commitment and nonce, all commitments, all nonces, and")
note("a member's word that it takes no part.")
out("invitation", header(18) + terms + string(b"sums of groups") + string(roster))
out("nonce_commitment_1", header(19) + n32(1) + commitments[1])
out("nonce_1", header(3) + n32(1) + nonces[1])
out("nonce_commitments", header(20) + listed(commitments))
out("nonces", header(21) + listed(nonces))
out("draw_refusal", header(23) + string(b"member client-2 is not among the pinned keys"))

note("A sealed attempt: confirmed 0, 1, 2 and 4; H(b) fill(101 + dealer), commitments fill(110 + 10 dealer + holder) and fill(160 + 10 dealer")
note("+ holder) for its holders; survivors 0, 1 and 4, who signed.")


def holders_of(dealer):
    at = ring.index(dealer)
    return sorted(ring[(at + s) % 5] for s in (1, 2, -1))


confirmed, left = (0, 1, 2, 4), (0, 1, 4)
dealt = {d: fill(101 + d) + n32(3) + b"".join(n32(h) + fill(110 + 10 * d + h) + fill(160 + 10 * d + h) for h in holders_of(d)) for d in confirmed}
digests = {d: sha(label("bundle") + first + n32(d) + dealt[d]) for d in confirmed}
sealed_transcript = sha(label("transcript") + first + sha(header(11) + n32(4) + b"".join(n32(d) + digests[d] for d in confirmed)))
out("sealed_transcript", sealed_transcript)
notice = header(13) + sealed_transcript + n32(3) + b"".join(n32(i) for i in left)
out("sealed_attempt", header(22) + adverts[2:] + n32(4) + b"".join(n32(d) + dealt[d] for d in confirmed) + n32(3) + b"".join(n32(i) for i in left)
    + n32(3) + b"".join(n32(i) + identities[i].sign(notice) for i in left))

open("docs/protocol/vectors/secure_aggregation.txt", "w").write("\n".join(lines) + "\n")

lines.clear()
note("Vectors of docs/protocol/secure-aggregation.md with key exchange 2 (X25519 and X-Wing), written by the same program.")
note("The first vector of draft-connolly-cfrg-xwing-kem: public key and cipher text as computed from its seeds.")
xwing_seed = out("xwing_seed", bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"))
eseed = out("xwing_eseed", bytes.fromhex("3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2"))
xwing_public = out("xwing_public", xwing.public_key(xwing_seed))
xwing_secret, ct = xwing.encapsulate(xwing_public, eseed)
out("xwing_ciphertext", ct)
out("xwing_secret", xwing_secret)
assert xwing_secret.hex() == "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384" and xwing.decapsulate(xwing_seed, ct) == xwing_secret


def part(secret, name): return mac(secret, b"tutti hybrid 1 " + name)
def hybrid(secret): return pub(part(secret, b"x25519")) + xwing.public_key(part(secret, b"x-wing"))


def hybrid_seal(recipient, sender, info, associated, plain, ephemeral, eseed):
    shared, ct = xwing.encapsulate(recipient[32:], eseed)
    return ct + hpke_auth_seal(recipient[:32], part(sender, b"x25519"), info, associated, plain, ephemeral, shared, ct)


note("Parameters and adverts as in secure_aggregation.txt, but for the key exchange and the keys, which are of the same secrets.")
parameters = parameters[:3] + b"\x02" + parameters[4:]
out("parameters", parameters)
digest = sha(parameters)
mask_keys, share_keys = [hybrid(s) for s in mask], [hybrid(s) for s in share]
body = lambda i: n32(i) + mask_keys[i] + share_keys[i] + fill(51 + i)
adverts = header(25) + n32(5) + b"".join(body(i) + identities[i].sign(header(24) + digest + body(i)) for i in range(5))
out("adverts", adverts)
out("advert_0", header(24) + adverts[6:6 + 4 + 2 * 1248 + 32 + 64])
first = out("transcript_1", sha(label("transcript 1") + digest + sha(adverts)))

note("Member 0 deals as there, its shares and edges sealed with X-Wing too: eseeds fill(121 + holder, 64), of edges fill(131 + member, 64),")
note("ephemeral keys of edges fill(141 + member).")
group = drawn[:3] if 0 in drawn[:3] else drawn[3:]
edges = sorted(m for m in group if m > 0)
secrets = {m: hkdf(mask[0], first, label("edge") + n32(0) + n32(m), 32) for m in edges}
promised = {m: sha(label("edge") + first + n32(0) + n32(m) + secrets[m]) for m in edges}
out("edges_of_0", bytes(edges))
out("edge_secret", secrets[edges[0]])
seed_commitment = sha(label("seed") + first + n32(0) + b)
pairs = [(commit(1, self_shares[h], fill(64 + h, 16), h), commit(2, mask_shares[h], fill(74 + h, 16), h)) for h in holders]
bundle = out("bundle_digest", sha(
    label("bundle") + first + n32(0) + seed_commitment + n32(len(holders)) + b"".join(n32(h) + x + y for h, (x, y) in zip(holders, pairs))
    + n32(len(edges)) + b"".join(n32(m) + promised[m] for m in edges)))
shares = b""
for h, (x, y) in zip(holders, pairs):
    plain = self_shares[h] + fill(64 + h, 16) + mask_shares[h] + fill(74 + h, 16)
    sealed = hybrid_seal(share_keys[h], share[0], label("seal") + first, n32(0) + n32(h) + bundle, plain, fill(84 + h), fill(121 + h, 64))
    shares += n32(h) + x + y + sealed
sealed_edges = {m: hybrid_seal(mask_keys[m], mask[0], label("seal edge") + first, n32(0) + n32(m) + bundle, secrets[m], fill(141 + m), fill(131 + m, 64))
                for m in edges}
out("bundle", header(26) + n32(0) + seed_commitment + n32(len(holders)) + shares + n32(len(edges))
    + b"".join(n32(m) + promised[m] + sealed_edges[m] for m in edges))
note("What the first of member 0's edges is delivered with (and no shares), and the key of its masks with T = fill(151).")
m = edges[0]
out("delivery", header(27) + n32(0) + n32(1) + n32(0) + bundle + promised[m] + sealed_edges[m])
out("pair_key", hkdf(secrets[m], fill(151), label("pair") + n32(0) + n32(m) + mask_keys[0] + mask_keys[m] + n32(0), 16))
open("docs/protocol/vectors/x_wing.txt", "w").write("\n".join(lines) + "\n")
