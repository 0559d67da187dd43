import CryptoSuite
import Foundation
import KeyVault
import Testing
import Trust

/// NIST's vectors of key generation (`make_acvp_vectors.py` says whence).
@Suite struct AcvpTests {
    private struct Row: Decodable {
        let algorithm: String
        let test: Int
        let seed: String
        let public_bytes: Int
        let public_sha256: String
    }

    private static func rows() throws -> [Row] {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/vault/acvp.json")
        return try JSONDecoder().decode([Row].self, from: Data(contentsOf: golden))
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    @Test func everySeedGivesTheKeyOfNIST() throws {
        let rows = try Self.rows()
        #expect(Dictionary(grouping: rows, by: \.algorithm).mapValues(\.count) == ["ml_kem_768": 25, "ml_kem_1024": 25, "ml_dsa_65": 25, "ml_dsa_87": 25])
        for row in rows {
            let algorithm = try #require(KeyAlgorithm(named: row.algorithm))
            let seed = Self.bytes(row.seed)
            let key = try PrivateKey(algorithm, seed: Secret(seed))
            #expect(key.publicKey.bytes.count == row.public_bytes)
            #expect(hexadecimal(CryptoSuite.system.sha256(key.publicKey.bytes)) == row.public_sha256, "\(row.algorithm) \(row.test)")
            // d and z in the other order, or a bit less, is another key.
            var other = seed
            other[0] ^= 1
            #expect(try PrivateKey(algorithm, seed: Secret(other)).publicKey.bytes != key.publicKey.bytes)
        }
    }
}
