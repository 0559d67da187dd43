import APIKit
import CryptoSuite
import Federation
import Foundation
import KeyVault
import Platform
import Storage
import StrictJSON
import Testing
import Trust
import TrustStreamAPI

/// The vault as the document has it, and what makes it of use.
@Suite struct VaultEndpointTests {
    private let vault = "/api/v4/quantum-encryption"
    private let documented: JSON = [
        "algorithm": "kyber_1024", "key_usage": "encryption", "key_validity": "1 year", "hsm_backed": true, "backup_enabled": true,
        "metadata": ["application": "federated_learning", "environment": "production", "compliance_level": "fips_140_2_level_3"],
    ]

    private func post(_ surface: Surface, _ path: String, _ body: JSON, as caller: Caller = administrator) async -> Answer {
        await surface.call("POST", vault + path, json: body.encodedText, as: caller)
    }

    private func make(_ surface: Surface, _ algorithm: String, _ usage: String? = nil) async throws -> JSON {
        let body: JSON = usage.map { ["algorithm": .string(algorithm), "key_usage": .string($0)] } ?? ["algorithm": .string(algorithm)]
        let reply = await post(surface, "/keys/generate", body)
        return try #require(reply.json["key_id"], "\(reply.json.encodedText)")
    }

    private func user(_ id: String, _ tenant: String = "default", _ scopes: Set<Scope> = [.crypto]) -> Caller {
        .principal(Principal(id: id, kind: .user, tenant: tenant, scopes: scopes, audiences: [.v4]))
    }

    @Test func theDocumentsKeyIsMadeAsItIsWritten() async throws {
        let reply = await post(Surface(), "/keys/generate", documented)
        let key = reply.json
        #expect(reply.status == 201 && key["success"] == true && key["algorithm"] == "kyber_1024" && key["status"] == "active", "\(key.encodedText)")
        #expect(key["creation_timestamp"] == "2025-09-22T02:00:03.000Z" && key["expiration_timestamp"] == "2026-09-22T02:00:03.000Z")
        #expect(key["quantum_security_level"] == 256 && key["classical_security_level"] == 15_360 && key["nist_category"] == 5)
        #expect(key["algorithm_standard"] == "FIPS 203 ML-KEM-1024" && key["fips_validated"] == false)
        #expect(key["hsm_backed"] == false && key["token_kind"] == "software" && key["hsm_key_id"]?.text?.hasPrefix("software-token/") == true)
        #expect(reply.notices == ["hsm_backed", "metadata.compliance_level"])
        let pem = try #require(key["public_key"]?.text)
        let read = try KeyDocuments.publicKey(pem: pem)
        #expect(read.algorithm == .mlKEM1024 && key["key_fingerprint"]?.text == read.fingerprint && KeyDocuments.subjectPublicKeyInfo(read).count == 1_590)
        // What the document says first, in its order.
        let names = ["success", "key_id", "algorithm", "public_key", "key_fingerprint", "hsm_key_id", "creation_timestamp", "expiration_timestamp"]
        #expect(key.members?.prefix(names.count).map(\.name) == names)
    }

    @Test func withoutAModuleAServiceRefusesOne() async {
        let reply = await post(Surface(token: .none), "/keys/generate", documented)
        #expect(reply.status == 422 && reply.error["code"] == "UNPROCESSABLE" && reply.details["field"] == "hsm_backed", "\(reply.json.encodedText)")
        #expect(reply.details["issue"]?.text?.hasPrefix("hsm_unavailable") == true)
    }

    @Test func whatCannotBeAKeyIsRefusedByName() async {
        for (field, value) in [
            ("algorithm", "kyber_512"), ("algorithm", "falcon_1024"), ("algorithm", "rsa"), ("key_usage", "signing"), ("key_usage", "wrapping"),
            ("key_validity", "11 years"), ("key_validity", "forever"), ("metadata", "x"), ("hsm_backed", "yes"),
        ] as [(String, JSON)] {
            let reply = await post(Surface(), "/keys/generate", documented.setting(field, value))
            #expect(reply.status == 400 && reply.details["field"]?.text == field, "\(field): \(reply.json.encodedText)")
        }
    }

    @Test func whatIsEncryptedIsDecrypted() async throws {
        let surface = Surface()
        let id = try await make(surface, "kyber_1024")
        let text = String(repeating: "sensitive information to encrypt ", count: 20)
        let body: JSON = ["data": .string(text), "key_id": id, "algorithm": "kyber_1024", "additional_data": "metadata", "compression": true]
        let reply = await post(surface, "/encrypt", body)
        let facts = reply.json["encryption_metadata"]
        #expect(reply.status == 200 && reply.json["quantum_proof"] == true && reply.notices == ["compression"], "\(reply.json.encodedText)")
        #expect(facts?["algorithm"] == "kyber_1024" && facts?["key_id"] == id && facts?["key_version"] == 1)
        #expect(facts?["encryption_timestamp"] == "2025-09-22T02:00:03.000Z" && (facts?["compression_ratio"]?.double ?? 1) < 0.2)
        #expect(Data(base64Encoded: facts?["nonce"]?.text ?? "")?.count == 12 && reply.json["integrity_hash"]?.text?.utf8.count == 64)
        let sealed = try #require(reply.json["encrypted_data"])
        let opened = await post(surface, "/decrypt", ["encrypted_data": sealed, "key_id": id, "additional_data": "metadata"])
        #expect(opened.status == 200 && opened.json["data"]?.text == text && opened.json["compression"] == true, "\(opened.json.encodedText)")
        // Whatever is wrong: the same words.
        let other = try await make(surface, "kyber_1024")
        var refusals: Set<String> = []
        for (key, data, additional) in [
            (id, sealed, "other"), (other, sealed, "metadata"), (id, "AAAA", "metadata"), (id, .string(String((sealed.text ?? "").dropLast(4))), "metadata"),
        ] as [(JSON, JSON, JSON)] {
            let refusal = await post(surface, "/decrypt", ["encrypted_data": data, "key_id": key, "additional_data": additional])
            #expect(refusal.status == 400 && refusal.details["field"] == "encrypted_data" && refusal.details["provided_value"] == .null)
            refusals.insert(refusal.error["message"]?.text ?? "")
        }
        #expect(refusals.count == 1)
        let bytes = await post(surface, "/encrypt", ["data_base64": "AP8=", "key_id": id])
        #expect(bytes.json["encryption_metadata"]?["compression_ratio"]?.double == 1)
        let back = await post(surface, "/decrypt", ["encrypted_data": bytes.json["encrypted_data"] ?? .null, "key_id": id])
        #expect(back.json["data"] == .null && back.json["data_base64"] == "AP8=")
    }

    @Test func aRefusalSaysWhyAndNotWhat() async throws {
        let surface = Surface()
        let (id, signing) = (try await make(surface, "kyber_1024"), try await make(surface, "ml_dsa_65"))
        let cases: [(JSON, Int, String?)] = [
            (["key_id": id], 400, "data"), (["data": "hush", "data_base64": "AA==", "key_id": id], 400, "data_base64"),
            (["data_base64": "AA", "key_id": id], 400, "data_base64"), (["data": "hush", "key_id": id, "algorithm": "x_wing"], 400, "algorithm"),
            (["data": "hush", "key_id": "qkey-0"], 404, nil), (["data": "hush", "key_id": signing], 403, nil), (["data": "hush"], 400, "key_id"),
        ]
        for (body, status, field) in cases {
            let reply = await post(surface, "/encrypt", body)
            #expect(reply.status == status && (field == nil || reply.details["field"]?.text == field), "\(body.encodedText): \(reply.json.encodedText)")
            #expect(!reply.json.encodedText.contains("hush"))
        }
        #expect(await post(surface, "/encrypt", ["data": .string(String(repeating: "a", count: (16 << 20) + 1)), "key_id": id]).status == 413)
        let foreign = await post(surface, "/encrypt", ["data": "hush", "key_id": id], as: user("u", "other"))
        #expect(foreign.status == 404)
        #expect(await post(surface, "/encrypt", ["data": "hush", "key_id": id], as: user("u", "default", [.explain])).status == 403)
        #expect(await post(surface, "/encrypt", ["data": "hush", "key_id": id], as: .anonymous).status == 401)
    }

    @Test func aKeyIsListedRotatedAndRevoked() async throws {
        let surface = Surface()
        let id = try #require(await post(surface, "/keys/generate", documented).json["key_id"])
        let name = try #require(id.text)
        _ = try await make(surface, "ml_kem_768")
        let sealed = await post(surface, "/encrypt", ["data": "x", "key_id": id]).json["encrypted_data"] ?? .null
        func list(_ query: [(String, String)]) async -> Answer {
            await surface.call("GET", vault + "/keys", [], query: query.map { (name: $0.0, value: $0.1) })
        }
        #expect(await list([]).json["keys"]?.elements?.count == 2)
        let filtered = await list([("application", "federated_learning"), ("environment", "production"), ("status", "active")])
        #expect(filtered.json["keys"]?.elements?.map { $0["key_id"] } == [id] && filtered.json["next"] == .null, "\(filtered.json.encodedText)")
        #expect(await list([("application", "other")]).json["keys"] == [])
        let page = await list([("limit", "1")])
        #expect(await list([("after", page.json["next"]?.text ?? "")]).json["keys"]?.elements?.count == 1)
        #expect(await list([("status", "lost")]).status == 400)
        let rotated = await post(surface, "/keys/\(name)/rotate", [:])
        #expect(rotated.status == 200 && rotated.json["key_version"] == 2 && rotated.json["min_version"] == 1, "\(rotated.json.encodedText)")
        #expect(await post(surface, "/decrypt", ["encrypted_data": sealed, "key_id": id]).json["data"] == "x")
        let public1 = await surface.call("GET", vault + "/keys/\(name)/export-public", [], query: [(name: "key_version", value: "1")])
        #expect(public1.json["key_version"] == 1 && public1.json["public_key"] != rotated.json["public_key"])
        #expect(await post(surface, "/keys/\(name)/rotate", ["min_version": 9]).details["field"] == "min_version")
        _ = await post(surface, "/keys/\(name)/rotate", ["min_version": 3])
        #expect(await post(surface, "/decrypt", ["encrypted_data": sealed, "key_id": id]).status == 400)
        let revoked = await post(surface, "/keys/\(name)/revoke", ["reason": "a drill"])
        #expect(revoked.json["status"] == "revoked" && revoked.json["revocation_reason"] == "a drill", "\(revoked.json.encodedText)")
        #expect(await surface.call("GET", vault + "/keys/\(name)", []).json["status"] == "revoked")
        for path in ["/keys/\(name)/rotate"] { #expect(await post(surface, path, [:]).status == 409) }
        #expect(await post(surface, "/encrypt", ["data": "x", "key_id": id]).status == 409)
        let actions = try await surface.store.audit(tenant: "default", after: 0, limit: 99).map(\.entry.action)
        #expect(actions.filter { $0 != .vaultKeyUsed } == [.vaultKeyGenerated, .vaultKeyGenerated, .vaultKeyRotated, .vaultKeyRotated, .vaultKeyRevoked])
        // Sealed once and opened once: what was refused is no use.
        #expect(actions.count { $0 == .vaultKeyUsed } == 2)
    }

    @Test func signaturesAreVerified() async throws {
        let surface = Surface()
        let name = try #require(try await make(surface, "dilithium_3").text)
        let signed = await post(surface, "/keys/\(name)/sign", ["data": "a contract", "context": "court"])
        let signature = try #require(signed.json["signature"], "\(signed.json.encodedText)")
        func verify(_ body: JSON) async -> JSON? { await post(surface, "/keys/\(name)/verify", body).json["valid"] }
        #expect(await verify(["data": "a contract", "context": "court", "signature": signature]) == true)
        #expect(await verify(["data": "a contract", "signature": signature]) == false)
        #expect(await verify(["data": "another", "context": "court", "signature": signature]) == false)
        let kem = try #require(try await make(surface, "x_wing").text)
        #expect(await post(surface, "/keys/\(kem)/sign", ["data": "x"]).status == 403)
    }

    @Test func anExportIsRestoredElsewhere() async throws {
        let (surface, other) = (Surface(), Surface())
        let id = try #require(await post(surface, "/keys/generate", documented).json["key_id"])
        let name = try #require(id.text)
        let sealed = await post(surface, "/encrypt", ["data": "x", "key_id": id]).json["encrypted_data"] ?? .null
        let exported = await post(surface, "/keys/\(name)/export", ["passphrase": "a long passphrase"])
        let backup = try #require(exported.json["backup"], "\(exported.json.encodedText)")
        let wrong = await post(other, "/keys/restore", ["backup": backup, "passphrase": "another passphrase"])
        #expect(wrong.status == 400 && wrong.details["field"] == "backup" && !wrong.json.encodedText.contains("passphrase\""), "\(wrong.json.encodedText)")
        let restored = await post(other, "/keys/restore", ["backup": backup, "passphrase": "a long passphrase"])
        #expect(restored.status == 201 && restored.json["key_id"] == id && restored.json["backup_enabled"] == true, "\(restored.json.encodedText)")
        #expect(await post(other, "/decrypt", ["encrypted_data": sealed, "key_id": id]).json["data"] == "x")
        #expect(await post(surface, "/keys/restore", ["backup": backup, "passphrase": "a long passphrase"]).status == 409)
        let kept = try #require(try await make(surface, "x_wing").text)
        #expect(await post(surface, "/keys/\(kept)/export", ["passphrase": "a long passphrase"]).status == 409)
        #expect(await post(surface, "/keys/\(name)/export", ["passphrase": "short"]).details["field"] == "passphrase")
    }

    @Test func aSecretIsSharedWithTheOwnerOfAKey() async throws {
        let surface = Surface()
        let own = try PrivateKey(.mlKEM1024, seed: Secret(RandomSource.system.bytes(64)))
        let body: JSON = [
            "initiator_id": "party-a-uuid", "responder_id": "party-b-uuid", "protocol": "kem_encapsulation",
            "public_key": .string(KeyDocuments.publicPEM(own.publicKey)),
            "session_parameters": ["forward_secrecy": true, "perfect_forward_secrecy": true, "session_timeout": 3600],
        ]
        let reply = await post(surface, "/key-exchange", body)
        #expect(
            reply.status == 200 && reply.json["session_established"] == true && reply.json["session_expires_at"] == "2025-09-22T03:00:03.000Z",
            "\(reply.json.encodedText)")
        let security: JSON = [
            "quantum_security_level": 256, "classical_security_level": 15_360, "forward_secrecy": true, "authentication": "server_only",
        ]
        #expect(reply.json["security_parameters"] == security && reply.notices.isEmpty)
        func bytes(_ name: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: reply.json[name]?.text ?? ""))) }
        let secret = KeyVault.exchangeSecret(try own.decapsulate(try bytes("encapsulated_key")), info: try bytes("key_derivation_info"))
        #expect(try secret.bytes == bytes("shared_secret"))
        // The same key again is not fresh.
        let again = await post(surface, "/key-exchange", body)
        #expect(again.json["security_parameters"]?["forward_secrecy"] == false && again.notices == ["session_parameters.forward_secrecy"])
        // Only an administrator asks in another's name; the body is looked at first.
        #expect(await post(surface, "/key-exchange", body, as: user("party-b-uuid")).status == 200)
        #expect(await post(surface, "/key-exchange", body, as: user("somebody")).status == 403)
        let cut = body.setting("public_key", "-----BEGIN PUBLIC KEY-----\n...")
        for caller in [administrator, user("somebody")] {
            let refusal = await post(surface, "/key-exchange", cut, as: caller)
            #expect(refusal.status == 400 && refusal.details["field"] == "public_key" && refusal.error["code"] == "VALIDATION_ERROR")
        }
        let disagreeing = await post(surface, "/key-exchange", body.setting("session_parameters.forward_secrecy", false))
        #expect(disagreeing.status == 400 && disagreeing.details["field"] == "session_parameters.perfect_forward_secrecy")
        #expect(await post(surface, "/key-exchange", body.setting("protocol", "ecdh")).details["field"] == "protocol")
        for seconds in [0, 86_401] as [JSON] {
            let refusal = await post(surface, "/key-exchange", body.setting("session_parameters.session_timeout", seconds))
            #expect(refusal.details["field"] == "session_parameters.session_timeout")
        }
    }
}
