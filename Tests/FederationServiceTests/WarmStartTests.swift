import Federation
import FederationService
import Foundation
import Learning
import Storage
import Testing

/// A session begins with a model that is there already.
@Suite struct WarmStartTests {
    private let names = ["a", "b"]
    private let spec = ModelSpec(kind: .softmaxRegression, layers: [4, 2])

    private func run(_ service: Service, _ session: String) async throws {
        #expect(try await takePart(names.map { (TestClient(service.engine, session, $0), TestChannel()) }))
    }

    private func model(_ service: Service, _ session: String, round: Int?) async throws -> ServedModel {
        try await service.engine.weights(session, member: Member(tenant: tenant, client: "a"), round: round, isHeld: { _ in false })
    }

    private func refused(_ field: String, _ call: () async throws -> Void) async {
        do {
            try await call()
            Issue.record("\(field) was taken")
        } catch FederationFailure.unprocessable(let named, _, _) { #expect(named == field) } catch { Issue.record("\(error)") }
    }

    @Test func aSessionGoesOnFromAnotherOne() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (first, _) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: 2))
            try await run(service, first)
            let (last, early) = (try await model(service, first, round: nil), try await model(service, first, round: 1))
            var wanted = smallSpec(clients: 2, rounds: 1)
            (wanted.model, wanted.initialModel) = (nil, .init(session: first))
            let (second, _) = try await sessionWithMembers(service.engine, names, wanted)
            try await run(service, second)
            #expect(try await model(service, second, round: 0).digest == last.digest)
            let view = try await service.engine.status(second, tenant: tenant)
            #expect(view.record.status == .completed && view.record.warmStart == last.digest && view.record.modelSource == "initial_model")
            #expect(view.record.model == spec)
            wanted.initialModel = .init(session: first, round: 1)
            let (third, _) = try await sessionWithMembers(service.engine, names, wanted)
            // The source is only needed when the session is created.
            await service.stop()
            service = try await Service(folder)
            try await run(service, third)
            #expect(try await model(service, third, round: 0).digest == early.digest)
            await service.stop()
        }
    }

    @Test func whatDoesNotFitIsRefusedByName() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let engine = service.engine
            let (first, _) = try await sessionWithMembers(engine, names, smallSpec(clients: 2, rounds: 1))
            var wanted = smallSpec(clients: 2, rounds: 1)
            for name in ["fl-session-none", first] where name != first {
                wanted.initialModel = .init(session: name)
                await refused("initial_model.session_id") { [wanted] in _ = try await engine.createSession(wanted, tenant: tenant) }
            }
            try await run(service, first)
            wanted.initialModel = .init(session: first)
            // Another tenant's session is none.
            await refused("initial_model.session_id") { [wanted] in _ = try await engine.createSession(wanted, tenant: "other") }
            wanted.model = ModelSpec(kind: .softmaxRegression, layers: [4, 3])
            await refused("initial_model") { [wanted] in _ = try await engine.createSession(wanted, tenant: tenant) }
            (wanted.model, wanted.initialModel) = (spec, .init())
            let (open, _) = try await sessionWithMembers(engine, names, wanted)
            await refused("initial_model") { try await engine.setInitialModel(open, tenant: tenant, file: [1, 2, 3]) }
            var file = ModelFile(spec: spec, schema: DataSchema(inputs: 4, outputs: 2, scale: .none), parameters: [Float](repeating: 0.5, count: 10))
            file.parameters[3] = .nan
            await refused("initial_model") { [file] in try await engine.setInitialModel(open, tenant: tenant, file: file.encode()) }
            #expect(try await engine.status(open, tenant: tenant).blockedBy.map(\.what) == ["initial_model"])
            await service.stop()
        }
    }

    @Test func aFileCanBeHandedIn() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            var wanted = smallSpec(clients: 2, rounds: 1)
            wanted.initialModel = .init()
            let (session, _) = try await sessionWithMembers(service.engine, names, wanted)
            let file = ModelFile(
                spec: spec, schema: DataSchema(inputs: 4, outputs: 2, scale: .none), parameters: (0..<10).map { Float($0) / 8 })
            try await service.engine.setInitialModel(session, tenant: tenant, file: file.encode())
            await service.stop()
            service = try await Service(folder)
            try await run(service, session)
            #expect(try await model(service, session, round: 0).bytes == file.encode())
            await #expect(throws: FederationFailure.self) { try await service.engine.setInitialModel(session, tenant: tenant, file: file.encode()) }
            await service.stop()
        }
    }
}
