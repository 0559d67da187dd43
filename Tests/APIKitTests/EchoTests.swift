import APIKit
import StrictJSON
import Testing

@Suite struct EchoTests {
    @Test func shortValuesAreRepeatedAsTheyAre() throws {
        for text in ["null", "true", "15.0", "-3", "\"x\"", "[1,\"a\",{\"b\":null}]", "{\"kind\":\"mlp\",\"layers\":[64,128,10]}"] {
            let value = try JSON(parsing: text)
            #expect(value.echoed == value)
        }
    }

    @Test func longValuesAreCutAndKeepTheirType() {
        let long: [JSON] = [
            .string(String(repeating: "é", count: 10_000)), .array(Array(repeating: 1, count: 10_000)), .array(Array(repeating: "abcdef", count: 10_000)),
            .object((0..<10_000).map { JSON.Member("m\($0)", 1) }), .object([JSON.Member(String(repeating: "n", count: 10_000), 1)]),
            .array([.array(Array(repeating: .array(Array(repeating: "xyz", count: 100)), count: 100))]),
        ]
        for value in long {
            #expect(value.echoed.kind == value.kind)
            #expect(value.echoed.encoded().count < 1000)
        }
    }

    @Test func credentialsAreLeftOutWhereverTheyStand() {
        for prefix in credentialPrefixes {
            let token = prefix + String(repeating: "aB3-_", count: 9).prefix(43)
            for value: JSON in [.string(token), .string("Bearer \(token)"), [.string(token)], ["x": ["y": .string(token)]], .object([JSON.Member(token, 1)])] {
                #expect(!value.echoed.encodedText.contains(token.suffix(20)), "\(prefix)")
            }
            let notices = ObjectReader(.object([JSON.Member(token, 1)])).notices
            #expect(!JSON.array(notices).encodedText.contains(token))
        }
        #expect(!looksLikeCredential("update_token") && !looksLikeCredential("a long sentence about the update_token of a client, in words"))
    }
}
