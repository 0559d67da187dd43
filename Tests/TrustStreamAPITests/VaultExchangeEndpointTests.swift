import APIKit
import CryptoSuite
import Federation
import Foundation
import KeyVault
import Platform
import StrictJSON
import Testing
import Trust
import TrustStreamAPI

/// Exchanges that are signed, confirmed, and over.
@Suite struct VaultExchangeEndpointTests {
    private let vault = "/api/v4/quantum-encryption"
    private let now: Int64 = 1_758_506_403_000

    private func post(_ surface: Surface, _ path: String, _ body: JSON, as caller: Caller = administrator) async -> Answer {
        await surface.call("POST", vault + path, json: body.encodedText, as: caller)
    }

    private func user(_ id: String, _ tenant: String = "default") -> Caller {
        .principal(Principal(id: id, kind: .user, tenant: tenant, scopes: [.crypto], audiences: [.v4]))
    }

    private func pair(_ algorithm: KeyAlgorithm, _ byte: UInt8) throws -> PrivateKey {
        try PrivateKey(algorithm, seed: Secret([UInt8](repeating: byte, count: algorithm.seedBytes)))
    }

    private func base64(_ bytes: [UInt8]) -> JSON { .string(Data(bytes).base64EncodedString()) }

    private func party(_ id: String, _ key: PrivateKey) throws -> JSON {
        let proof = try key.sign(KeyVault.partyTranscript(id, key.publicKey, tenant: "default"), context: Array("registration".utf8))
        return ["party_id": .string(id), "public_key": .string(KeyDocuments.publicPEM(key.publicKey)), "proof": base64(proof)]
    }

    @Test func whatBothHaveSignedIsMutual() async throws {
        let surface = Surface()
        let (own, a, b) = (try pair(.mlKEM1024, 3), try pair(.mlDSA65, 1), try pair(.mlDSA87, 2))
        #expect(await post(surface, "/parties", try party("party-a", a), as: user("party-b")).status == 403)
        let registered = await post(surface, "/parties", try party("party-a", a), as: user("party-a"))
        #expect(registered.status == 201 && registered.json["party_id"] == "party-a" && registered.json["algorithm"] == "ml_dsa_65")
        #expect(await post(surface, "/parties", try party("party-b", b)).status == 201, "an administrator registers for others")
        let list = await surface.call("GET", vault + "/parties")
        #expect(list.json["parties"]?.elements?.count == 2 && list.json["next"] == .null)
        #expect(await surface.call("GET", vault + "/parties", as: user("x", "other")).json["parties"]?.elements?.isEmpty == true)

        var request = ExchangeRequest(initiator: "party-a", responder: "party-b", publicKey: "")
        request.timeoutSeconds = 60
        let transcript = KeyVault.exchangeTranscript(request, own.publicKey, signedAt: Instant(milliseconds: now), tenant: "default")
        let body: JSON = [
            "initiator_id": "party-a", "responder_id": "party-b", "public_key": .string(KeyDocuments.publicPEM(own.publicKey)),
            "session_parameters": ["session_timeout": 60], "signed_at_ms": .integer(now),
            "initiator_signature": base64(try a.sign(transcript, context: Array("initiator".utf8))),
            "responder_signature": base64(try b.sign(transcript, context: Array("responder".utf8))),
        ]
        for field in ["initiator_signature", "responder_signature", "signed_at_ms"] {
            let partial = JSON.object((body.members ?? []).filter { $0.name != field })
            #expect(await post(surface, "/key-exchange", partial, as: user("party-b")).details["field"] == .string(field))
        }
        let reply = await post(surface, "/key-exchange", body, as: user("party-b"))
        #expect(reply.status == 200 && reply.json["security_parameters"]?["authentication"] == "mutual", "\(reply.json.encodedText)")
        #expect(await post(surface, "/key-exchange", body, as: user("party-b")).status == 409)

        // The initiator fetches what is its to decapsulate, and shows that it did.
        let id = try #require(reply.json["session_id"]?.text)
        let session = await surface.call("GET", "\(vault)/key-exchange/\(id)", as: user("party-a"))
        #expect(session.json["status"] == "active" && session.json["authentication"] == "mutual" && session.json["confirmed_at"] == .null)
        #expect(session.json["session_expires_at"] == reply.json["session_expires_at"] && session.json["encapsulated_key"] == reply.json["encapsulated_key"])
        #expect(session.json["shared_secret"] == nil)
        func bytes(_ name: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: session.json[name]?.text ?? ""))) }
        let secret = KeyVault.exchangeSecret(try own.decapsulate(try bytes("encapsulated_key")), info: try bytes("key_derivation_info"))
        let confirmation: JSON = ["confirmation": base64(KeyVault.exchangeConfirmation(secret, session: id))]
        let wrong = await post(surface, "/key-exchange/\(id)/confirm", ["confirmation": base64(secret.bytes)], as: user("party-a"))
        #expect(wrong.status == 400 && wrong.details["field"] == "confirmation")
        #expect(await post(surface, "/key-exchange/\(id)/confirm", confirmation, as: user("party-a", "other")).status == 404)
        let confirmed = await post(surface, "/key-exchange/\(id)/confirm", confirmation, as: user("party-a"))
        #expect(confirmed.status == 200 && confirmed.json["status"] == "confirmed" && confirmed.json["confirmed_at"]?.text != nil)

        // Another one, that is over.
        let short = await post(surface, "/key-exchange", ["initiator_id": "party-a", "public_key": body["public_key"] ?? .null], as: user("party-b"))
        let over = try #require(short.json["session_id"]?.text)
        _ = try await surface.vault.exchangeSession(over, tenant: "default", now: Instant(milliseconds: now).adding(seconds: 3600))
        let ended = await surface.call("GET", "\(vault)/key-exchange/\(over)")
        #expect(ended.status == 200 && ended.json["status"] == "expired" && ended.json["encapsulated_key"] == .null)
        #expect(await post(surface, "/key-exchange/\(over)/confirm", confirmation).status == 409)
        #expect(await surface.call("GET", vault + "/key-exchange/qke-none").status == 404)

        #expect(await surface.call("DELETE", vault + "/parties/party-a", as: user("party-b")).status == 403)
        let removed = await surface.call("DELETE", vault + "/parties/party-a", as: user("party-a"))
        #expect(removed.status == 200 && removed.json["removed"] == true)
        #expect(await surface.call("DELETE", vault + "/parties/party-a", as: user("party-a")).status == 404)
    }
}
