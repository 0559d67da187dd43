internal import COpenSSL
package import CryptoSuite

/// What all other keys are wrapped with: one, and while it is replaced the new one and the old one.
package struct MasterKeys: Sendable, Equatable {
    package struct Key: Sendable, Equatable {
        package var number: UInt32
        /// 32 bytes.
        package var secret: Secret
        package init(number: UInt32, secret: Secret) {
            self.number = number
            self.secret = secret
        }
    }

    /// Newest first, at least one.
    package let keys: [Key]
    package var newest: Key { keys[0] }

    /// The first one of a folder.
    package init(random: RandomSource) { self.init(keys: [Key(number: 1, secret: Secret(random.bytes(SecretEnvelope.keyBytes)))]) }

    init(keys: [Key]) {
        precondition(!keys.isEmpty, "there is a master key")
        self.keys = keys
    }

    package func key(_ number: UInt32) -> Key? { keys.first { $0.number == number } }

    /// With a new one in front of those that are still needed.
    package func rotated(random: RandomSource) -> MasterKeys {
        MasterKeys(keys: [Key(number: newest.number &+ 1, secret: Secret(random.bytes(SecretEnvelope.keyBytes)))] + keys)
    }

    /// When nothing is wrapped with the others any more.
    package var settled: MasterKeys { MasterKeys(keys: [newest]) }

    // MARK: Bytes

    /// A count in one byte, then each key's number (4 bytes) and secret (32 bytes).
    var encoded: [UInt8] { [UInt8(truncatingIfNeeded: keys.count)] + keys.flatMap { bigEndian($0.number) + $0.secret.bytes } }

    init?(encoded bytes: [UInt8]) {
        let one = 4 + SecretEnvelope.keyBytes
        guard let count = bytes.first.map(Int.init), (1...Limits.masterKeysMax).contains(count), bytes.count == 1 + count * one else { return nil }
        keys = (0..<count).map { index in
            let part = bytes[(1 + index * one)..<(1 + (index + 1) * one)]
            return Key(number: part.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, secret: Secret(Array(part.dropFirst(4))))
        }
        guard Set(keys.map(\.number)).count == count else { return nil }
    }
}

/// `master.key` of a data folder: as it is (mode 0600), or sealed with a passphrase. Sealed by a token: `MasterKeyGuard`.
package enum MasterKeyFile {
    package static let name = "master.key"
    static let context = SecretContext(tenant: "", purpose: "master-keys", id: "", version: 0)
    private static let (plain, withPassphrase): (UInt8, UInt8) = (1, 2)
    static let withToken: UInt8 = 3
    private static let saltBytes = 16

    /// - Parameter passphrase: nil: the file is what protects them.
    package static func write(_ keys: MasterKeys, to path: String, passphrase: Secret?, random: RandomSource) throws(TrustError) {
        guard let passphrase else { return try SecretFile.write(DurableForm.encode([plain] + keys.encoded), to: path) }
        let salt = random.bytes(saltBytes)
        let head = [withPassphrase, UInt8(Limits.scryptLogN)] + salt
        let envelope: [UInt8]
        do throws(SecretError) {
            envelope = try SecretEnvelope.seal(
                keys.encoded, .masterKeys, key: try stretched(passphrase, salt, logN: Limits.scryptLogN, path), number: 0, context,
                salt: random.bytes(SecretEnvelope.saltBytes))
        } catch { throw .file(path: path, problem: "\(error)") }
        try SecretFile.write(DurableForm.encode(head + envelope), to: path)
    }

    /// - Throws: `TrustError.file` for a damaged file, and when it has a passphrase that is not this one.
    package static func read(_ path: String, passphrase: Secret?) throws(TrustError) -> (keys: MasterKeys, hasPassphrase: Bool) {
        guard let payload = DurableForm.decode(try SecretFile.read(path)), let mode = payload.first else {
            throw .file(path: path, problem: "it is damaged: its checksum does not match")
        }
        let headBytes = 2 + saltBytes
        switch mode {
        case plain:
            guard let keys = MasterKeys(encoded: Array(payload.dropFirst())) else { throw .file(path: path, problem: "it holds no master key") }
            return (keys, false)
        case withPassphrase:
            guard let passphrase else { throw .file(path: path, problem: "it is sealed with a passphrase, and none is configured") }
            guard payload.count > headBytes, (1...Limits.scryptLogNMax).contains(Int(payload[1])) else {
                throw .file(path: path, problem: "it holds no master key")
            }
            do throws(SecretError) {
                let key = try stretched(passphrase, Array(payload[2..<headBytes]), logN: Int(payload[1]), path)
                let opened = try SecretEnvelope.open(Array(payload[headBytes...]), .masterKeys, key: key, number: 0, context)
                guard let keys = MasterKeys(encoded: opened.bytes) else { throw .unopenable }
                return (keys, true)
            } catch { throw .file(path: path, problem: "the passphrase does not open it") }
        case withToken: throw .file(path: path, problem: "it is sealed by a token of PKCS #11, and none is configured")
        default: throw .file(path: path, problem: "it was written by a newer version")
        }
    }

    /// scrypt (RFC 7914) with r = 8 and p = 1: 128 MiB and about half a second at N = 2^17.
    static func stretched(_ passphrase: Secret, _ salt: [UInt8], logN: Int, _ path: String) throws(SecretError) -> Secret {
        var key = [UInt8](repeating: 0, count: SecretEnvelope.keyBytes)
        let phrase = passphrase.bytes
        let n = UInt64(1) << UInt64(logN)
        let done = phrase.withUnsafeBytes { bytes in
            EVP_PBE_scrypt(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, salt, salt.count, n, 8, 1, 128 * 8 * n + (32 << 20), &key, key.count)
        }
        guard done == 1 else { throw .keeping(TrustError.file(path: path, problem: "there is no memory for its passphrase")) }
        return Secret(key)
    }
}
