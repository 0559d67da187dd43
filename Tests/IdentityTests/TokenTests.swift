import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

@Suite struct TokenTests {
    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/identity/tokens.json")

    /// Tokens that PyJWT made with our keys, good and hostile (`Tests/Golden/make_access_tokens.py`).
    @Test func tokensOfAnotherProgramAreBelievedOrRefused() async throws {
        let document = try JSON(parsing: [UInt8](try Data(contentsOf: Self.golden)))
        let now = Instant(milliseconds: try #require(document["now"]?.whole) * 1000)
        let written = try #require(document["keys"])
        let keys = try #require(SigningKeys(encoded: written.encoded()))
        let store = MemoryStore(suite: .system)
        for id in ["oc_one", "oc_gone"] {
            var client = OAuthClientRecord(
                id: id, tenant: "default", name: id, secretHash: [], scopes: ["models", "monitoring"], createdAt: now, createdBy: "")
            if id == "oc_gone" { client.revokedAt = now }
            try await store.addOAuthClient(client, audit: AuditRecord(at: now, action: .oauthClientCreated, actor: "", subject: id))
        }
        let tokens = try #require(document["tokens"]?.elements)
        #expect(tokens.count > 70)
        for _ in 0..<2 {
            // Twice: what is remembered must not become better.
            let identity = Identity(store: store, tokens: TokenIssuer(keys: keys, random: .system))
            for row in tokens + tokens {
                let (name, text) = (row["name"]?.text ?? "", row["token"]?.text ?? "")
                let found = try await identity.authenticate(bearer: text, now: now, audience: .phi)
                #expect(word(found) == row["expected"]?.text, "\(name)")
                guard case .principal(let principal) = found else { continue }
                #expect(principal.id == "oc_one" && principal.tenant == "default" && principal.kind == .oauthClient && !principal.isPlatform)
                #expect(principal.scopes == (name.hasPrefix("more scopes") ? [.models] : [.models, .monitoring]), "\(name)")
            }
        }
        let blind = Identity(store: store)
        for row in tokens { #expect(try await blind.authenticate(bearer: row["token"]?.text ?? "", now: now, audience: .phi) == .unknown) }
    }

    private func word(_ authentication: Authentication) -> String {
        switch authentication {
        case .principal: "principal"
        case .unknown: "unknown"
        case .expired: "expired"
        case .revoked: "revoked"
        case .wrongAudience: "wrongAudience"
        }
    }

    @Test func whatWeSignSaysWhatItShould() async throws {
        let world = World()
        let (user, access, _) = try await world.loggedIn()
        let parts = access.split(separator: ".").map(String.init)
        let header = try JSON(parsing: try #require(bytes(base64URL: parts[0])))
        let claims = try JSON(parsing: try #require(bytes(base64URL: parts[1])))
        #expect(header["alg"] == "HS256" && header["typ"] == "JWT" && header["kid"]?.text?.count == 16 && header.members?.count == 3)
        #expect(claims["sub"]?.text == user && claims["tid"] == "default" && claims["aud"] == ["v2"] && claims["iat"]?.whole == 1_790_000_000)
        #expect(claims["exp"]?.whole == 1_790_000_000 + 86_400 && claims["jti"]?.text?.count == 36 && claims["sid"]?.text?.hasPrefix("login_") == true)
        #expect(claims["scope"] == "ai_operations webhooks models jobs monitoring" && claims["iss"]?.text?.hasPrefix("tutti-") == true)
        #expect(Set(claims.members?.map(\.name) ?? []) == ["iss", "aud", "sub", "tid", "scope", "jti", "iat", "exp", "sid"])
    }

    /// Each single changed letter makes a token nobody's, with the cache filled and empty.
    @Test func everyChangedLetterIsNoticed() async throws {
        let world = World()
        let access = try await world.loggedIn().access
        #expect(try await world.principal(access, .v2) != nil)
        let letters = Array(access)
        for index in letters.indices {
            var changed = letters
            changed[index] = letters[index] == "A" ? "B" : "A"
            #expect(try await world.principal(String(changed), .v2) == nil, "letter \(index)")
        }
    }

    // MARK: Keys

    private func issue(_ issuer: TokenIssuer, _ now: Instant) async throws -> String {
        try await issuer.issue(subject: "oc_one", tenant: "default", scopes: [.models], audiences: [.phi], lifetimeSeconds: 3600, now: now)
    }

    private func keyID(_ token: String) throws -> String? {
        try JSON(parsing: try #require(bytes(base64URL: String(token.prefix { $0 != "." }))))["kid"]?.text
    }

    @Test func keysChangeAfterAMonthAndTheOneBeforeStaysGood() async throws {
        let store = MemoryStore(suite: .system)
        let client = OAuthClientRecord(id: "oc_one", tenant: "default", name: "c", secretHash: [], scopes: ["models"], createdAt: begin, createdBy: "")
        try await store.addOAuthClient(client, audit: AuditRecord(at: begin, action: .oauthClientCreated, actor: "", subject: "oc_one"))
        let saved = Saved()
        let issuer = TokenIssuer(keys: SigningKeys(.system, now: begin), random: .system) { keys throws(TrustError) in try saved.save(keys) }
        func believed(_ token: String, _ now: Instant) async throws -> Bool {
            // Another service with the same keys: nothing is remembered.
            if case .principal = try await Identity(store: store, tokens: issuer).authenticate(bearer: token, now: now, audience: .phi) { true } else { false }
        }
        let month = 30 * 86_400
        let first = try await issue(issuer, begin)
        let last = try await issue(issuer, begin + (month - 1))
        #expect(try keyID(first) == keyID(last) && saved.count == 0)
        let next = try await issue(issuer, begin + month)
        #expect(try keyID(next) != keyID(first) && saved.count == 1)
        for token in [last, next] { #expect(try await believed(token, begin + month)) }
        let third = try await issue(issuer, begin + 2 * month)
        #expect(saved.count == 2 && saved.encoded.filter { $0 == UInt8(ascii: "{") }.count == 3, "never more than two generations")
        #expect(try await believed(third, begin + 2 * month))
        #expect(try await believed(next, begin + (month + 100)))
        #expect(try await !believed(first, begin), "two changes later its key is gone")
        // A disk that is full: the key that is there goes on.
        saved.isBroken = true
        let fourth = try await issue(issuer, begin + 3 * month)
        #expect(try keyID(fourth) == keyID(third))
        #expect(try await believed(fourth, begin + 3 * month))
    }

    @Test func theFileIsSecretAndReadAgain() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tutti-identity-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/signing.keys"
        let issuer = try TokenIssuer(file: path, random: .system, now: begin)
        let content = try SecretFile.read(path)
        let again = try TokenIssuer(file: path, random: .system, now: begin + 1)
        #expect(try await keyID(issue(issuer, begin)) == keyID(issue(again, begin)))
        #expect(try SecretFile.read(path) == content)
        _ = try await issue(again, begin + 30 * 86_400)
        #expect(try SecretFile.read(path) != content, "the new key is in the file")
        #expect((try FileManager.default.attributesOfItem(atPath: path))[.posixPermissions] as? Int == 0o600)
        // Whole but for one secret, which is another's.
        let (mine, others) = (SigningKeys(seededRandom(3), now: begin), SigningKeys(seededRandom(4), now: begin))
        func secret(_ keys: SigningKeys) throws -> String { try JSON(parsing: keys.encoded)["keys"]?.elements?.first?["secret"]?.text ?? "" }
        let other = Array(String(decoding: mine.encoded, as: UTF8.self).replacing(try secret(mine), with: try secret(others)).utf8)
        for damage in [[], Array(content.dropLast(3)), Array("{}".utf8), Array(#"{"issuer":"x","keys":[]}"#.utf8), content + content, other] {
            try SecretFile.write(damage, to: path)
            #expect(throws: TrustError.self) { try TokenIssuer(file: path, random: .system, now: begin) }
        }
        try SecretFile.write(content, to: path, mode: 0o644)
        #expect(throws: TrustError.exposed(path: path, mode: "644")) { try TokenIssuer(file: path, random: .system, now: begin) }
    }

    @Test func keysAreWrittenAndReadAlikeAndDoNotPrint() throws {
        let keys = SigningKeys(seededRandom(1), now: begin)
        #expect(SigningKeys(encoded: keys.encoded) == keys && SigningKeys(seededRandom(2), now: begin) != keys)
        let text = try #require(try JSON(parsing: keys.encoded)["keys"]?.elements?.first?["secret"]?.text)
        var dumped = "\(keys)"
        dump(keys, to: &dumped)
        let secret = try #require(bytes(base64URL: text))
        #expect(text.count == 43 && !dumped.contains(text) && !dumped.contains(hexadecimal(secret)) && !dumped.contains("\(secret)"))
        // As files were before they had a digest.
        let old = try #require(try JSON(parsing: keys.encoded).members).filter { $0.name != "sha256" }
        #expect(old.count == 2 && SigningKeys(encoded: JSON.object(old).encoded()) == keys)
        let short = #"{"issuer":"x","keys":[{"kid":"a","secret":"AAAA","created_ms":1}]}"#
        let twice = #"{"kid":"a","secret":"\#(text)","created_ms":1}"#
        for bad in [short, #"{"issuer":"x","keys":[\#(twice),\#(twice)]}"#, #"{"issuer":"","keys":[\#(twice)]}"#, #"{"keys":[\#(twice)]}"#] {
            #expect(SigningKeys(encoded: Array(bad.utf8)) == nil)
        }
    }
}

/// Where keys are saved, or not.
private final class Saved: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [[UInt8]] = []
    private var broken = false
    var count: Int { lock.withLock { all.count } }
    var encoded: [UInt8] { lock.withLock { all.last ?? [] } }
    var isBroken: Bool {
        get { lock.withLock { broken } }
        set { lock.withLock { broken = newValue } }
    }
    func save(_ keys: SigningKeys) throws(TrustError) {
        if isBroken { throw .file(path: "x", problem: "the disk is full") }
        lock.withLock { all.append(keys.encoded) }
    }
}
