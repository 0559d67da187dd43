internal import Compute
internal import DifferentialPrivacy
internal import Federation
import Foundation
package import Learning
internal import Storage
internal import StrictJSON

// What is known of a model, for whoever uses it.
extension FederationEngine {
    package func modelCard(_ session: String, tenant: String, round: Int?) async throws(FederationFailure) -> ModelCard {
        let host = try await host(session, tenant: tenant)
        return try await host.card(round: round)
    }
}

extension SessionHost {
    func card(round: Int?) async throws(FederationFailure) -> ModelCard {
        let (digest, round) = try await digest(ofRound: round)
        let bytes = try await modelBytes(digest)
        let (record, evaluation) = (machine.session, machine.evaluation)
        let set: EvaluationSet
        let members: [MemberRecord]
        let made: RoundRecord?
        do {
            // As stored: a session that has ended keeps its test set there alone.
            set = try await around.evaluationSet(of: record)
            members = try await around.sessions.snapshot(id, tenant: tenant)?.members ?? []
            made = try await around.sessions.rounds(id, tenant: tenant, after: round - 1, limit: 50)
                .first { $0.round == round && $0.state == .committed }
        } catch { throw storageFailure(error, around.log) }
        let file: ModelFile
        let heldOut: ModelMeasures?
        let temperature: FittedTemperature?
        do {
            (file, heldOut, temperature) = try await around.pool.run(throwing: {
                () throws(SafetensorsError) -> (ModelFile, ModelMeasures?, FittedTemperature?) in
                let file = try ModelFile(decoding: bytes)
                guard case .scaled(let rows) = set.scaled(for: file.schema), rows.fits(file.spec) else { return (file, nil, nil) }
                return (file, LocalComputer.measures(of: file, on: rows), FittedTemperature(of: file, on: rows))
            })
        } catch { throw .internalError("model \(digest) cannot be read: \(error)") }
        let reported = evaluation.flatMap { told in
            told.round == round
                ? ModelCard.Reported(Assessment(loss: told.loss, accuracy: told.accuracy, rows: Int(clamping: told.rows)), clients: told.clients) : nil
        }
        return ModelCard(
            session: id, round: round, model: file.spec, schema: file.schema, sha256: digest, bytes: bytes.count,
            madeAt: (made?.outcome?.endedAt ?? (round == 0 ? record.startedAt : nil)).map(Self.text), training: record.trainingFacts,
            clients: members.count, rows: members.reduce(0) { $0 + $1.dataSize }, contributors: made?.outcome?.contributors, heldOut: heldOut,
            temperature: temperature, reported: reported, protection: record.protectionFacts(epsilon: made?.outcome?.epsilon))
    }

    private static func text(_ instant: Instant) -> String {
        Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000).formatted(.iso8601)
    }
}

extension SessionRecord {
    fileprivate var trainingFacts: [JSON.Member] {
        let work: JSON.Member =
            spec.task == .language ? .init("local_steps", JSON(spec.localSteps ?? SessionSpec.usualLocalSteps)) : .init("local_epochs", JSON(spec.localEpochs))
        var facts: [JSON.Member] = [
            .init("algorithm", .string(spec.algorithm.rawValue)), .init("aggregation", .string(spec.aggregation.rawValue)),
            .init("rounds_asked_for", JSON(spec.rounds)), .init("client_fraction", JSON(spec.clientFraction)), work,
            .init("batch_size", JSON(spec.batchSize)), .init("learning_rate", JSON(spec.learningRate)),
            .init("learning_rate_schedule", spec.schedule == .constant ? "constant" : spec.schedule.json), .init("momentum", JSON(spec.momentum)),
            .init("weight_decay", JSON(spec.weightDecay)), .init("seed", JSON(Int64(clamping: spec.seed))),
        ]
        if let shape = model?.transformer { facts.append(.init("window", JSON(spec.window(of: shape)))) }
        if spec.algorithm == .fedProx { facts.append(.init("proximal_mu", JSON(spec.proximalMu))) }
        if let rule = spec.earlyStopping { facts.append(.init("early_stopping", rule.json)) }
        facts += [.init("model_selection", .string(spec.modelSelection.rawValue)), .init("begins_from_model", JSON(warmStart))]
        return facts
    }
}

extension SessionRecord {
    /// As it is: nothing is called private that is not.
    /// - Parameter epsilon: after the round that made the model.
    fileprivate func protectionFacts(epsilon: Double?) -> [JSON.Member] {
        let lies =
            switch spec.aggregation {
            case .mean: "not withstood: the mean believes every update"
            case .median: "withstood while fewer than half of a round's clients lie (coordinate-wise median)"
            case .trimmedMean, .krum, .multiKrum:
                "withstood while at most \(spec.byzantineTolerance.map(String.init) ?? "5 %") of a round's clients lie (\(spec.aggregation.rawValue))"
            case .geometricMedian, .centeredClipping:
                "withstood while fewer than half of a round's clients lie (\(spec.aggregation.rawValue)), the less the more they are"
            case .normBounding: "bounded and not withstood: each update counts up to the norm \(spec.normBound ?? 0)"
            }
        let masks =
            spec.secureAggregation.map {
                "\($0.mode.rawValue): the coordinator sees sums of groups of at least \($0.groupFloor) clients each, and no client's update"
            } ?? "none: the coordinator sees the update of every client"
        return [
            .init("rows", "stay with the clients; their updates travel"), .init("transport", "TLS 1.3"),
            .init("differential_privacy", .string(privacyFacts(epsilon: epsilon))),
            .init("secure_aggregation", .string(masks)), .init("lying_clients", .string(lies)),
        ]
    }

    private func privacyFacts(epsilon: Double?) -> String {
        guard spec.privacy != nil else { return "none: there is no bound on what the model tells of a row" }
        guard let privacy, let epsilon else { return "asked for; no round was released yet" }
        return "epsilon \(epsilon) at delta \(privacy.budget.delta) for everything that one client has (\(privacy.release.model.adjacency.rawValue)), "
            + "earlier sessions included; clip \(privacy.l2Clip), noise of deviation \(privacy.noiseDeviation) on every coordinate of every round, "
            + "added by the coordinator, which is trusted with that"
    }
}
