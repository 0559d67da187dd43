import Federation
import FederationService
import Foundation
import Learning
import ModelServing
import Storage
import StrictJSON
import Testing
import Trust
import Wire

/// A classifier's session with a test set leaves a temperature with its model; without one it says that there is none.
@Suite struct CalibrationTests {
    /// Two classes whose rows lie over each other: nobody can be right and sure of all.
    private func rows(_ seed: UInt64, count: Int) -> Dataset {
        var generator = SeededGenerator(seed: seed)
        var (features, labels): ([Float], [Int32]) = ([], [])
        for row in 0..<count {
            let label = row % 2
            features += (0..<2).map { _ in Float(generator.normal()) + (label == 0 ? -0.6 : 0.6) }
            labels.append(Int32(label))
        }
        return Dataset(features: features, labels: labels, inputs: 2, outputs: 2)
    }

    private func csv(_ data: Dataset) -> [UInt8] {
        Array((0..<data.rows).map { "\(data.features[2 * $0]),\(data.features[2 * $0 + 1]),\(data.labels[$0])" }.joined(separator: "\n").utf8)
    }

    private func run(_ service: Service, evaluation: Dataset?) async throws -> String {
        var spec = SessionSpec()
        (spec.minClients, spec.rounds, spec.learningRate, spec.localEpochs) = (2, 3, 0.1, 20)
        spec.model = ModelSpec(kind: .mlp, layers: [2, 16, 2])
        let created = try await service.engine.createSession(spec, tenant: tenant)
        let session = created.view.record.id
        if let evaluation { try await service.engine.setEvaluation(session, tenant: tenant, csv: csv(evaluation), label: nil) }
        let names = ["a", "b"]
        for name in names {
            var request = JoinRequest(client: name)
            request.dataSize = 40
            request.schema = DataSchema(inputs: 2, outputs: 2, scale: .none)
            var application = JoinApplication(clientID: name, request: request)
            application.registrationToken = created.registrationToken
            _ = try await service.engine.join(session, application)
        }
        try await withThrowingTaskGroup(of: Void.self) { [engine = service.engine] group in
            for (index, name) in names.enumerated() {
                let own = rows(UInt64(index + 1), count: 40)
                group.addTask { try await train(engine, session, name, own) }
            }
            try await group.waitForAll()
        }
        return session
    }

    @Test func aCommittedModelHasItsTemperature() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let session = try await run(service, evaluation: rows(9, count: 200))
            let card = try await service.engine.modelCard(session, tenant: tenant, round: nil)
            let fitted = try #require(card.temperature)
            guard case .classification(let measured)? = card.heldOut else {
                Issue.record("there is a test set: \(String(describing: card.heldOut))")
                return await service.stop()
            }
            #expect(fitted.rows == 200 && fitted.errorBefore == measured.calibration.expectedError)
            #expect(fitted.error <= measured.calibration.expectedError)
            var around = service.around
            around.models = service.store
            let engine = FederationEngine(around: around, identities: service.store, authority: try authority.get(), random: .system)
            _ = try await engine.registerModels()
            // What classify reads is what the session left.
            let stored = try #require(try await service.store.models(tenant: tenant, after: "", limit: 9).first?.card)
            let calibration = DigitsCalibration(card: try JSON(parsing: stored))
            #expect(calibration == DigitsCalibration(scaling: fitted.scaling, expectedError: fitted.error))
            await service.stop()
        }
    }

    @Test func withoutATestSetThereIsNone() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let card = try await service.engine.modelCard(try await run(service, evaluation: nil), tenant: tenant, round: nil)
            #expect(card.temperature == nil && card.json["metrics"]?["temperature_scaling"] == .null)
            #expect(DigitsCalibration(card: card.json) == DigitsCalibration())
            await service.stop()
        }
    }
}
