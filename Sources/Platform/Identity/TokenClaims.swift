internal import CryptoSuite
internal import Federation
internal import StrictJSON

/// What an access token says (RFC 7519 §4.1; `scope` as in RFC 8693 §4.2, `sid` as in OpenID Connect). Times in seconds since 1970.
struct TokenClaims: Sendable, Equatable, Codable {
    var iss: String
    var aud: [String]
    var sub: String
    /// The tenant.
    var tid: String
    /// Names of scopes with blanks in between.
    var scope: String
    var jti: String
    var iat: Int64
    var exp: Int64
    /// Ours have none; a token that has one is not good before.
    var nbf: Int64?
    /// The login; a user's token has one.
    var sid: String?

    enum Verdict: Sendable, Equatable {
        case good, expired
        /// Another issuer's, or of a time to come.
        case refused
    }

    /// The times and the issuer; the audience is compared where it is known who asks.
    func verdict(issuer: String, now: Instant) -> Verdict {
        let (seconds, leeway) = (now.milliseconds / 1000, IdentityLimits.leewaySeconds)
        guard iss == issuer, iat <= seconds + leeway, (nbf ?? iat) <= seconds + leeway else { return .refused }
        return seconds - leeway < exp ? .good : .expired
    }

    var audiences: Set<APIFamily> { Set(aud.compactMap(APIFamily.init(rawValue:))) }
    var scopes: Set<Scope> { Scope.known(scope.split(separator: " ").map(String.init)) }

    /// Which key a text says it is signed with (RFC 7515 compact form). nil for what can be no token of ours: three parts of strict
    /// base64url, a header with `alg` HS256, `kid` and `typ` JWT and nothing else. So no header chooses an algorithm, brings a key
    /// along or asks for anything that is not understood here.
    static func keyID(of text: String) -> String? {
        guard text.utf8.count <= IdentityLimits.bearerBytesMax else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        // Claims with a name twice are two tokens in one (RFC 7519 §4).
        guard parts.count == 3, let header = bytes(base64URL: parts[0]), let claims = bytes(base64URL: parts[1]), (try? JSON(parsing: claims)) != nil,
            bytes(base64URL: parts[2])?.count == 32, let json = try? JSON(parsing: header), let members = json.members, members.count == 3,
            json["alg"]?.text == "HS256",
            json["typ"]?.text == "JWT"
        else { return nil }
        return json["kid"]?.text
    }
}
