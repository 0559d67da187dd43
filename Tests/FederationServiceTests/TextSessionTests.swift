import Compute
import CryptoSuite
import Federation
import FederationService
import Foundation
import Learning
import Logging
import ModelServing
import Platform
import StrictJSON
import Testing
import Trust
import Wire

/// A language model through the service: a held-out text, rounds in bits per byte, the card, and the text that it then makes.
@Suite struct TextSessionTests {
    private func text(_ seed: Int) -> [UInt8] { (0..<120).flatMap { Array("round \(($0 * seed) % 97) is over and the next one begins.\n".utf8) } }

    private func spec() -> SessionSpec {
        var spec = SessionSpec()
        (spec.modelType, spec.minClients, spec.rounds) = (.languageModel, 2, 4)
        spec.takeUsualForText()
        spec.model = ModelSpec(transformer: TransformerShape(layers: 1, width: 16, heads: 2, hidden: 32, context: 64))
        (spec.localSteps, spec.batchSize, spec.window, spec.learningRate) = (8, 4, 32, 1e-2)
        return spec
    }

    @Test func itsModelAnswersWithoutAnybodysHelp() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            var around = service.around
            around.models = service.store
            let engine = FederationEngine(around: around, identities: service.store, authority: try authority.get(), random: .system)
            let created = try await engine.createSession(spec(), tenant: tenant)
            let session = created.view.record.id
            await #expect(throws: FederationFailure.self, "every round would wait for it") {
                try await engine.setEvaluation(session, tenant: tenant, csv: [UInt8](repeating: 65, count: 1 << 20), label: nil)
            }
            try await engine.setEvaluation(session, tenant: tenant, csv: text(11), label: nil)
            let names = ["a", "b"]
            for (index, name) in names.enumerated() {
                var request = JoinRequest(client: name)
                request.dataSize = Int64(text(index + 1).count)
                request.schema = .text
                var application = JoinApplication(clientID: name, request: request)
                application.registrationToken = created.registrationToken
                _ = try await engine.join(session, application)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, name) in names.enumerated() {
                    let own = try Dataset(files: [text(index + 1)])
                    group.addTask { try await train(engine, session, name, own) }
                }
                try await group.waitForAll()
            }
            let view = try await engine.status(session, tenant: tenant)
            #expect(view.record.status == .completed && view.accuracy == nil && view.heldOutAccuracy == nil)
            let rounds = try await engine.rounds(session, tenant: tenant, after: 0, limit: 100).compactMap(\.outcome)
            #expect(rounds.count == 4 && rounds.allSatisfy { $0.heldOutLoss != nil && $0.federatedLoss != nil })
            #expect(try #require(rounds.last?.heldOutLoss) < (try #require(rounds.first?.federatedLoss)) - 1)

            let card = try await engine.modelCard(session, tenant: tenant, round: nil)
            guard case .language(let measured)? = card.heldOut else {
                Issue.record("there is a held-out text: \(String(describing: card.heldOut))")
                return await service.stop()
            }
            #expect(measured.bytes == text(11).count && measured.nats == view.heldOutLoss)
            #expect(card.markdown.contains("| bits per byte |") && card.markdown.contains("byte_transformer") && !card.markdown.contains("accuracy |"))
            #expect(card.json["metrics"]?["held_out"]?["bits_per_byte"]?.double == measured.bitsPerByte)
            #expect(card.json["training"]?["local_steps"] == 8 && card.json["training"]?["window"] == 32)
            try await answers(service, session, sha256: try #require(view.model))
            await service.stop()
        }
    }

    private func answers(_ service: Service, _ session: String, sha256: String) async throws {
        var settings = RegistrySettings()
        settings.bytesMax = 1 << 24
        let registry = ModelRegistry(
            store: service.store, settings: settings, client: nil, pool: ComputePool(threads: 1, name: "tests"), suite: .system, random: .system,
            log: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        ) { Instant(milliseconds: 1_758_506_403_000) }
        let models = LanguageModels(source: RegistryModelSource(registry))
        var found: [LanguageModelFacts] = []
        // It is registered beside the end, and not before it.
        for _ in 0..<3000 where found.count < 2 {
            found = try await models.list(tenant: tenant)
            if found.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        }
        let facts = try #require(found.first)
        #expect(facts.sha256 == sha256 && facts.id == "fed-text-\(sha256.prefix(8))" && facts.contextTokens == 63)
        var request = LanguageRequest(.text("round 7 is "), model: facts.id)
        (request.maxTokens, request.temperature) = (20, 0)
        let reply = try await models.generate(try await models.prepare(request, tenant: tenant))
        #expect(reply.model.sha256 == sha256 && reply.completionTokens == 20 && !reply.text.isEmpty)
        #expect(try await models.list(tenant: "other").count == 1)
    }
}
