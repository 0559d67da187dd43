import Federation
import FederationService
import Foundation
import Receipts
import Storage
import StrictJSON
import Testing
import Trust

/// What a session has made becomes a model of its tenant, once.
@Suite struct SessionRegistryTests {
    private let names = ["a", "b"]

    private func run(_ service: Service, rounds: Int) async throws -> String {
        let (session, _) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: rounds))
        #expect(try await takePart(names.map { (TestClient(service.engine, session, $0), TestChannel()) }))
        return session
    }

    private func engine(_ service: Service) throws -> FederationEngine {
        var around = service.around
        around.models = service.store
        return FederationEngine(around: around, identities: service.store, authority: try authority.get(), random: .system)
    }

    @Test func aSessionThatEndedBeforeIsRegisteredAtTheStart() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let session = try await run(service, rounds: 3)
            // The first engine goes on beside the second one, and would make a receipt of its own.
            let receipt = try verified(try await service.engine.receipt(session, tenant: tenant))
            let view = try await service.engine.status(session, tenant: tenant)
            // Nobody registers where nothing is said of models.
            #expect(try await service.engine.registerModels() == 0)
            let engine = try engine(service)
            #expect(try await engine.registerModels() == 1)
            #expect(try await engine.registerModels() == 0)
            let models = try await service.store.models(tenant: tenant, after: "", limit: 9)
            let model = try #require(models.first)
            let digest = try #require(view.model)
            #expect(models.count == 1 && model.id.hasPrefix("fed-") && model.id.hasSuffix(digest.prefix(8)) && model.version == "1")
            #expect(model.status == .ready && model.sha256 == digest && model.session == session && model.place == .blob && model.format == "safetensors")
            #expect(try await service.store.get(digest)?.count == model.bytes)
            let card = try JSON(parsing: try #require(model.card))
            let facts = try #require(card["federation"])
            #expect(facts["rounds"] == 3 && facts["contributors"] == 2 && facts["clients"] == 2 && facts["epsilon"] == .null)
            #expect(facts["model_sha256"]?.text == digest && facts["configuration_sha256"]?.text?.count == 64 && facts["status"] == "completed")
            #expect(try verified(try await engine.receipt(session, tenant: tenant)).content == receipt.content)
            #expect(facts["roster_sha256"]?.text == receipt.content.roster.sha256)
            #expect(card["model_details"]?["session_id"]?.text == session)
            let entries = try await service.store.audit(tenant: tenant, after: 0, limit: 999).map(\.entry).filter { $0.action == .modelRegistered }
            #expect(entries.map(\.subject) == [model.id] && entries.first?.actor == "coordinator")
            await service.stop()
        }
    }

    @Test func itIsRegisteredAtItsEnd() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let engine = try engine(service)
            let (session, _) = try await sessionWithMembers(engine, names, smallSpec(clients: 2, rounds: 1))
            #expect(try await takePart(names.map { (TestClient(engine, session, $0), TestChannel()) }))
            var models: [ModelRecord] = []
            for _ in 0..<3000 where models.isEmpty {
                models = try await service.store.models(tenant: tenant, after: "", limit: 9)
                if models.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(models.map(\.session) == [session])
            // A session that made nothing registers nothing.
            let (empty, _) = try await sessionWithMembers(engine, [], smallSpec(clients: 2, rounds: 1))
            _ = try await engine.stop(empty, tenant: tenant, reason: "enough")
            #expect(try await engine.registerModels() == 1)
            #expect(try await service.store.models(tenant: tenant, after: "", limit: 9).count == 1)
            await service.stop()
        }
    }
}
