import CryptoSuite
import Foundation
import KeyVault
import Testing
import Trust

/// Known answers of FIPS 203 and 204 (`make_known_answers.py` says whence).
@Suite struct KnownAnswerTests {
    private struct Encapsulation: Decodable {
        let algorithm: String
        let count: Int
        let seed, public_sha256: String
        let encapsulated: Data
        let secret: String
        /// Of the right length, and no encapsulation.
        let noise: Data
        let rejection: String
    }

    private struct Signature: Decodable {
        let algorithm: String
        let count: Int
        let seed, public_sha256: String
        let message, context, signature: Data
    }

    private static func read<Row: Decodable>(_ name: String) throws -> [Row] {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/vault/\(name)")
        return try JSONDecoder().decode([Row].self, from: Data(contentsOf: golden))
    }

    private func key(_ algorithm: String, _ seed: String, _ digest: String) throws -> PrivateKey {
        let kind = try #require(KeyAlgorithm(named: algorithm))
        let bytes = bytesOfHexadecimal(seed)
        let key = try PrivateKey(kind, seed: Secret(bytes))
        #expect(hexadecimal(CryptoSuite.system.sha256(key.publicKey.bytes)) == digest)
        // d and z in the other order, or one bit of them, is another key; another length is none.
        var other = bytes
        other[0] ^= 1
        #expect(try PrivateKey(kind, seed: Secret(other)).publicKey.bytes != key.publicKey.bytes)
        for wrong in [Array(bytes.dropLast()), bytes + [0], []] { #expect(throws: KeyVaultError.self) { try PrivateKey(kind, seed: Secret(wrong)) } }
        return key
    }

    @Test func everyEncapsulatedSecretIsFoundAndNoiseHasItsOwn() throws {
        let rows: [Encapsulation] = try Self.read("kem.json")
        #expect(Dictionary(grouping: rows, by: \.algorithm).mapValues(\.count) == ["ml_kem_768": 12, "ml_kem_1024": 12])
        for row in rows {
            let key = try key(row.algorithm, row.seed, row.public_sha256)
            let (secret, rejection) = (Secret(bytesOfHexadecimal(row.secret)), Secret(bytesOfHexadecimal(row.rejection)))
            #expect(try key.decapsulate(Array(row.encapsulated)) == secret, "\(row.algorithm) \(row.count)")
            #expect(try key.decapsulate(Array(row.noise)) == rejection, "\(row.algorithm) \(row.count)")
            // One changed byte gives a secret that nobody else has, and no error (FIPS 203 §6.3).
            var other = Array(row.encapsulated)
            other[row.count * 37 % other.count] ^= 1
            #expect(try key.decapsulate(other) != secret)
            for wrong in [Array(row.encapsulated.dropLast()), Array(row.encapsulated) + [0], []] {
                #expect(throws: KeyVaultError.self) { try key.decapsulate(wrong) }
            }
        }
    }

    @Test func everySignatureIsJudgedAsItShouldBe() throws {
        let rows: [Signature] = try Self.read("signatures.json")
        #expect(Dictionary(grouping: rows, by: \.algorithm).mapValues(\.count) == ["ml_dsa_65": 8, "ml_dsa_87": 8])
        for row in rows {
            let key = try key(row.algorithm, row.seed, row.public_sha256).publicKey
            let (signature, message, context) = (Array(row.signature), Array(row.message), Array(row.context))
            func isValid(_ signature: [UInt8], _ message: [UInt8], _ context: [UInt8]) -> Bool { key.isValid(signature, of: message, context: context) }
            #expect(isValid(signature, message, context), "\(row.algorithm) \(row.count)")
            #expect(!isValid(signature, message + [0], context) && !isValid(signature, message, context + [0]))
            #expect(!isValid(signature.dropLast(), message, context) && !isValid(signature + [0], message, context) && !isValid([], message, context))
            // Of the challenge, of the response, of the hints.
            for at in [0, signature.count / 2, signature.count - 1] {
                var other = signature
                other[at] ^= 1
                #expect(!isValid(other, message, context), "\(row.algorithm) \(row.count) at \(at)")
            }
        }
    }
}

func bytesOfHexadecimal(_ text: String) -> [UInt8] {
    let digits = Array(text)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}
