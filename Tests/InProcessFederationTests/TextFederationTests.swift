import CryptoSuite
import Federation
import FederationSimulator
import InProcessFederation
import Learning
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Four clients with text of theirs train a byte-level transformer together.
@Suite struct TextFederationTests {
    /// Sentences of a small language, each client with a preference for other words.
    private func text(_ client: Int, bytes: Int) -> [UInt8] {
        let subjects = ["the coordinator", "a client", "the round", "an update", "the model"]
        let verbs = ["sends", "keeps", "counts", "waits for", "asks for"]
        let objects = ["a model", "the weights", "an answer", "its rows", "the next round"]
        var draw = SeededGenerator(seed: UInt64(100 + client))
        func pick(_ words: [String]) -> String { draw.below(3) == 0 ? words[client % words.count] : words[draw.below(words.count)] }
        var text: [UInt8] = []
        while text.count < bytes { text += Array("\(pick(subjects)) \(pick(verbs)) \(pick(objects)).\n".utf8) }
        return text
    }

    private func spec(rounds: Int) -> SessionSpec {
        var spec = SessionSpec()
        (spec.modelType, spec.minClients, spec.rounds) = (.languageModel, 4, rounds)
        spec.takeUsualForText()
        spec.model = ModelSpec(transformer: TransformerShape(layers: 1, width: 32, heads: 2, hidden: 64, context: 32))
        (spec.localSteps, spec.batchSize, spec.learningRate) = (10, 8, 5e-3)
        return spec
    }

    private func federation(_ spec: SessionSpec, secrets: ClientSecrets? = nil) throws -> InProcessFederation {
        try spec.validate()
        let texts = (0..<4).map { text($0, bytes: 6000 + 1000 * $0) }
        return InProcessFederation(
            session: SessionRecord(id: "fl-text", tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: []),
            names: (1...4).map { "client-\($0)" }, dataset: Dataset(texts: texts), schema: .text, shares: RowShares((0..<4).map { [$0] }),
            holdout: Dataset(texts: [text(9, bytes: 4000)]), suite: .simulated, secrets: secrets)
    }

    /// What knowing how often each byte comes is worth, in bits.
    private func entropy(_ text: [UInt8]) -> Double {
        var counts = [Double](repeating: 0, count: 256)
        for byte in text { counts[Int(byte)] += 1 }
        return counts.filter { $0 > 0 }.reduce(0) { $0 - $1 / Double(text.count) * log2($1 / Double(text.count)) }
    }

    @Test func bitsPerByteFallBelowWhatSingleBytesTell() throws {
        var federation = try federation(spec(rounds: 12))
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .completed && report.rounds.count == 12 && report.updates == 48)
        let bits = report.rounds.compactMap { $0.outcome.heldOutLoss }.map(LanguageMeasures.bits)
        let own = report.rounds.compactMap { $0.outcome.federatedLoss }.map(LanguageMeasures.bits)
        #expect(bits.count == 12 && own.count == 12 && report.rounds.allSatisfy { $0.outcome.heldOutAccuracy == nil && $0.outcome.federatedAccuracy == nil })
        let single = entropy(text(9, bytes: 4000))
        #expect((7.9...8.2).contains(own[0]), "the first model knows nothing: \(own)")
        #expect(single > 3.5 && (bits.last ?? 9) < single - 0.5, "\(bits), single bytes \(single)")
        let told = try #require(report.evaluation)
        #expect(told.accuracy == nil && told.clients == 4 && LanguageMeasures.bits(told.loss) < single && told.rows > 1000)
        // Weights are bytes of text, and so is what is evaluated on.
        #expect((0..<4).map { federation.rows(of: $0).samples }.allSatisfy { $0 >= 6000 })
        let file = try #require(federation.newestFile)
        #expect(hexadecimal(CryptoSuite.simulated.sha256(file)) == report.model)
        #expect(try ModelFile(decoding: file).spec == spec(rounds: 12).model)
    }

    @Test(arguments: [SessionSpec.Aggregation.mean, .trimmedMean]) func theSameSessionGivesTheSameModel(rule: SessionSpec.Aggregation) throws {
        var asked = spec(rounds: 2)
        asked.aggregation = rule
        let models = try (0..<2).map { _ in
            var federation = try federation(asked)
            try federation.gather()
            return federation.run().model
        }
        #expect(models[0] != nil && models[0] == models[1])
    }

    /// Masked, the coordinator sees sums of groups; the model is nearly the same.
    @Test func masksHideUpdatesAndLeaveTheModel() throws {
        let suite = CryptoSuite.simulated
        @Sendable func draw(_ what: String, _ name: String) -> Secret { Secret(suite.hmacSHA256([1, 2], Array("\(what) \(name)".utf8))) }
        var asked = spec(rounds: 3)
        asked.secureAggregation = SecureAggregationSpec(groupFloor: 3)
        var masked = try federation(
            asked,
            secrets: ClientSecrets(rounding: { draw("rounding", $0) }, entropy: { draw("\($1)", $0) }, identity: { draw("identity", $0) }))
        var plain = try federation(spec(rounds: 3))
        try masked.gather()
        try plain.gather()
        let (hidden, open) = (masked.run(), plain.run())
        #expect(hidden.status == .completed && hidden.rounds.count == 3 && hidden.rounds.allSatisfy { $0.outcome.secure != nil })
        let losses = [hidden, open].compactMap { $0.rounds.last?.outcome.heldOutLoss }
        #expect(losses.count == 2 && abs(losses[0] - losses[1]) < 0.2, "\(losses)")
    }

    @Test func aClientOfATableIsTurnedAway() throws {
        let rows = Dataset(features: [1, 2, 3, 4], labels: [0, 1], inputs: 2, outputs: 2)
        var federation = InProcessFederation(
            session: SessionRecord(id: "fl-text", tenant: "default", spec: spec(rounds: 1), createdAt: Instant(milliseconds: 0), registrationTokenHash: []),
            names: ["a", "b"], dataset: rows, schema: DataSchema(inputs: 2, outputs: 2, scale: .none), shares: RowShares([[0], [1]]), suite: .simulated)
        #expect { try federation.gather() } throws: { "\($0)".contains("data_schema.task") }
    }
}
