internal import CryptoSuite
internal import JWTKit

/// Signs and verifies with JWTKit: the one place that knows it. It is given one key and one algorithm, so that nothing in a token
/// can choose another; what the claims mean is decided by `TokenClaims`, at the instant of the caller.
enum TokenCodec {
    static func sign(_ claims: TokenClaims, _ key: SigningKey) async throws(IdentityError) -> String {
        do { return try await keys(key).sign(Payload(claims: claims), kid: JWKIdentifier(string: key.id)) } catch {
            throw .internalError(cause: "a token cannot be signed: \(error)")
        }
    }

    /// nil: it is not signed with this key, or does not say what our tokens say. The header has been looked at (`TokenClaims.keyID`).
    static func claims(of text: String, _ key: SigningKey) async -> TokenClaims? {
        try? await keys(key).verify(text, as: Payload.self).claims
    }

    private static func keys(_ key: SigningKey) async -> JWTKeyCollection {
        await JWTKeyCollection().add(hmac: HMACKey(from: key.secret.bytes), digestAlgorithm: .sha256, kid: JWKIdentifier(string: key.id))
    }

    private struct Payload: JWTPayload {
        var claims: TokenClaims

        init(claims: TokenClaims) { self.claims = claims }
        init(from decoder: any Decoder) throws { claims = try TokenClaims(from: decoder) }
        func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }
        /// `TokenClaims.verdict` decides.
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
}
