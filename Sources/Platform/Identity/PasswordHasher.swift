internal import Compute
internal import CryptoExtras
internal import CryptoSuite
internal import Storage
internal import Synchronization
internal import Foundation

/// The cost of scrypt (RFC 7914).
package struct ScryptCost: Sendable, Equatable {
    /// N, a power of two.
    package var rounds: Int
    package var blockSize: Int
    package var parallelism: Int
    package init(rounds: Int, blockSize: Int, parallelism: Int) {
        self.rounds = rounds
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// 128 MiB and some tenths of a second: what OWASP asks for.
    package static let standard = ScryptCost(rounds: 1 << 17, blockSize: 8, parallelism: 1)
    static let hashBytes = 32
    static let saltBytes = 16
}

/// Hashes passwords on threads of its own, so few at once that logins cannot take the memory, with so few waiting that nobody
/// waits for ever.
final class PasswordHasher: Sendable {
    /// Made when the first password comes.
    private let pool = Mutex(ComputePool?.none)
    private let underWay = Mutex(0)
    private let cost: ScryptCost

    init(cost: ScryptCost) { self.cost = cost }

    /// - Throws: `busy`.
    func hash(_ password: String, salt: [UInt8]) async throws(IdentityError) -> PasswordHash {
        let hash = try await derive(password, salt, cost)
        return PasswordHash(rounds: cost.rounds, blockSize: cost.blockSize, parallelism: cost.parallelism, salt: salt, hash: hash)
    }

    /// Takes the same time whether there is anything to compare with or not.
    /// - Parameter kept: nil: nobody has that name.
    func matches(_ password: String, _ kept: PasswordHash?) async throws(IdentityError) -> Bool {
        let cost = kept.map { ScryptCost(rounds: $0.rounds, blockSize: $0.blockSize, parallelism: $0.parallelism) } ?? cost
        let hash = try await derive(password, kept?.salt ?? [UInt8](repeating: 0x5A, count: ScryptCost.saltBytes), cost)
        return constantTimeEqual(hash, kept?.hash ?? []) && kept != nil
    }

    private func derive(_ password: String, _ salt: [UInt8], _ cost: ScryptCost) async throws(IdentityError) -> [UInt8] {
        let hasRoom = underWay.withLock { count in
            guard count < IdentityLimits.hashesAtOnce + IdentityLimits.hashesWaiting else { return false }
            count += 1
            return true
        }
        guard hasRoom else { throw .busy(retryAfterSeconds: IdentityLimits.busyRetrySeconds) }
        defer { underWay.withLock { $0 -= 1 } }
        let bytes = Self.prepared(password)
        let pool = pool.withLock { pool in
            let made = pool ?? ComputePool(threads: IdentityLimits.hashesAtOnce, name: "passwords")
            pool = made
            return made
        }
        guard let hash = await pool.run({ scrypt(bytes, salt: salt, cost, count: ScryptCost.hashBytes) }) else {
            throw .internalError(cause: "scrypt cannot be computed")
        }
        return hash
    }

    /// What is typed on different keyboards as the same text becomes the same bytes (RFC 8265 §4.2: Unicode's form C).
    static func prepared(_ password: String) -> [UInt8] { Array(password.precomposedStringWithCanonicalMapping.utf8) }
}

/// scrypt (RFC 7914).
/// - Returns: `count` bytes; nil for an empty password or salt, for parameters that scrypt does not take, and without the memory.
package func scrypt(_ password: [UInt8], salt: [UInt8], _ cost: ScryptCost, count: Int) -> [UInt8]? {
    guard !password.isEmpty, !salt.isEmpty, cost.rounds > 1, cost.rounds & (cost.rounds - 1) == 0, cost.rounds <= 1 << 20, (1...32).contains(cost.blockSize),
        (1...16).contains(cost.parallelism)
    else { return nil }
    let key = try? KDF.Scrypt.deriveKey(
        from: password, salt: salt, outputByteCount: count, rounds: cost.rounds, blockSize: cost.blockSize, parallelism: cost.parallelism)
    return key?.withUnsafeBytes { Array($0) }
}
