package import CryptoSuite

extension PublicKeySuite {
    /// Keeps the contract at the price of a few multiplications and protects from nobody: a public key is the secret's odd word
    /// times a constant, so that both sides agree on the product of the three; a signature is a digest with the public key.
    package static let simulated = PublicKeySuite(
        agreementKey: { publicKey(of: $0) },
        agree: { agreed($0, $1) },
        seal: { sealing($0, $1, $2, $3, $4, $5) },
        open: { opening($0, $1, $2, $3, $4) },
        // The same with one key more, and as many bytes as the real one's.
        hybrid: SealingSuite(
            keyBytes: SealingSuite.hybridBytes.key, overhead: SealingSuite.hybridBytes.overhead,
            publicKey: { secret in publicKey(of: hybridSecret(secret)) + filler(fold(secret) ^ 5, XWing.keyBytes) },
            seal: { recipient, sender, info, associated, plain, entropy in
                guard recipient.count == SealingSuite.hybridBytes.key else { return nil }
                let carried = filler(fold(entropy) ^ 6, XWing.encapsulatedBytes)
                return sealing(
                    Array(recipient.prefix(32)), hybridSecret(sender), info, associated, plain, entropy, bound: [carried, recipient], before: carried)
            },
            open: { secret, sender, info, associated, sealed in
                guard sender.count == SealingSuite.hybridBytes.key, sealed.count >= SealingSuite.hybridBytes.overhead else { return nil }
                let carried = Array(sealed.prefix(XWing.encapsulatedBytes))
                let own = publicKey(of: hybridSecret(secret)) + filler(fold(secret) ^ 5, XWing.keyBytes)
                return opening(
                    hybridSecret(secret), Array(sender.prefix(32)), info, associated, sealed, from: XWing.encapsulatedBytes, bound: [carried, own])
            }),
        signingKey: { spread($0, key: 1) },
        sign: { seed, message in signature(spread(seed, key: 1), message) },
        verify: { publicKey, message, claimed in
            let first = spread(message, key: fold(publicKey))
            return claimed.count == 64 && claimed[..<32].elementsEqual(first) && claimed[32...].elementsEqual(spread(first, key: 2))
        })
}

/// - Parameter bound: what else both sides have to agree on, besides `associated`.
private func sealing(
    _ recipient: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ plain: [UInt8], _ entropy: [UInt8], bound: [[UInt8]] = [],
    before: [UInt8] = []
) -> [UInt8]? {
    guard let shared = agreed(sender, recipient) else { return nil }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(before.count + 48 + plain.count)
    sealed += before
    sealed += entropy.prefix(32)
    sealed += stream(fold(entropy) ^ fold(shared), 0, plain.count, over: plain[...])
    var tag = Tag()
    tag.absorb(shared)
    tag.absorb(publicKey(of: sender))
    tag.absorb(recipient)
    tag.absorb(info)
    tag.absorb(associated)
    tag.absorb(entropy)
    tag.absorb(plain)
    for part in bound { tag.absorb(part) }
    sealed += tag.bytes
    return sealed
}

/// - Parameter from: where the sealed part begins.
private func opening(
    _ secret: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ sealed: [UInt8], from begin: Int = 0, bound: [[UInt8]] = []
) -> [UInt8]? {
    guard sealed.count >= begin + 48, let shared = agreed(secret, sender) else { return nil }
    let entropy = Array(sealed[begin..<begin + 32])
    let cipher = sealed[begin + 32..<sealed.count - 16]
    let plain = stream(fold(entropy) ^ fold(shared), 0, cipher.count, over: cipher)
    var tag = Tag()
    tag.absorb(shared)
    tag.absorb(sender)
    tag.absorb(publicKey(of: secret))
    tag.absorb(info)
    tag.absorb(associated)
    tag.absorb(entropy)
    tag.absorb(plain)
    for part in bound { tag.absorb(part) }
    return tag.bytes.elementsEqual(sealed.suffix(16)) ? plain : nil
}

/// The stream, added to a text as long as it.
private func stream(_ key: UInt64, _ first: UInt64, _ count: Int, over text: ArraySlice<UInt8>) -> [UInt8] {
    var out = stream(key, first, count)
    out.withUnsafeMutableBufferPointer { out in
        text.withUnsafeBufferPointer { text in
            for i in 0..<min(text.count, out.count) { out[i] ^= text[i] }
        }
    }
    return out
}

/// What makes a key or a ciphertext as long as the real one; the same word again and again.
private func filler(_ key: UInt64, _ count: Int) -> [UInt8] {
    let word = mixed(key)
    return words(count) { _ in word }
}

private func hybridSecret(_ secret: [UInt8]) -> [UInt8] { spread(secret, key: 5) }

private func word(_ secret: [UInt8]) -> UInt64 { fold(secret) | 1 }

private func publicKey(of secret: [UInt8]) -> [UInt8] { words(32) { $0 == 0 ? word(secret) &* 0x9E37_79B9_7F4A_7C15 : 0 } }

private func agreed(_ secret: [UInt8], _ publicKey: [UInt8]) -> [UInt8]? {
    guard publicKey.count == 32 else { return nil }
    var theirs: UInt64 = 0
    for i in 0..<8 { theirs |= UInt64(publicKey[i]) << UInt64(8 * i) }
    // As X25519 has points of small order.
    guard theirs != 0 else { return nil }
    let product = word(secret) &* theirs
    return words(32) { mixed(product &+ $0) }
}

/// Of all that both sides have to agree on, in order.
private struct Tag {
    private var hash: UInt64 = 7

    mutating func absorb(_ part: [UInt8]) { hash = mixed(hash &* 3 ^ foldFast(part)) }

    var bytes: [UInt8] { words(16) { $0 == 0 ? hash : mixed(hash &+ 1) } }
}

private func signature(_ publicKey: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let first = spread(message, key: fold(publicKey))
    return first + spread(first, key: 2)
}
