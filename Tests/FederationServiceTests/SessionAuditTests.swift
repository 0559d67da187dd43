import Federation
import FederationService
import Foundation
import Learning
import Storage
import Testing

/// What somebody has to answer for in a session is in the tenant's audit once, with who did it.
@Suite struct SessionAuditTests {
    private func entries(_ service: Service) async throws -> [AuditRecord] {
        try await service.store.audit(tenant: tenant, after: 0, limit: 100).map(\.entry)
    }

    @Test func aSessionThatRunsByItselfIsTheCoordinators() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, ["a", "b"], smallSpec(clients: 2, rounds: 2))
            #expect(try await takePart(["a", "b"].map { (TestClient(service.engine, session, $0), TestChannel()) }))
            // The same after restarts: nothing is told twice.
            for _ in 1...2 {
                let told = try await entries(service)
                #expect(told.map(\.action) == [.sessionCreated, .sessionStarted, .sessionEnded])
                #expect(told.map(\.actor) == ["administrator", "coordinator", "coordinator"])
                #expect(told.allSatisfy { $0.subject == session && $0.resourceType == "session" && $0.resourceID == session })
                #expect(told.last?.details["status"] == "completed" && told.first?.details["rounds"] == "2")
                await service.stop()
                service = try await Service(folder)
            }
            await service.stop()
        }
    }

    @Test func whoStartsAndStopsAndMeasuresIsNamed() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, ["a", "b"], smallSpec(clients: 2, rounds: 9, autoStart: false))
            // Refused, and nobody's doing.
            let early = try await service.engine.createSession(smallSpec(clients: 2, rounds: 1), tenant: tenant, by: "key_0").view.record.id
            await #expect(throws: FederationFailure.self) { try await service.engine.start(early, tenant: tenant, by: "key_0") }
            try await service.engine.setEvaluation(session, tenant: tenant, csv: Array("1,2,3,4,0\n2,1,4,3,1\n".utf8), label: nil, by: "key_1")
            _ = try await service.engine.start(session, tenant: tenant, by: "key_2")
            _ = try await service.engine.stop(session, tenant: tenant, reason: "enough", by: "key_3")
            // Again: it is over.
            _ = try? await service.engine.stop(session, tenant: tenant, reason: "enough", by: "key_4")
            let told = try await entries(service)
            #expect(told.map(\.action) == [.sessionCreated, .sessionCreated, .sessionEvaluationSet, .sessionStarted, .sessionStopped])
            #expect(told.map(\.actor) == ["administrator", "key_0", "key_1", "key_2", "key_3"])
            #expect(told[2].details["sha256"]?.utf8.count == 64 && told[4].details["reason"] == "enough")
            await service.stop()
        }
    }

    @Test func theModelThatIsHandedInIsNamed() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            var spec = smallSpec(clients: 1, rounds: 1)
            spec.initialModel = SessionSpec.InitialModel()
            let session = try await service.engine.createSession(spec, tenant: tenant, by: "key_1").view.record.id
            await #expect(throws: FederationFailure.self) {
                try await service.engine.setInitialModel(session, tenant: tenant, file: [1, 2, 3], by: "key_2")
            }
            let model = ModelSpec(kind: .softmaxRegression, layers: [4, 2])
            let schema = DataSchema(inputs: 4, outputs: 2, scale: .none)
            let file = ModelFile(spec: model, schema: schema, parameters: [Float](repeating: 0, count: model.parameterCount))
            try await service.engine.setInitialModel(session, tenant: tenant, file: file.encode(), by: "key_3")
            let told = try await entries(service)
            #expect(told.map(\.action) == [.sessionCreated, .sessionInitialModelSet] && told.map(\.actor) == ["key_1", "key_3"])
            #expect(told.last?.details["sha256"] == (try await service.engine.status(session, tenant: tenant)).record.warmStart)
            await service.stop()
        }
    }
}
