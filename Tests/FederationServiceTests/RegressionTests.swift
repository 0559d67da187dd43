import Federation
import FederationService
import Foundation
import Learning
import Testing
import Wire

/// A regression through the service: a test set of numbers, rounds without an accuracy, and the model's card.
@Suite struct RegressionTests {
    /// y = 3·x₀ − 2·x₁ + 1
    private func rows(_ seed: UInt64, count: Int = 40) -> Dataset {
        var generator = SeededGenerator(seed: seed)
        let features = (0..<(2 * count)).map { _ in Float(generator.normal()) }
        return Dataset(features: features, targets: (0..<count).map { 3 * features[2 * $0] - 2 * features[2 * $0 + 1] + 1 }, inputs: 2)
    }

    private func csv(_ data: Dataset) -> [UInt8] {
        let lines = (0..<data.rows).map { "\(data.features[2 * $0]),\(data.features[2 * $0 + 1]),\(data.targets[$0])" }
        return Array(lines.joined(separator: "\n").utf8)
    }

    @Test func itEndsWithAGoodModelAndACardThatSaysSo() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            var spec = SessionSpec()
            (spec.modelType, spec.minClients, spec.rounds, spec.learningRate, spec.localEpochs) = (.linear, 2, 6, 0.05, 5)
            let created = try await service.engine.createSession(spec, tenant: tenant)
            let session = created.view.record.id
            await #expect(throws: FederationFailure.self, "a name is no number to predict") {
                try await service.engine.setEvaluation(session, tenant: tenant, csv: Array("1,2,dog\n".utf8), label: nil)
            }
            try await service.engine.setEvaluation(session, tenant: tenant, csv: csv(rows(9)), label: nil)
            let names = ["a", "b"]
            for name in names {
                var request = JoinRequest(client: name)
                request.dataSize = 40
                request.schema = DataSchema(inputs: 2, outputs: 1, scale: .none, task: .regression)
                var application = JoinApplication(clientID: name, request: request)
                application.registrationToken = created.registrationToken
                _ = try await service.engine.join(session, application)
            }
            try await withThrowingTaskGroup(of: Void.self) { [engine = service.engine] group in
                for (index, name) in names.enumerated() {
                    let own = rows(UInt64(index + 1))
                    group.addTask { try await train(engine, session, name, own) }
                }
                try await group.waitForAll()
            }
            let view = try await service.engine.status(session, tenant: tenant)
            #expect(view.record.status == .completed)
            #expect(view.accuracy == nil && view.heldOutAccuracy == nil)
            #expect(try #require(view.loss) < 0.5)
            let rounds = try await service.engine.rounds(session, tenant: tenant, after: 0, limit: 100).compactMap(\.outcome)
            #expect(rounds.count == 6)
            #expect(rounds.allSatisfy { $0.heldOutAccuracy == nil && $0.federatedAccuracy == nil && $0.heldOutLoss != nil && $0.federatedLoss != nil })
            #expect(try #require(rounds.last?.heldOutLoss) < 0.1 * (try #require(rounds.first?.federatedLoss)))
            try await cardIsTrue(service, session, view)
            await service.stop()
            // After a restart the test set is read again, for a session that has ended too.
            let again = try await Service(folder)
            try await cardIsTrue(again, session, view)
            await again.stop()
        }
    }

    private func cardIsTrue(_ service: Service, _ session: String, _ view: SessionView) async throws {
        let card = try await service.engine.modelCard(session, tenant: tenant, round: nil)
        guard case .regression(let measured)? = card.heldOut else {
            Issue.record("there is a test set: \(String(describing: card.heldOut))")
            return
        }
        #expect(measured.rows == 40 && measured.meanSquaredError == view.heldOutLoss)
        #expect(try #require(measured.r2) > 0.95)
        #expect(card.round == 6 && card.sha256 == view.model && card.clients == 2 && card.rows == 80 && card.contributors == 2)
        #expect(card.reported?.assessment.accuracy == nil && card.reported?.clients == 2 && card.reported?.assessment.rows == 80)
        let first = try await service.engine.modelCard(session, tenant: tenant, round: 0)
        #expect(first.contributors == nil && first.reported == nil && first.sha256 != card.sha256)
        await #expect(throws: FederationFailure.notFound("session \(session)")) {
            try await service.engine.modelCard(session, tenant: "other", round: nil)
        }
    }
}
