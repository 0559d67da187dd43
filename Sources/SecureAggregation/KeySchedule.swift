package import CryptoSuite

/// Every digest and key of an attempt, each with a label of its own and bound to what both sides must have seen alike.
package enum KeySchedule {
    /// T1 = H(parameters, adverts): binds the sealing of shares.
    package static func firstTranscript(parameters: [UInt8], adverts: [UInt8], suite: CryptoSuite) -> [UInt8] {
        suite.sha256(label("transcript 1") + parameters + adverts)
    }

    /// T = H(T1, members confirmed): binds every mask, signature and answer.
    package static func transcript(first: [UInt8], confirmed: [UInt8], suite: CryptoSuite) -> [UInt8] {
        suite.sha256(label("transcript") + first + confirmed)
    }

    /// The AES-128 key of the mask that two members share.
    /// - Parameter agreed: what both have: their Diffie-Hellman secret, or that of their edge.
    package static func pairKey(
        agreed: [UInt8], own: (index: Int, key: [UInt8]), other: (index: Int, key: [UInt8]), transcript: [UInt8], suite: CryptoSuite
    ) -> Secret {
        let (low, high) = own.index < other.index ? (own, other) : (other, own)
        var info = CanonicalWriter()
        info.label("pair")
        info.number32(low.index)
        info.number32(high.index)
        info.fixed(low.key)
        info.fixed(high.key)
        info.number32(0)
        return Secret(suite.hkdfSHA256(agreed, transcript, info.bytes, 16))
    }

    /// The AES-128 key of a member's own mask.
    package static func selfKey(seed: [UInt8], index: Int, transcript: [UInt8], suite: CryptoSuite) -> Secret {
        var info = CanonicalWriter()
        info.label("self")
        info.number32(index)
        info.number32(0)
        return Secret(suite.hkdfSHA256(seed, transcript, info.bytes, 16))
    }

    package static let edgeSecretBytes = 32

    /// The secret of an edge (X-Wing): of its lower member's secret m, so that shares of m open it when that member drops out.
    package static func edgeSecret(maskSecret: [UInt8], lower: Int, higher: Int, first: [UInt8], suite: CryptoSuite) -> [UInt8] {
        var info = CanonicalWriter()
        info.label("edge")
        info.number32(lower)
        info.number32(higher)
        return suite.hkdfSHA256(maskSecret, first, info.bytes, edgeSecretBytes)
    }

    /// H(context, secret): shows the higher member, and afterwards the coordinator, that the secret is the lower member's.
    package static func edgeCommitment(secret: [UInt8], lower: Int, higher: Int, first: [UInt8], suite: CryptoSuite) -> [UInt8] {
        var writer = CanonicalWriter()
        writer.label("edge")
        writer.fixed(first)
        writer.number32(lower)
        writer.number32(higher)
        writer.fixed(secret)
        return suite.sha256(writer.bytes)
    }

    /// HPKE's `info` of a sealed edge.
    package static func edgeInfo(first: [UInt8]) -> [UInt8] { label("seal edge") + first }

    /// H(b): shows afterwards that the seed put together is the dealer's.
    package static func seedCommitment(seed: [UInt8], dealer: Int, first: [UInt8], suite: CryptoSuite) -> [UInt8] {
        var writer = CanonicalWriter()
        writer.label("seed")
        writer.fixed(first)
        writer.number32(dealer)
        writer.fixed(seed)
        return suite.sha256(writer.bytes)
    }

    /// H(context, share, salt): shows that a share is the one the dealer dealt, and nothing of the share.
    package static func shareCommitment(
        _ kind: ShareKind, share: [UInt8], salt: [UInt8], dealer: Int, holder: Int, first: [UInt8], suite: CryptoSuite
    ) -> [UInt8] {
        var writer = CanonicalWriter()
        writer.label("share")
        writer.fixed(first)
        writer.number8(Int(kind.rawValue))
        writer.number32(dealer)
        writer.number32(holder)
        writer.fixed(share)
        writer.fixed(salt)
        return suite.sha256(writer.bytes)
    }

    /// HPKE's `info` of a sealed pair of shares.
    package static func sealingInfo(first: [UInt8]) -> [UInt8] { label("seal") + first }

    /// HPKE's associated data: between whom, and for which bundle of the dealer.
    package static func sealingContext(dealer: Int, holder: Int, bundle: [UInt8]) -> [UInt8] {
        var writer = CanonicalWriter()
        writer.number32(dealer)
        writer.number32(holder)
        writer.fixed(bundle)
        return writer.bytes
    }

    /// What every label begins with.
    static let labelBegin = Array("tutti secagg 1 ".utf8)

    static func label(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40)
        bytes += labelBegin
        bytes += text.utf8
        bytes.append(0)
        return bytes
    }
}

/// Which of the two secrets of a member a share is of.
package enum ShareKind: UInt8, Sendable, Equatable {
    /// The seed of its own mask (b), revealed where it survived.
    case selfSeed = 1
    /// The secret mask key (m), revealed where it dropped out.
    case maskKey = 2
}

/// The secrets of one client and attempt, all made of one entropy of 32 bytes. The parameters' digest goes in, so that even a
/// generator that repeats itself gives other keys in every attempt.
struct AttemptSecrets: Sendable {
    /// b.
    let selfSeed: Secret
    /// m, the secret of this client's mask key.
    let maskSecret: Secret
    /// The secret that opens shares sealed to this client.
    let shareSecret: Secret
    private let root: Secret
    private let parameters: [UInt8]

    init(entropy: Secret, parameters: [UInt8], index: Int, suite: CryptoSuite) {
        root = Secret(suite.hkdfSHA256(entropy.bytes, parameters, KeySchedule.label("attempt") + [UInt8(index & 255), UInt8(index >> 8 & 255)], 32))
        self.parameters = parameters
        selfSeed = Secret(Self.derive(root, parameters, "self seed", 0, 32, suite))
        maskSecret = Secret(Self.derive(root, parameters, "mask key", 0, 32, suite))
        shareSecret = Secret(Self.derive(root, parameters, "share key", 0, 32, suite))
    }

    func nonce(_ suite: CryptoSuite) -> [UInt8] { derive("nonce", 0, 32, suite) }
    func polynomial(_ kind: ShareKind, _ suite: CryptoSuite) -> [UInt8] { derive("polynomial", Int(kind.rawValue), 32, suite) }
    func salt(_ kind: ShareKind, holder: Int, _ suite: CryptoSuite) -> [UInt8] { derive("salt", holder << 2 | Int(kind.rawValue), 16, suite) }
    func sealing(holder: Int, _ suite: CryptoSuite) -> [UInt8] { derive("ephemeral", holder, 32, suite) }
    func edgeSealing(member: Int, _ suite: CryptoSuite) -> [UInt8] { derive("edge ephemeral", member, 32, suite) }

    private func derive(_ name: StaticString, _ number: Int, _ count: Int, _ suite: CryptoSuite) -> [UInt8] {
        Self.derive(root, parameters, name, number, count, suite)
    }

    private static func derive(_ root: Secret, _ parameters: [UInt8], _ name: StaticString, _ number: Int, _ count: Int, _ suite: CryptoSuite) -> [UInt8] {
        var info = CanonicalWriter()
        info.label(name)
        info.number32(number)
        return suite.hkdfSHA256(root.bytes, parameters, info.bytes, count)
    }
}
