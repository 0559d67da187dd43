import CryptoSuite
import Foundation
import KeyVault
import Testing
import Trust

/// Vectors from seeds (`make_decapsulation_vectors.py` says whence; NIST's own are in `NISTDecapsulationTests`).
@Suite struct DecapsulationTests {
    private struct Encapsulated: Decodable {
        let algorithm, source: String
        let test: Int
        let seed: String
        let public_sha256: String?
        let encapsulated: Data
        /// nil: it is refused.
        let secret: String?
    }

    private struct Signed: Decodable {
        let algorithm: String
        let test: Int
        let flags: [String]
        let valid: Bool
        let `public`, message, context, signature: Data
    }

    private static func read<Row: Decodable>(_ name: String) throws -> [Row] {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/vault/\(name)")
        return try JSONDecoder().decode([Row].self, from: Data(contentsOf: golden))
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    @Test func everyEncapsulatedSecretIsFoundOrRefused() throws {
        let rows: [Encapsulated] = try Self.read("decapsulation.json")
        var (found, refused) = (0, 0)
        for row in rows {
            let algorithm = try #require(KeyAlgorithm(named: row.algorithm))
            let key = try? PrivateKey(algorithm, seed: Secret(Self.bytes(row.seed)))
            if let key, let digest = row.public_sha256 {
                #expect(hexadecimal(CryptoSuite.system.sha256(key.publicKey.bytes)) == digest, "\(row.source) \(row.test)")
            }
            let secret = try? key?.decapsulate(Array(row.encapsulated))
            if let expected = row.secret {
                found += 1
                #expect(secret == Secret(Self.bytes(expected)), "\(row.algorithm) \(row.source) \(row.test)")
                guard let key, let secret, found.isMultiple(of: 7) else { continue }
                // One changed byte gives a secret that nobody else has, and no error (FIPS 203 §6.3).
                var other = Array(row.encapsulated)
                other[found % other.count] ^= 1
                #expect(try key.decapsulate(other) != secret)
            } else {
                refused += 1
                #expect(secret == nil, "\(row.algorithm) \(row.source) \(row.test)")
            }
        }
        #expect(found == 306 && refused == 80)
    }

    @Test func everySignatureIsJudgedAsItShouldBe() throws {
        let rows: [Signed] = try Self.read("verification.json")
        for row in rows {
            let algorithm = try #require(KeyAlgorithm(named: row.algorithm))
            let isValid =
                (try? PublicKey(algorithm, Array(row.public)))?.isValid(Array(row.signature), of: Array(row.message), context: Array(row.context)) ?? false
            #expect(isValid == row.valid, "\(row.algorithm) \(row.test) \(row.flags)")
        }
        #expect(rows.count { $0.valid } > 15 && rows.count { !$0.valid } > 20)
        #expect(Set(rows.map(\.algorithm)) == ["ml_dsa_65", "ml_dsa_87"])
    }
}
