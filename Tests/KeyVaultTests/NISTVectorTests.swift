import CryptoSuite
import Foundation
import KeyVault
import Testing
import Trust

private let folder = ProcessInfo.processInfo.environment["TUTTI_ACVP"]

/// NIST's own vectors (ACVP-Server v1.1.0.43 and later, `gen-val/json-files`, not in this repository). The server's files for testers,
/// `internalProjection.json`, name the seed behind every expanded key, so that keys that are seeds can be held against all of them.
@Suite(.enabled(if: folder != nil, "needs NIST's vectors: TUTTI_ACVP names the folder gen-val/json-files of usnistgov/ACVP-Server"))
struct NISTVectorTests {
    private struct File: Decodable { let testGroups: [Group] }
    private struct Group: Decodable {
        let parameterSet: String
        let function: String?
        let tests: [Case]
    }
    private struct Case: Decodable {
        let tcId: Int
        let d, z, c, k, ek, seed, pk: String?
        let testPassed: Bool?
    }

    private static let algorithms: [String: KeyAlgorithm] = [
        "ML-KEM-768": .mlKEM768, "ML-KEM-1024": .mlKEM1024, "ML-DSA-65": .mlDSA65, "ML-DSA-87": .mlDSA87,
    ]

    private static func bytes(_ text: String?) -> [UInt8] { bytesOfHexadecimal(text ?? "") }

    /// Of those kinds of keys that there are here.
    private static func groups(_ name: String) throws -> [(algorithm: KeyAlgorithm, group: Group)] {
        let path = "\(folder ?? "")/\(name)/internalProjection.json"
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        return file.testGroups.compactMap { group in algorithms[group.parameterSet].map { ($0, group) } }
    }

    @Test func everySeedGivesTheKeyOfNIST() throws {
        var keys = 0
        for name in ["ML-KEM-keyGen-FIPS203", "ML-DSA-keyGen-FIPS204"] {
            for (algorithm, group) in try Self.groups(name) {
                for test in group.tests {
                    let seed = test.seed.map(bytesOfHexadecimal) ?? Self.bytes(test.d) + Self.bytes(test.z)
                    #expect(try PrivateKey(algorithm, seed: Secret(seed)).publicKey.bytes == Self.bytes(test.ek ?? test.pk), "\(name) \(test.tcId)")
                    keys += 1
                }
            }
        }
        #expect(keys >= 100)
    }

    @Test func everySecretIsNISTs() throws {
        var (secrets, checks) = (0, 0)
        for name in ["ML-KEM-encapDecap-FIPS203", "ML-KEM-encapDecap-FIPS203-tr1"] {
            for (algorithm, group) in try Self.groups(name) {
                for test in group.tests where group.function == "decapsulation" {
                    let key = try PrivateKey(algorithm, seed: Secret(Self.bytes(test.d) + Self.bytes(test.z)))
                    #expect(key.publicKey.bytes == Self.bytes(test.ek), "\(name) \(test.tcId)")
                    // Half of them are changed, and have the secret of an implicit rejection.
                    #expect(try key.decapsulate(Self.bytes(test.c)) == Secret(Self.bytes(test.k)), "\(name) \(test.tcId)")
                    secrets += 1
                }
                for test in group.tests where group.function == "encapsulationKeyCheck" {
                    let isKey = (try? PublicKey(algorithm, Self.bytes(test.ek))) != nil
                    #expect(isKey == test.testPassed, "\(name) \(test.tcId)")
                    checks += 1
                }
            }
        }
        #expect(secrets >= 40 && checks >= 40)
    }
}
