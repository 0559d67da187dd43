import CryptoSuite
import Testing
import Trust

@Suite("Tokens and keys") struct TokenTests {
    @Test("A token is its prefix and 43 base64url characters, and repeats with its source", arguments: Token.Kind.allCases)
    func form(kind: Token.Kind) {
        let token = Token(kind, seededRandom(9))
        #expect(token.text == kind.rawValue + base64URL(seededRandom(9).bytes(32)))
        #expect(token.text.count == kind.rawValue.count + 43)
        #expect(token.text != Token(kind, seededRandom(10)).text)
        #expect(Token(kind, .system).text != Token(kind, .system).text)
    }

    @Test("Only the token itself matches its hash")
    func matching() {
        let token = Token(.enrolment, seededRandom(1))
        #expect(token.hash == CryptoSuite.system.sha256(Array(token.text.utf8)))
        #expect(Token.matches(token.text, hash: token.hash))
        #expect(!Token.matches(String(token.text.dropLast()), hash: token.hash))
        #expect(!Token.matches(token.text + "A", hash: token.hash))
        #expect(!Token.matches(token.text.lowercased(), hash: token.hash))
        #expect(!Token.matches("", hash: token.hash))
        #expect(!Token.matches(token.text, hash: []))
        // A hash is no token: a stolen table opens nothing.
        #expect(!Token.matches(hexadecimal(token.hash), hash: token.hash))
        let long = String(repeating: "x", count: 1000)
        #expect(!Token.matches(long, hash: Token.hash(long)))
    }

    @Test("An API key has 43 characters behind its prefix, and its id is their beginning", arguments: APIKey.Prefix.allCases)
    func keys(prefix: APIKey.Prefix) {
        let key = APIKey(seededRandom(5), prefix)
        #expect(key.text.hasPrefix(prefix.rawValue) && key.text.count == prefix.rawValue.count + 43)
        #expect(APIKey.id(of: key.text) == key.id)
        #expect(key.text.hasPrefix(prefix.rawValue + key.id) && key.id.count == 12)
        #expect(Token.matches(key.text, hash: key.hash))
        #expect(APIKey(seededRandom(5)).text.hasPrefix("tk_live_"), "the coordinator's own unless said otherwise")
    }

    @Test(
        "What is no key has no id",
        arguments: [
            "", "tk_live_", "tk_live_short", "tk_test_0123456789012345678901234567890123456789012", "tk_live_01234567890123456789012345678901234567890123",
            "tk_live_012345678901234567890123456789012345678901+", "tk_live_01234567890123456789012345678901234567890é",
            "TK_LIVE_0123456789012345678901234567890123456789012", " tk_live_012345678901234567890123456789012345678901",
        ])
    func noKeys(text: String) { #expect(APIKey.id(of: text) == nil) }

    @Test("Secrets do not print")
    func redacted() {
        let token = Token(.update, .system)
        let key = APIKey(.system)
        let node = NodeKey()
        for (secret, shown) in [
            (token.text, "\(token) \(String(reflecting: token))"), (String(key.text.dropFirst(20)), "\(key) \(String(reflecting: key))"),
            (String(node.pem.split(separator: "\n")[1]), "\(node) \(String(reflecting: node))"),
        ] {
            #expect(!shown.contains(secret))
        }
        var dumped = ""
        dump(token, to: &dumped)
        dump(key, to: &dumped)
        dump(node, to: &dumped)
        #expect(!dumped.contains(token.text) && !dumped.contains(key.text) && !dumped.contains("PRIVATE KEY"))
    }

    @Test("The system's source gives what is asked for, and never the same")
    func system() {
        for count in [0, 1, 7, 8, 9, 16, 33] { #expect(RandomSource.system.bytes(count).count == count) }
        #expect(RandomSource.system.bytes(16) != RandomSource.system.bytes(16))
    }
}
