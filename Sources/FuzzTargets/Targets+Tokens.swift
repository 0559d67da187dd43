internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Platform
internal import Storage
internal import StrictJSON
internal import Trust

extension FuzzTarget {
    private static let secret = [UInt8](0..<32)
    private static let now = Instant(milliseconds: 1_800_000_000_000)
    private static let header = #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#

    /// A client that is there, and the keys that its tokens are signed with.
    private static func identity() async throws -> Identity {
        let file: JSON = [
            "issuer": "tutti-fuzz",
            "keys": .array([["kid": "k1", "secret": .string(base64URL(secret)), "created_ms": .integer(now.milliseconds)]]),
        ]
        guard let keys = SigningKeys(encoded: file.encoded()) else { throw FuzzFailure("no signing keys") }
        let store = MemoryStore(suite: .system)
        let drawn = RandomSource { [UInt8](repeating: 7, count: $0) }
        let identity = Identity(store: store, tokens: TokenIssuer(keys: keys, random: drawn), random: drawn)
        _ = try await identity.createOAuthClient(name: "fuzz", by: .platform(id: "admin"), now: now)
        return identity
    }

    private static func signed(_ header: String, _ payload: some Sequence<UInt8>) -> String {
        let content = base64URL(Array(header.utf8)) + "." + base64URL(Array(payload))
        return content + "." + base64URL(CryptoSuite.system.hmacSHA256(secret, Array(content.utf8)))
    }

    /// The client's id is drawn, and the drawing repeats.
    private static let client = "oc_" + String(repeating: "07", count: 16)
    private static func claims(_ more: String = "") -> String {
        #"{"iss":"tutti-fuzz","aud":["v1","v2","phi"],"sub":"SUBJECT","tid":"default","scope":"models jobs","jti":"tok_1","iat":1799999000,"exp":1800003600MORE}"#
            .replacing("SUBJECT", with: client).replacing("MORE", with: more)
    }

    static let accessToken = FuzzTarget(
        "access-token", feeds: "access tokens: as a stranger sends them, and any header and claims under our own signature", maximumBytes: 2048, share: 0.5,
        words: [
            "\"alg\":\"none\"", "\"alg\":\"HS256\"", "\"alg\":\"RS256\"", "\"kid\":\"k1\"", "\"kid\":\"../k\"", "\"typ\":\"JWT\"", "\"crit\":[\"exp\"]",
            "\"jwk\":{", "\"jku\":",
            "\"exp\":", "\"nbf\":", "\"iat\":", "\"aud\":", "\"iss\":", "\"sid\":", "9223372036854775807", "-9223372036854775808", "1e400", "eyJ", ".", "=",
            "-", "_",
        ],
        seeds: {
            [
                Seed("token", "\u{0}" + signed(header, claims().utf8)), Seed("none", "\u{0}" + base64URL(Array(#"{"alg":"none"}"#.utf8)) + ".e30."),
                Seed("claims", "\u{1}" + claims()), Seed("not-before", "\u{1}" + claims(#","nbf":1800000020"#)),
                Seed("login", "\u{1}" + claims(#","sid":"l""#)),
                Seed("expired", "\u{1}" + claims().replacing("1800003600", with: "1799999969")),
                Seed("early", "\u{1}" + claims().replacing("1799999000", with: "1800000031")), Seed("header", "\u{2}" + header),
                Seed("confused", "\u{2}" + #"{"alg":"RS256","kid":"k1","typ":"JWT"}"#),
                Seed("key-along", "\u{2}" + #"{"alg":"HS256","kid":"k1","typ":"JWT","jwk":{"kty":"oct","k":"AA"}}"#),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let kind = input.byte() % 3
            guard let rest = String(validating: input.rest, as: UTF8.self) else { return }
            let text =
                switch kind {
                case 0: rest
                case 1: signed(header, rest.utf8)
                default: signed(rest, claims().utf8)
                }
            let found = try OwnThread.run {
                let identity = try await identity()
                let first = try await identity.authenticate(bearer: text, now: now, audience: .v2)
                try expect(try await identity.authenticate(bearer: text, now: now, audience: .v2) == first, "the second time it is worth something else")
                return first
            }
            try judge(text, found)
        })

    private static func judge(_ text: String, _ found: Authentication) throws {
        if case .unknown = found { return }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let head = Data(base64URL: parts[0]), let body = Data(base64URL: parts[1]) else {
            throw FuzzFailure("a token that has not three parts")
        }
        let content = Array("\(parts[0]).\(parts[1])".utf8)
        try expect(parts[2] == base64URL(CryptoSuite.system.hmacSHA256(secret, content)), "what we did not sign is taken for ours")
        guard let header = try JSONSerialization.jsonObject(with: head) as? [String: Any] else { throw FuzzFailure("a header that is no object") }
        try expect(header.count == 3 && header["alg"] as? String == "HS256" && header["kid"] as? String == "k1", "a header that chooses")
        guard let claims = try JSONSerialization.jsonObject(with: body) as? [String: Any] else { throw FuzzFailure("claims that are no object") }
        try expect(claims["iss"] as? String == "tutti-fuzz", "another issuer's token")
        // Whole seconds; what is none was not read as one.
        func seconds(_ name: String) -> Double? { (claims[name] as? NSNumber).map { $0.doubleValue } }
        guard let issued = seconds("iat"), let until = seconds("exp") else { throw FuzzFailure("a token without its times") }
        let present = Double(now.milliseconds / 1000)
        try expect(issued <= present + 30, "a token of a time to come")
        try expect((seconds("nbf") ?? issued) <= present + 30, "a token that is not good yet")
        guard case .principal(let principal) = found else { return }
        try expect(until > present - 30, "a token that has ended")
        try expect(principal.id == client && principal.tenant == "default" && principal.id == claims["sub"] as? String, "somebody else")
        try expect(claims["tid"] as? String == principal.tenant, "another tenant")
        try expect((claims["aud"] as? [String])?.contains("v2") == true, "a token for other services")
        let named = Set((claims["scope"] as? String ?? "").split(separator: " ").map(String.init))
        try expect(Set(Scope.names(principal.scopes)).isSubset(of: named), "a scope that the token does not have")
    }
}

extension Data {
    fileprivate init?(base64URL text: String) {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}
