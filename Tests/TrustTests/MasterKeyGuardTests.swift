import Crypto
import CryptoSuite
import Foundation
import PKCS11
import Testing
import Trust

/// `master.key` under a token.
@Suite struct MasterKeyGuardTests {
    private struct FixedToken: SealingToken {
        let key = SymmetricKey(size: .bits256)
        var id: [UInt8] = [9, 9]

        func facts() async throws(TokenError) -> TokenFacts {
            TokenFacts(label: "t", manufacturer: "m", model: "o", serial: "1", isHardware: true, keyID: id)
        }
        func seal(_ plain: Secret, nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> [UInt8] {
            guard let nonce = try? AES.GCM.Nonce(data: nonce),
                let box = try? AES.GCM.seal(plain.bytes, using: key, nonce: nonce, authenticating: associated)
            else { throw .unopenable }
            return Array(box.ciphertext) + Array(box.tag)
        }
        func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> Secret {
            guard sealed.count >= 16, let nonce = try? AES.GCM.Nonce(data: nonce),
                let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: sealed.dropLast(16), tag: sealed.suffix(16)),
                let plain = try? AES.GCM.open(box, using: key, authenticating: associated)
            else { throw .unopenable }
            return Secret(Array(plain))
        }
    }

    private func withPath(_ work: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "guard-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await work(folder + "/master.key")
    }

    private func sealing(_ token: (any SealingToken)?, _ phrase: String? = nil) -> MasterKeyGuard {
        MasterKeyGuard(passphrase: phrase.map { Secret(Array($0.utf8)) }, token: token, random: .system)
    }

    @Test func theTokenOpensWhatItSealedAndNobodyElse() async throws {
        try await withPath { path in
            let (keys, token) = (MasterKeys(random: .system), FixedToken())
            try await sealing(token).write(keys, to: path)
            let found = try await sealing(token).read(path)
            #expect(found.keys == keys && found.sealing == .token)
            // Neither the keys nor halves of them are in the file.
            let content = try #require(FileManager.default.contents(atPath: path))
            #expect(content.range(of: Data(keys.newest.secret.bytes.prefix(16))) == nil)
            await #expect(throws: TrustError.file(path: path, problem: "it is sealed by a token of PKCS #11, and none is configured")) {
                _ = try await sealing(nil, "a passphrase").read(path)
            }
            var stranger = FixedToken()
            await #expect(throws: TrustError.token(.unopenable)) { _ = try await sealing(stranger).read(path) }
            stranger.id = [1]
            let error = await #expect(throws: TrustError.self) { _ = try await sealing(stranger).read(path) }
            #expect(error?.message.contains("0909") == true)
            let bytes = try SecretFile.read(path)
            for place in bytes.indices {
                var changed = bytes
                changed[place] ^= 1
                try SecretFile.write(changed, to: path)
                await #expect(throws: TrustError.self, "\(place)") { _ = try await sealing(token).read(path) }
            }
        }
    }

    @Test func whatWasSealedOtherwiseIsRead() async throws {
        try await withPath { path in
            let (keys, token) = (MasterKeys(random: .system), FixedToken())
            try await sealing(nil, "correct horse").write(keys, to: path)
            let found = try await sealing(token, "correct horse").read(path)
            #expect(found.keys == keys && found.sealing == .passphrase)
            await #expect(throws: TrustError.self) { _ = try await sealing(token).read(path) }
            try await sealing(nil).write(keys, to: path)
            #expect(try await sealing(token).read(path).sealing == .mode)
            #expect(sealing(token, "x").sealing == .token && sealing(nil, "x").sealing == .passphrase && sealing(nil).sealing == .mode)
        }
    }
}
