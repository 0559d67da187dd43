package import Federation
internal import Foundation
internal import Synchronization
package import Trust

/// Signs access tokens and reads them. Keys change by themselves, when a token is signed and another key is due: first in the file,
/// then in use.
package final class TokenIssuer: Sendable {
    private let keys: Mutex<SigningKeys>
    private let random: RandomSource
    private let save: @Sendable (SigningKeys) throws(TrustError) -> Void

    /// - Parameter save: makes new keys durable before they are used.
    package init(keys: SigningKeys, random: RandomSource, save: @escaping @Sendable (SigningKeys) throws(TrustError) -> Void = { _ throws(TrustError) in }) {
        self.keys = Mutex(keys)
        self.random = random
        self.save = save
    }

    /// With the keys in a secret file, which is made when it is not there.
    package convenience init(file path: String, random: RandomSource, now: Instant) throws(TrustError) {
        let keys: SigningKeys
        if FileManager.default.fileExists(atPath: path) {
            guard let kept = SigningKeys(encoded: try SecretFile.read(path)) else {
                throw .file(path: path, problem: "it is damaged: it holds no signing keys; restore it from a backup, or remove it, which ends all access tokens")
            }
            keys = kept
        } else {
            keys = SigningKeys(random, now: now)
            try SecretFile.write(keys.encoded, to: path)
        }
        self.init(keys: keys, random: random) { keys throws(TrustError) in try SecretFile.write(keys.encoded, to: path) }
    }

    /// - Parameters:
    ///   - subject: id of the user or client.
    ///   - login: id of a user's login.
    package func issue(
        subject: String, tenant: String, scopes: Set<Scope>, audiences: Set<APIFamily>, login: String? = nil, lifetimeSeconds: Int, now: Instant
    ) async throws(IdentityError) -> String {
        let (issuer, key) = present(now)
        let issued = now.milliseconds / 1000
        let claims = TokenClaims(
            iss: issuer, aud: APIFamily.allCases.filter(audiences.contains).map(\.rawValue), sub: subject, tid: tenant,
            scope: Scope.names(scopes).joined(separator: " "), jti: identifier("tok_", random), iat: issued, exp: issued + Int64(lifetimeSeconds), sid: login)
        return try await TokenCodec.sign(claims, key)
    }

    /// A key that cannot be stored is not used: the one there is goes on, and the next token tries again.
    private func present(_ now: Instant) -> (issuer: String, key: SigningKey) {
        keys.withLock { keys in
            if keys.isDue(now) {
                let next = keys.rotated(random: random.bytes(SigningKey.randomBytes), now: now)
                if (try? save(next)) != nil { keys = next }
            }
            return (keys.issuer, keys.current)
        }
    }

    enum Reading: Sendable, Equatable {
        case claims(TokenClaims)
        case expired
        case unknown
    }

    func read(_ text: String, now: Instant) async -> Reading {
        guard let id = TokenClaims.keyID(of: text) else { return .unknown }
        let (issuer, key) = keys.withLock { ($0.issuer, $0.key(id)) }
        guard let key, let claims = await TokenCodec.claims(of: text, key) else { return .unknown }
        switch claims.verdict(issuer: issuer, now: now) {
        case .good: return .claims(claims)
        case .expired: return .expired
        case .refused: return .unknown
        }
    }
}
