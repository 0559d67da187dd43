import CryptoSuite
import Foundation
import KeyVault
import Testing

/// NIST's own decapsulation vectors (ACVP-Server v1.1.0.43 and later, `gen-val/json-files`, not in this repository). The server's files for testers,
/// `internalProjection.json`, name the seed behind every expanded key, so that keys that are seeds can be held against all of them.
@Suite struct NISTDecapsulationTests {
    private struct File: Decodable { let testGroups: [Group] }
    private struct Group: Decodable {
        let parameterSet, function: String
        let tests: [Case]
    }
    private struct Case: Decodable {
        let tcId: Int
        let d, z, c, k, ek: String?
        let testPassed: Bool?
    }

    /// The folder with ML-KEM-encapDecap-FIPS203 and ML-KEM-encapDecap-FIPS203-tr1.
    private static let folder = ProcessInfo.processInfo.environment["TUTTI_ACVP"]
    private static let algorithms: [String: KeyAlgorithm] = ["ML-KEM-768": .mlKEM768, "ML-KEM-1024": .mlKEM1024]

    private static func bytes(_ text: String?) -> [UInt8] {
        let digits = Array(text ?? "")
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    @Test(.enabled(if: folder != nil, "needs NIST's vectors: TUTTI_ACVP names the folder gen-val/json-files of usnistgov/ACVP-Server"))
    func everySecretIsNISTs() throws {
        var (secrets, checks) = (0, 0)
        for revision in ["FIPS203", "FIPS203-tr1"] {
            let path = "\(Self.folder ?? "")/ML-KEM-encapDecap-\(revision)/internalProjection.json"
            let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
            for group in file.testGroups {
                guard let algorithm = Self.algorithms[group.parameterSet] else { continue }
                for test in group.tests where group.function == "decapsulation" {
                    let key = try PrivateKey(algorithm, seed: Secret(Self.bytes(test.d) + Self.bytes(test.z)))
                    #expect(key.publicKey.bytes == Self.bytes(test.ek), "\(revision) \(test.tcId)")
                    // Half of them are changed, and have the secret of an implicit rejection.
                    #expect(try key.decapsulate(Self.bytes(test.c)) == Secret(Self.bytes(test.k)), "\(revision) \(test.tcId)")
                    secrets += 1
                }
                for test in group.tests where group.function == "encapsulationKeyCheck" {
                    let isKey = (try? PublicKey(algorithm, Self.bytes(test.ek))) != nil
                    #expect(isKey == test.testPassed, "\(revision) \(test.tcId)")
                    checks += 1
                }
            }
        }
        #expect(secrets >= 40 && checks >= 40)
    }
}
