internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import StrictJSON

// What was agreed and what held, in the names of the API.

extension SessionRecord {
    /// Every field of the request, as it counts, and what was decided later of the model and the rows. Numbers that a Double may not hold
    /// (the seed) are texts.
    var receiptConfiguration: JSON {
        let privacy: JSON =
            spec.privacy.map {
                [
                    "delta": JSON($0.delta), "l2_norm_clip": JSON($0.l2Clip), "noise_multiplier": JSON($0.noiseMultiplier),
                    "on_budget": .string($0.onBudget.rawValue), "noise_by": .string(spec.noiseBy.rawValue), "adjacency": .string(spec.adjacency.rawValue),
                ]
            } ?? .null
        let start: JSON =
            spec.initialModel.map { source in
                source.session.map { ["session_id": .string($0), "round": JSON(source.round)] } ?? ["upload": true]
            } ?? .null
        return [
            "model_type": .string(spec.modelType.rawValue), "algorithm": .string(spec.algorithm.rawValue), "min_clients": JSON(spec.minClients),
            "max_clients": JSON(spec.maxClients), "rounds": JSON(spec.rounds), "client_fraction": JSON(spec.clientFraction),
            "over_selection": JSON(spec.overSelection), "learning_rate": JSON(spec.learningRate),
            "learning_rate_schedule": spec.schedule == .constant ? "constant" : spec.schedule.json, "batch_size": JSON(spec.batchSize),
            "local_epochs": JSON(spec.localEpochs), "local_steps": JSON(spec.localSteps), "window": JSON(spec.window),
            "momentum": JSON(spec.momentum), "optimizer": optimizer, "weight_decay": JSON(spec.weightDecay),
            "proximal_mu": JSON(spec.proximalMu), "server_learning_rate": JSON(spec.serverLearningRate), "beta1": JSON(spec.beta1), "beta2": JSON(spec.beta2),
            "tau": JSON(spec.tau), "aggregation": .string(spec.aggregation.rawValue), "byzantine_tolerance": JSON(spec.byzantineTolerance),
            "norm_bound": JSON(spec.normBound), "clip_radius": JSON(spec.clipRadius), "seed": .string("\(spec.seed)"),
            "model": (model ?? spec.model)?.json ?? .null, "initial_model": start, "model_selection": .string(spec.modelSelection.rawValue),
            "early_stopping": spec.earlyStopping?.json ?? .null, "round_deadline": JSON(spec.roundDeadlineSeconds), "quorum": JSON(spec.quorum),
            "auto_start": .bool(spec.autoStart), "require_client_certificate": .bool(spec.requireClientCertificate),
            "heartbeat_interval": JSON(spec.heartbeatSeconds), "privacy_budget": JSON(spec.privacyBudget), "differential_privacy": privacy,
            "secure_aggregation": secure(withDetails: true), "data_schema": schema?.json ?? .null,
        ]
    }

    private var optimizer: JSON {
        // As it was asked for, and not with the digits that a Float has beyond.
        func number(_ value: Float) -> JSON { JSON(Double("\(value)") ?? Double(value)) }
        return switch spec.optimizer {
        case .sgd: ["kind": "sgd"]
        case .adam(let adam): ["kind": "adam", "beta1": number(adam.beta1), "beta2": number(adam.beta2), "epsilon": number(adam.epsilon)]
        }
    }

    private func secure(withDetails: Bool) -> JSON {
        guard let secure = spec.secureAggregation else { return .null }
        let floors: [JSON.Member] = [
            .init("mode", .string(secure.mode.rawValue)), .init("key_agreement", .string(secure.keyAgreement.rawValue)),
            .init("group_floor", JSON(secure.groupFloor)),
        ]
        let details: [JSON.Member] = [
            .init("bits", JSON(secure.bits)), .init("clip", JSON(secure.clip)), .init("coordinate_range", JSON(secure.coordinateRange)),
            .init("largest_weight", JSON(secure.largestWeight)),
        ]
        return .object(floors + (withDetails ? details : []))
    }

    /// As it was: nothing is called private that is not.
    /// - Parameter epsilon: after the last round that was released; nil: none was.
    func receiptProtection(epsilon: Double?) -> JSON {
        var lost = JSON.null
        if spec.privacy != nil, let privacy {
            lost = [
                "epsilon": JSON(epsilon), "delta": JSON(privacy.budget.delta), "budget_epsilon": JSON(privacy.budget.epsilon),
                "adjacency": .string(privacy.release.model.adjacency.rawValue), "noise_by": .string(spec.noiseBy.rawValue),
                "noise_multiplier": JSON(privacy.release.mechanism.noiseMultiplier), "noise_deviation": JSON(privacy.noiseDeviation),
                "l2_norm_clip": JSON(privacy.l2Clip), "rounds_that_fit": JSON(privacy.roundsThatFit),
            ]
        }
        return [
            "transport": "TLS 1.3", "aggregation": .string(spec.aggregation.rawValue), "withstands_liars": .bool(spec.aggregation.withstandsLiars),
            "secure_aggregation": secure(withDetails: false), "differential_privacy": lost,
        ]
    }
}

extension FederationEngine {
    package func receipt(_ session: String, tenant: String) async throws(FederationFailure) -> SessionReceipt {
        try await host(session, tenant: tenant).receipt()
    }
}
