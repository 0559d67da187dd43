import CryptoSuite
import Testing

@Suite struct EncodingTests {
    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy")])
    func base64URLOfRFC4648(plain: String, text: String) {
        #expect(base64URL(Array(plain.utf8)) == text)
        #expect(bytes(base64URL: text) == Array(plain.utf8))
    }

    @Test func base64URLHasItsOwnTwoLetters() {
        #expect(base64URL([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(bytes(base64URL: "--__") == [0xFB, 0xEF, 0xFF])
    }

    @Test func everyByteSurvivesBothEncodings() {
        var numbers = Numbers(state: 8)
        for length in 0..<200 {
            let plain = numbers.bytes(length)
            #expect(bytes(base64URL: base64URL(plain)) == plain)
            #expect(bytes(hexadecimal: hexadecimal(plain)) == plain)
            #expect(bytes(hexadecimal: hexadecimal(plain).uppercased()) == plain)
        }
    }

    /// Two texts for one value would make two names of one token.
    @Test(arguments: ["Zg==", "Zg=", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zm 9v", "++//", "Zm9v.", "Zmé", "Zm\u{0}v", "Zh", "Zm9", "Zm-"])
    func base64URLIsStrict(text: String) { #expect(bytes(base64URL: text) == nil) }

    @Test func everyTextOfUpToThreeLettersHasOneValueOrNone() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ").map(String.init)
        for a in letters {
            for b in letters {
                for text in [a, a + b, a + b + "A", a + b + "I", a + b + "_"] {
                    if let value = bytes(base64URL: text) { #expect(base64URL(value) == text) }
                }
            }
        }
    }

    @Test(arguments: ["0", "0g", "abc", "0x", " 00", "00 ", "é0", "-1", "+1", "０１"]) func hexadecimalIsStrict(text: String) {
        #expect(bytes(hexadecimal: text) == nil)
    }

    @Test func hexadecimalIsLowerCase() { #expect(hexadecimal([0, 0x0F, 0xF0, 0xAB]) == "000ff0ab") }
}

@Suite struct SecretTests {
    @Test func comparisonSeesEveryByteAndTheLength() {
        let secret = [UInt8](0..<40)
        #expect(constantTimeEqual(secret, secret) && constantTimeEqual([], []))
        for at in secret.indices {
            for bit in 0..<8 {
                var other = secret
                other[at] ^= 1 << UInt8(bit)
                #expect(!constantTimeEqual(secret, other) && !constantTimeEqual(other, secret))
            }
        }
        #expect(!constantTimeEqual(secret, Array(secret.dropLast())) && !constantTimeEqual(secret, secret + [0]) && !constantTimeEqual([], [0]))
        // Differences that cancel in a sum or in an exclusive or.
        #expect(!constantTimeEqual([1, 2], [2, 1]) && !constantTimeEqual([0xFF, 0xFF], [0, 0]))
    }

    @Test func secretsAreOverwritten() {
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 100)
        defer { memory.deallocate() }
        memory.initialize(repeating: 7)
        overwriteWithZeros(UnsafeMutableBufferPointer(rebasing: memory[1..<99]))
        #expect(memory[0] == 7 && memory[99] == 7 && memory[1..<99].allSatisfy { $0 == 0 })
        #expect(Secret([1, 2, 3]).bytes == [1, 2, 3] && Secret([]).bytes == [] && Secret([9]).count == 1)
    }

    @Test func aSecretDoesNotPrint() {
        let secret = Secret([222, 173, 190, 239])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("222") && !text.contains("dead"))
        }
        #expect("\(secret)" == "<secret, 4 bytes>")
    }
}
