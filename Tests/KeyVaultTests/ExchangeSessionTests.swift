import CryptoSuite
import Federation
import Foundation
import KeyVault
import Storage
import Testing
import Trust

/// Exchanges while they last, and who signs them.
@Suite struct ExchangeSessionTests {
    private func request(_ key: PublicKey, seconds: Int = 60) -> ExchangeRequest {
        var request = ExchangeRequest(initiator: "party-a", responder: "party-b", publicKey: KeyDocuments.publicPEM(key))
        request.timeoutSeconds = seconds
        return request
    }

    private func exchange(_ world: Vault, _ request: ExchangeRequest, tenant: String = "one", at now: Instant = start) async throws -> Exchange {
        try await world.vault.exchange(request, caller: "party-b", mayNameAny: false, tenant: tenant, now: now)
    }

    private func register(_ world: Vault, _ id: String, _ key: PrivateKey, caller: AuditActor? = nil, tenant: String = "one") async throws {
        let proof = try key.sign(KeyVault.partyTranscript(id, key.publicKey, tenant: "one"), context: Array("registration".utf8))
        _ = try await world.vault.registerParty(
            id, pem: KeyDocuments.publicPEM(key.publicKey), proof: proof, caller: caller ?? AuditActor(id), mayNameAny: false, tenant: tenant, now: start)
    }

    private func signed(
        _ asked: ExchangeRequest, _ key: PublicKey, _ initiator: PrivateKey, _ responder: PrivateKey, at signedAt: Instant = start
    ) throws -> ExchangeRequest {
        var asked = asked
        let transcript = KeyVault.exchangeTranscript(asked, key, signedAt: signedAt, tenant: "one")
        asked.signatures = ExchangeSignatures(
            initiator: try initiator.sign(transcript, context: Array("initiator".utf8)),
            responder: try responder.sign(transcript, context: Array("responder".utf8)), signedAt: signedAt)
        return asked
    }

    // MARK: Their end

    @Test(arguments: StoreKind.allCases)
    func theSecretIsConfirmedWhileItLastsAndNotAfterwards(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let own = try privateKey(.mlKEM768)
            let made = try await exchange(world, request(own.publicKey))
            let secret = KeyVault.exchangeSecret(try own.decapsulate(made.encapsulated), info: made.info)
            let confirmation = KeyVault.exchangeConfirmation(secret, session: made.session)
            func confirm(_ bytes: [UInt8], at now: Instant, tenant: String = "one") async throws -> KeyExchangeRecord {
                try await world.vault.confirmExchange(made.session, bytes, tenant: tenant, actor: "party-a", now: now)
            }
            for wrong in [[], secret.bytes, confirmation.dropLast(), [confirmation[0] ^ 1] + confirmation.dropFirst()] as [[UInt8]] {
                #expect(await refusal { _ = try await confirm(wrong, at: start) } == .unopenable)
            }
            #expect(await refusal { _ = try await confirm(confirmation, at: start, tenant: "two") } == .unknownExchange(made.session))
            for _ in 1...2 { #expect(try await confirm(confirmation, at: start.adding(seconds: 59)).state(at: start.adding(seconds: 59)) == .confirmed) }
            #expect(try await world.actions().count { $0 == .vaultExchangeConfirmed } == 1)
            // Its last millisecond is gone.
            let end = start.adding(seconds: 60)
            #expect(await refusal { _ = try await confirm(confirmation, at: end) } == .exchangeOver(made.session))
            // Nor does a clock that is set back bring it again.
            #expect(await refusal { _ = try await confirm(confirmation, at: start) } == .exchangeOver(made.session))
            #expect(try await world.vault.exchangeSession(made.session, tenant: "one", now: start).state(at: start) == .expired)
        }
    }

    @Test func theEndOutlivesARestart() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("exchange-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try SQLiteStore(folder: folder, suite: .system)
        let own = try privateKey(.mlKEM1024)
        let made = try await exchange(Vault(store), request(own.publicKey))
        #expect(try await Vault(store).vault.exchangeSession(made.session, tenant: "one", now: made.expiresAt).isOver)
        await store.close()
        store = try SQLiteStore(folder: folder, suite: .system)
        let found = try await Vault(store).vault.exchangeSession(made.session, tenant: "one", now: start)
        #expect(found.state(at: start) == .expired && found.encapsulated == made.encapsulated)
        await store.close()
        // The secret, and what shows it, are nowhere in the folder.
        let hidden = [made.secret.bytes, KeyVault.exchangeConfirmation(made.secret, session: made.session)]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            for bytes in hidden {
                #expect(content.range(of: Data(bytes[..<16])) == nil, "\(name)")
                #expect(content.range(of: Data(bytes[..<16].map { "\($0)" }.joined(separator: ",").utf8)) == nil, "\(name)")
            }
        }
    }

    // MARK: Signatures

    @Test(arguments: StoreKind.allCases)
    func whoeverBothHaveSignedIsMutual(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let own = try privateKey(.xWing).publicKey
            let (a, b) = (try privateKey(.mlDSA65, 1), try privateKey(.mlDSA87, 2))
            let asked = try signed(request(own), own, a, b)
            #expect(await field { _ = try await exchange(world, asked) } == "initiator_id")
            try await register(world, "party-a", a)
            #expect(await field { _ = try await exchange(world, asked) } == "responder_id")
            try await register(world, "party-b", b)
            let made = try await exchange(world, asked)
            #expect(made.isMutual)
            #expect(try await world.vault.exchangeSession(made.session, tenant: "one", now: start).authentication == "mutual")
            // Once; and nothing else was signed.
            #expect(await refusal { _ = try await exchange(world, asked) } == .repeated)
            var longer = asked
            longer.timeoutSeconds += 1
            #expect(await field { _ = try await exchange(world, longer) } == "initiator_signature")
            var swapped = asked
            swapped.signatures?.initiator = asked.signatures?.responder ?? []
            #expect(await field { _ = try await exchange(world, swapped) } == "initiator_signature")
            #expect(await field { _ = try await exchange(world, try signed(request(own, seconds: 9), own, a, a)) } == "responder_signature")
            let another = try privateKey(.xWing, 9).publicKey
            var exchanged = request(another)
            exchanged.signatures = asked.signatures
            #expect(await field { _ = try await exchange(world, exchanged) } == "initiator_signature")
            // What is signed too long ago, or too soon.
            for seconds in [-301, 301] as [Double] {
                let early = try signed(request(own), own, a, b, at: start.adding(seconds: seconds))
                #expect(await field { _ = try await exchange(world, early) } == "signed_at_ms")
            }
            var far = asked
            far.signatures?.signedAt = Instant(milliseconds: .min)
            #expect(await field { _ = try await exchange(world, far) } == "signed_at_ms")
            #expect(!(try await exchange(world, request(own)).isMutual))
            let entries = try await world.store.audit(tenant: "one", after: 0, limit: 99).map(\.entry).filter { $0.action == .vaultKeyExchanged }
            #expect(entries.map { $0.details["authentication"] } == ["mutual", "none"])
        }
    }

    @Test func aPartysKeyIsItsOwn() async throws {
        try await Vault.with(.memory) { world in
            let (a, b) = (try privateKey(.mlDSA65, 1), try privateKey(.mlDSA87, 2))
            guard case .forbidden? = await refusal({ try await register(world, "party-a", a, caller: "party-b") }) else {
                Issue.record("somebody registered another's key")
                return
            }
            // The proof is of this tenant.
            #expect(await field { try await register(world, "party-a", a, tenant: "two") } == "proof")
            try await register(world, "party-a", a)
            try await register(world, "party-a", b)
            let parties = try await world.vault.parties(tenant: "one", after: "", limit: 9)
            #expect(parties.parties.map(\.algorithm) == ["ml_dsa_87"] && parties.next == nil)
            let sealing = try privateKey(.mlKEM768).publicKey
            let refused = await field {
                _ = try await world.vault.registerParty(
                    "party-a", pem: KeyDocuments.publicPEM(sealing), proof: [1], caller: "party-a", mayNameAny: false, tenant: "one", now: start)
            }
            #expect(refused == "public_key")
            func remove(_ id: String, _ caller: AuditActor) async -> KeyVaultError? {
                await refusal { try await world.vault.removeParty(id, caller: caller, mayNameAny: false, tenant: "one", now: start) }
            }
            #expect(await remove("nobody", "nobody") == .unknownParty("nobody"))
            guard case .forbidden? = await remove("party-a", "party-b") else {
                Issue.record("somebody removed another's key")
                return
            }
            #expect(await remove("party-a", "party-a") == nil)
            #expect(try await world.actions() == [.vaultPartyRegistered, .vaultPartyRegistered, .vaultPartyRemoved])
        }
    }
}
