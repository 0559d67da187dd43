internal import CryptoSuite
package import Federation
internal import StrictJSON
package import Trust

/// One generation of the secret that signs access tokens.
package struct SigningKey: Sendable, Equatable {
    package let id: String
    let secret: Secret
    package let createdAt: Instant

    /// - Parameter random: 40 bytes.
    init(random: [UInt8], now: Instant) {
        precondition(random.count == Self.randomBytes, "a signing key is made of \(Self.randomBytes) random bytes")
        id = hexadecimal(random.prefix(Self.idBytes))
        secret = Secret(Array(random.dropFirst(Self.idBytes)))
        createdAt = now
    }

    init?(id: String, secret: [UInt8], createdAt: Instant) {
        guard (1...64).contains(id.utf8.count), secret.count == IdentityLimits.signingSecretBytes else { return nil }
        self.id = id
        self.secret = Secret(secret)
        self.createdAt = createdAt
    }

    private static let idBytes = 8
    static let randomBytes = idBytes + IdentityLimits.signingSecretBytes
}

/// The secrets that sign access tokens, the present one and the one before it, and the name under which they do. A token outlives one
/// change of keys, never two: keys change after a month, tokens end after a day.
package struct SigningKeys: Sendable, Equatable {
    /// `iss` of every token: this folder's alone, so that no other coordinator's token is taken for ours.
    package let issuer: String
    /// The newest first; one or two.
    private(set) var generations: [SigningKey]

    package init(_ random: RandomSource, now: Instant) {
        issuer = "tutti-" + hexadecimal(random.bytes(8))
        generations = [SigningKey(random: random.bytes(SigningKey.randomBytes), now: now)]
    }

    var current: SigningKey { generations[0] }

    func key(_ id: String) -> SigningKey? { generations.first { $0.id == id } }

    /// Whether the present key is so old that another one is due. A clock that was set back changes nothing.
    func isDue(_ now: Instant) -> Bool { now.seconds(since: current.createdAt) >= Double(IdentityLimits.signingKeySeconds) }

    /// With a new key in front; what is older than the one before it is gone, with the tokens it has signed.
    func rotated(random: [UInt8], now: Instant) -> SigningKeys {
        var next = self
        next.generations = Array(([SigningKey(random: random, now: now)] + generations).prefix(IdentityLimits.signingGenerations))
        return next
    }

    // MARK: As a file

    private static let digestName = "sha256"

    private var json: JSON {
        [
            "issuer": .string(issuer),
            "keys": .array(
                generations.map {
                    ["kid": .string($0.id), "secret": .string(base64URL($0.secret.bytes)), "created_ms": .integer($0.createdAt.milliseconds)]
                }),
        ]
    }

    /// A bit that flips in a secret would end every token without a word, so the file says what it is: SHA-256 of the rest.
    private var digest: String { hexadecimal(CryptoSuite.system.sha256(json.encoded())) }

    package var encoded: [UInt8] { JSON.object((json.members ?? []) + [.init(Self.digestName, .string(digest))]).encoded() + [UInt8(ascii: "\n")] }

    /// nil for what `encoded` has not written; files of before there was a digest have none.
    package init?(encoded content: [UInt8]) {
        guard content.count <= IdentityLimits.signingFileBytesMax, let json = try? JSON(parsing: content), let issuer = json["issuer"]?.text, !issuer.isEmpty,
            let listed = json["keys"]?.elements, (1...IdentityLimits.signingGenerations).contains(listed.count)
        else { return nil }
        var keys: [SigningKey] = []
        for entry in listed {
            guard let id = entry["kid"]?.text, let secret = entry["secret"]?.text.flatMap({ bytes(base64URL: $0) }),
                let created = entry["created_ms"]?.whole,
                let key = SigningKey(id: id, secret: secret, createdAt: Instant(milliseconds: created)), !keys.contains(where: { $0.id == id })
            else { return nil }
            keys.append(key)
        }
        self.issuer = issuer
        generations = keys
        if let told = json[Self.digestName] { guard told.text == digest else { return nil } }
    }
}
