package import Federation
package import Storage

/// What a key may be used for, and nothing else.
package enum KeyUsage: String, Sendable, CaseIterable {
    case encryption
    /// Its public half is given to others, who encapsulate to it.
    case keyExchange = "key_exchange"
    case signing

    package static func usual(_ algorithm: KeyAlgorithm) -> KeyUsage { algorithm.signs ? .signing : .encryption }
    package func fits(_ algorithm: KeyAlgorithm) -> Bool { algorithm.signs == (self == .signing) }
}

/// `active → expired`, by the clock; `→ revoked`, for good. An expired key seals and signs no more, and still opens and verifies; a rotation
/// makes it active again. A revoked key has no private half.
package enum KeyState: String, Sendable, CaseIterable { case active, expired, revoked }

/// What is done with a key.
package enum KeyDeed: Sendable {
    case seal, open, sign, verify

    var usage: KeyUsage {
        switch self {
        case .seal, .open: .encryption
        case .sign, .verify: .signing
        }
    }
    /// Makes something that has to be good for long.
    var isNew: Bool { self == .seal || self == .sign }
}

/// A key of the vault as its record says, without its private halves.
package struct VaultKey: Sendable, Equatable {
    package let record: VaultKeyRecord
    package let algorithm: KeyAlgorithm
    package let usage: KeyUsage
    /// The newest version.
    package let newest: VaultKeyRecord.Version

    /// - Throws: `unopenable` for a record that no vault wrote.
    init(_ record: VaultKeyRecord) throws(KeyVaultError) {
        guard let algorithm = KeyAlgorithm(rawValue: record.algorithm), let usage = KeyUsage(rawValue: record.usage), usage.fits(algorithm),
            let newest = record.versions.last, newest.publicKey.count == algorithm.publicKeyBytes
        else { throw .unopenable }
        (self.record, self.algorithm, self.usage, self.newest) = (record, algorithm, usage, newest)
    }

    package var id: String { record.id }
    /// Sealed by a key in a module, whatever that is made of.
    package var isInModule: Bool { record.tokenID?.hasPrefix(KeyVault.modulePrefix) ?? false }
    /// In a module that says it is a device.
    package var isInHardware: Bool { isInModule && record.tokenKind == KeyVault.hardware }
    /// Versions below are given up.
    package var minVersion: Int { record.versions.first?.number ?? newest.number }

    package func state(at now: Instant) -> KeyState {
        if record.revokedAt != nil { return .revoked }
        return newest.expiresAt <= now ? .expired : .active
    }

    /// What the record says, for whoever only looks.
    package var publicKey: PublicKey { PublicKey(trusted: algorithm, newest.publicKey) }

    /// - Throws: `wrongUse`, `unusable`.
    func allow(_ deed: KeyDeed, at now: Instant) throws(KeyVaultError) {
        guard usage == deed.usage else { throw .wrongUse(key: id, why: "is for \(usage.rawValue) and not for \(deed.usage.rawValue)") }
        switch state(at: now) {
        case .active: break
        case .expired: if deed.isNew { throw .unusable(key: id, why: "is expired; rotate it, or make another one") }
        case .revoked: throw .unusable(key: id, why: "is revoked; make another one")
        }
    }

    /// The versions that are tried, newest first.
    /// - Throws: `field` for one that is not there.
    func versions(_ number: Int?) throws(KeyVaultError) -> [VaultKeyRecord.Version] {
        guard let number else { return record.versions.reversed() }
        guard let one = record.versions.first(where: { $0.number == number }) else {
            throw .field("key_version", problem: "is none of this key's; they go from \(minVersion) to \(newest.number)")
        }
        return [one]
    }

    /// What the private half is bound to: everything that the record says of it. Each text stands behind its length.
    static func binding(_ record: VaultKeyRecord, _ version: VaultKeyRecord.Version) -> [UInt8] {
        func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        func part(_ bytes: some Collection<UInt8>) -> [UInt8] { number(Int64(bytes.count)) + bytes }
        var bytes = Array("tutti vault key 1".utf8)
        for text in [
            record.tenant, record.id, record.algorithm, record.askedAlgorithm, record.usage, record.validity, record.isBackedUp ? "1" : "0",
            record.tokenID ?? "",
        ] { bytes += part(text.utf8) }
        for (name, value) in record.metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { bytes += part(name.utf8) + part(value.utf8) }
        for value in [record.createdAt.milliseconds, Int64(version.number), version.createdAt.milliseconds, version.expiresAt.milliseconds] {
            bytes += number(value)
        }
        bytes += part(version.publicKey)
        // Records from before there were modules have no such part.
        return record.tokenKind.map { bytes + part($0.utf8) } ?? bytes
    }
}
