"""X-Wing (draft-connolly-cfrg-xwing-kem) over ML-KEM-768 (FIPS 203), written out from the two documents for the vectors: slow, and not
for secrets. Numbers of algorithms are those of FIPS 203."""

import hashlib
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

Q, N, K, ETA, DU, DV = 3329, 256, 3, 2, 10, 4


def reversed_bits(i): return int(format(i, "07b")[::-1], 2)


ZETAS = [pow(17, reversed_bits(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed_bits(i) + 1, Q) for i in range(128)]


def ntt(f):  # Algorithm 9
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = ZETAS[i] * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
            i += 1
        length //= 2
    return f


def inverse_ntt(f):  # Algorithm 10
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = ZETAS[i] * (f[j + length] - t) % Q
            i -= 1
        length *= 2
    return [x * 3303 % Q for x in f]


def multiply(f, g):  # Algorithms 11 and 12
    h = [0] * N
    for i in range(128):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i], h[2 * i + 1] = (a * c + b * d * GAMMAS[i]) % Q, (a * d + b * c) % Q
    return h


def add(f, g): return [(a + b) % Q for a, b in zip(f, g)]


def dot(a, b):
    total = [0] * N
    for f, g in zip(a, b):
        total = add(total, multiply(f, g))
    return total


def bits(data): return [data[i // 8] >> (i % 8) & 1 for i in range(8 * len(data))]


def encode(f, d):  # Algorithm 5
    number = sum(x << (d * i) for i, x in enumerate(f))
    return number.to_bytes(32 * d, "little")


def decode(data, d):  # Algorithm 6
    number = int.from_bytes(data, "little")
    values = [number >> (d * i) & (2**d - 1) for i in range(N)]
    return [v % Q for v in values] if d == 12 else values


def compress(f, d): return [((x << d) + Q // 2) // Q % 2**d for x in f]
def decompress(f, d): return [(x * Q + 2 ** (d - 1)) >> d for x in f]


def sample_ntt(seed):  # Algorithm 7
    stream, f, i = hashlib.shake_128(seed).digest(3 * 1000), [], 0
    while len(f) < N:
        c = stream[i:i + 3]
        one, two = c[0] + 256 * (c[1] % 16), c[1] // 16 + 16 * c[2]
        f += [v for v in (one, two) if v < Q]
        i += 3
    return f[:N]


def sample_cbd(data):  # Algorithm 8
    b = bits(data)
    return [(sum(b[2 * i * ETA:(2 * i + 1) * ETA]) - sum(b[(2 * i + 1) * ETA:(2 * i + 2) * ETA])) % Q for i in range(N)]


def prf(s, b): return hashlib.shake_256(s + bytes([b])).digest(64 * ETA)
def matrix(rho): return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def kem_keys(d, z):  # Algorithms 13 and 16
    g = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    a = matrix(rho)
    s = [ntt(sample_cbd(prf(sigma, i))) for i in range(K)]
    e = [ntt(sample_cbd(prf(sigma, K + i))) for i in range(K)]
    t = [add(dot(a[i], s), e[i]) for i in range(K)]
    public = b"".join(encode(f, 12) for f in t) + rho
    return public, (b"".join(encode(f, 12) for f in s), public, z)


def encrypt(public, message, r):  # Algorithm 14
    t, a = [decode(public[384 * i:384 * (i + 1)], 12) for i in range(K)], matrix(public[384 * K:])
    y = [ntt(sample_cbd(prf(r, i))) for i in range(K)]
    e1 = [sample_cbd(prf(r, K + i)) for i in range(K)]
    u = [add(inverse_ntt(dot([a[j][i] for j in range(K)], y)), e1[i]) for i in range(K)]
    mu = decompress(decode(message, 1), 1)
    v = add(add(inverse_ntt(dot(t, y)), sample_cbd(prf(r, 2 * K))), mu)
    return b"".join(encode(compress(f, DU), DU) for f in u) + encode(compress(v, DV), DV)


def kem_encapsulate(public, m):  # Algorithm 17
    g = hashlib.sha3_512(m + hashlib.sha3_256(public).digest()).digest()
    return g[:32], encrypt(public, m, g[32:])


def kem_decapsulate(secret, c):  # Algorithm 18
    s, public, z = secret
    u = [decompress(decode(c[320 * i:320 * (i + 1)], DU), DU) for i in range(K)]
    v = decompress(decode(c[320 * K:], DV), DV)
    keys = [decode(s[384 * i:384 * (i + 1)], 12) for i in range(K)]
    w = [(a - b) % Q for a, b in zip(v, inverse_ntt(dot(keys, [ntt(f) for f in u])))]
    m = encode(compress(w, 1), 1)
    g = hashlib.sha3_512(m + hashlib.sha3_256(public).digest()).digest()
    return g[:32] if encrypt(public, m, g[32:]) == c else hashlib.shake_256(z + c).digest(32)


def curve(secret): return X25519PrivateKey.from_private_bytes(secret)
def curve_public(secret): return curve(secret).public_key().public_bytes_raw()


def expand(seed):
    stream = hashlib.shake_256(seed).digest(96)
    public, secret = kem_keys(stream[:32], stream[32:64])
    return public, secret, stream[64:]


def public_key(seed):
    public, _, x = expand(seed)
    return public + curve_public(x)


def combine(m, x, ct, pk): return hashlib.sha3_256(m + x + ct + pk + b"\\.//^\\").digest()


def encapsulate(public, eseed):
    """The shared secret and the cipher text; `eseed` has 64 bytes."""
    m, ct = kem_encapsulate(public[:1184], eseed[:32])
    ephemeral, pk = curve(eseed[32:]), public[1184:]
    enc = ephemeral.public_key().public_bytes_raw()
    x = ephemeral.exchange(X25519PublicKey.from_public_bytes(pk))
    return combine(m, x, enc, pk), ct + enc


def decapsulate(seed, ct):
    _, secret, x = expand(seed)
    shared = curve(x).exchange(X25519PublicKey.from_public_bytes(ct[1088:]))
    return combine(kem_decapsulate(secret, ct[:1088]), shared, ct[1088:], curve_public(x))
