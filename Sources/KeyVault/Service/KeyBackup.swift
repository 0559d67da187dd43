internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Storage
internal import Synchronization
internal import Trust

/// One key under a passphrase: its record, in which each envelope is sealed with the passphrase's key instead of the tenant's.
struct KeyBackup: Codable, Sendable {
    static let format = "tutti.vault-key/1"
    static let purpose = "vault-backup"
    /// Of the key in the envelopes: a passphrase has one.
    static let number: UInt32 = 0
    var format = Self.format
    var logN = PassphraseKey.usualLogN
    var salt: [UInt8]
    var record: VaultKeyRecord

    static func context(_ record: VaultKeyRecord, _ version: Int) -> SecretContext {
        SecretContext(tenant: record.tenant, purpose: purpose, id: record.id, version: UInt64(clamping: version))
    }

    /// - Throws: `unopenable` for anything that no vault wrote.
    init(parsing bytes: [UInt8], tenant: String) throws(KeyVaultError) {
        guard bytes.count <= VaultLimits.backupBytesMax, let read = try? JSONDecoder().decode(KeyBackup.self, from: Data(bytes)), read.isSound,
            Array(read.record.tenant.utf8) == Array(tenant.utf8)
        else { throw .unopenable }
        self = read
    }

    init(salt: [UInt8], record: VaultKeyRecord) { (self.salt, self.record) = (salt, record) }

    var encoded: [UInt8] {
        get throws(KeyVaultError) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            do { return [UInt8](try encoder.encode(self)) } catch { throw .keeping("\(error)") }
        }
    }

    /// Whoever knows the passphrase can have written it: what a record says here is held to what `generate` and `rotate` make.
    private var isSound: Bool {
        let numbers = record.versions.map(\.number)
        let name = record.id.utf8
        guard format == Self.format, logN == PassphraseKey.usualLogN, salt.count == PassphraseKey.saltBytes, record.isBackedUp, record.revokedAt == nil,
            name.starts(with: "qkey-".utf8), name.count == 37, name.dropFirst(5).allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let algorithm = KeyAlgorithm(rawValue: record.algorithm), KeyAlgorithm(named: record.askedAlgorithm) == algorithm,
            let usage = KeyUsage(rawValue: record.usage), usage.fits(algorithm), let validity = try? KeyValidity(record.validity),
            validity.text == record.validity, (try? KeyVault.check(record.metadata)) != nil,
            record.tokenID.map({ KeyVault.isTokenID($0, kind: record.tokenKind, of: record.id) }) ?? (record.tokenKind == nil),
            (1...VaultLimits.versionsMax).contains(numbers.count),
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }), numbers.allSatisfy({ (1...VaultLimits.versionNumberMax).contains($0) })
        else { return false }
        // The years that timestamps have; beyond them no calendar is asked.
        let times = VaultLimits.backupMilliseconds
        return times.contains(record.createdAt.milliseconds)
            && record.versions.allSatisfy { times.contains($0.createdAt.milliseconds) && $0.expiresAt == validity.end(from: $0.createdAt) }
    }
}

/// Makes keys of passphrases, one at a time and on no task's thread: each takes half a second and 128 MiB.
final class Stretching: Sendable {
    private let isBusy = Mutex(false)

    /// - Throws: `busy`.
    func key(_ passphrase: Secret, salt: [UInt8], logN: Int) async throws(KeyVaultError) -> Secret {
        let isFree = isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard isFree else { throw .busy }
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<Secret, SecretError>, Never>) in
            DispatchQueue.global(qos: .utility).async {
                let key: Result<Secret, SecretError>
                do throws(SecretError) { key = .success(try PassphraseKey.stretch(passphrase, salt: salt, logN: logN)) } catch { key = .failure(error) }
                done.resume(returning: key)
            }
        }
        isBusy.withLock { $0 = false }
        do { return try result.get() } catch { throw .keeping("\(error)") }
    }
}
