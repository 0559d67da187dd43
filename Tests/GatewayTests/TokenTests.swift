import CoordinatorNode
import CryptoSuite
import Diagnosis
import Foundation
import NIOHTTP1
import StrictJSON
import Testing
import Trust
import TuttiConfiguration

/// A coordinator whose master key hangs on a token of SoftHSM (Debian's `softhsm2`).
@Suite(.enabled(if: SoftToken.module != nil, "needs SoftHSM (apt-get install softhsm2)"), .serialized) struct TokenTests {
    private func token(_ path: String, key: String) throws -> MasterToken {
        try SecretFile.write(Array((SoftToken.pinText + "\n").utf8), to: path + "/pin")
        return MasterToken(module: SoftToken.module ?? "", token: "tutti-gateway", pinFile: path + "/pin", key: key)
    }

    private func flags(_ token: MasterToken) -> [String: String] {
        [
            "trust.pkcs11_module": token.module, "trust.pkcs11_token": token.token, "trust.pkcs11_pin_file": token.pinFile, "trust.pkcs11_key": token.key,
        ]
    }

    @Test func aFolderHangsOnItsToken() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            let token = try token(path, key: "whole")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [], token: token)
            let vault = "/api/v4/quantum-encryption"
            let (key, sealed) = try await LiveCoordinator.serving(folder) { live in
                let made = try await live.admin(.POST, vault + "/keys/generate", ["algorithm": "kyber_1024", "hsm_backed": true])
                // SoftHSM is software, and is called so.
                #expect(made.status == 201 && made.json["hsm_mode"] == "wrapped" && made.json["token_kind"] == "software" && made.json["hsm_backed"] == false)
                #expect(made.json["hsm_key_id"]?.text?.hasPrefix("pkcs11:token=tutti-gateway;") == true)
                let key = made.json["key_id"] ?? .null
                let reply = try await live.admin(.POST, vault + "/encrypt", ["key_id": key, "data": "for later"])
                return (key, reply.json["encrypted_data"] ?? .null)
            }
            #expect(try await folder.secretsStatus().isInToken)
            #expect(try await folder.check().damages.isEmpty)
            let report = try await folder.rotateMasterKey()
            #expect(report.isInToken && report.masterKeys == [2])
            let findings = await CoordinatorDoctor(folder).examine()
            #expect(findings.contains { $0.check == "token" && $0.code == .ok } && findings.contains { $0.check == "master key" && $0.code == .ok })
            try await LiveCoordinator.serving(folder) { live in
                let opened = try await live.admin(.POST, vault + "/decrypt", ["key_id": key, "encrypted_data": sealed])
                #expect(opened.json["data"] == "for later", "\(opened.json.encodedText)")
            }
            // Another key of the token opens nothing, and no settings do neither.
            let error = try await #require(throws: CoordinatorError.self) {
                try await LiveCoordinator.serving(folder, flags: ["trust.pkcs11_key": "another"]) { _ in }
            }
            #expect(error.message.contains("cannot be used"), "\(error)")
            let without = ["trust.pkcs11_module": "", "trust.pkcs11_token": "", "trust.pkcs11_pin_file": ""]
            let none = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder, flags: without) { _ in } }
            #expect(none.message.contains("token"), "\(none)")
        }
    }

    @Test func aFolderIsSealedAtItsNextStart() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let before = try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil).keys
            let token = try token(path, key: "later")
            for _ in 1...2 { try await LiveCoordinator.serving(folder, flags: flags(token)) { _ in } }
            #expect(throws: TrustError.self) { try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil) }
            let content = try #require(FileManager.default.contents(atPath: folder.masterKeyPath))
            #expect(content.range(of: Data(before.newest.secret.bytes.prefix(16))) == nil)
        }
    }

    @Test func aTokenThatIsNotThereMakesNoFolder() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            var wrong = try token(path, key: "k")
            wrong.token = "nobody's"
            let error = try await #require(throws: CoordinatorError.self) { _ = try await folder.create(listen: "127.0.0.1:0", names: [], token: wrong) }
            #expect(error.message.contains("nobody's") && !error.message.contains("1234-five"), "\(error)")
            #expect(!FileManager.default.fileExists(atPath: folder.configurationPath))
        }
    }
}
