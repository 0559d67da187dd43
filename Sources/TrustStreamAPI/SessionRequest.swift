internal import APIKit
internal import Federation
internal import Learning
internal import StrictJSON

/// The document's request to create a session, with our extensions.
struct SessionRequest {
    var spec = SessionSpec()
    var notices: [JSON] = []

    init(_ body: ObjectReader) throws(ServiceError) {
        var body = body
        try protections(&body)
        if let name = try body.choice("model_type", ["neural_network", "linear", "logistic_regression", "cnn", "language_model"]) {
            guard let type = SessionSpec.ModelType(rawValue: name) else {
                throw .notImplemented(feature: "model_type", "model_type '\(name)' is not built yet; neural_network and logistic_regression are")
            }
            spec.modelType = type
        }
        if let name = try body.choice("algorithm", ["federated_averaging", "fedprox", "fedadam", "scaffold"]) {
            guard let algorithm = SessionSpec.Algorithm(rawValue: name) else {
                throw .notImplemented(feature: "algorithm", "algorithm '\(name)' is not built yet; federated_averaging and fedprox are")
            }
            spec.algorithm = algorithm
        }
        spec.minClients = try body.integer("min_clients", 1...100_000) ?? spec.minClients
        spec.maxClients = try body.integer("max_clients", 1...100_000) ?? max(spec.maxClients, spec.minClients)
        spec.rounds = try body.integer("rounds", 1...100_000) ?? spec.rounds
        spec.clientFraction = try body.number("client_fraction") ?? spec.clientFraction
        spec.learningRate = try body.number("learning_rate") ?? spec.learningRate
        spec.batchSize = try body.integer("batch_size", 1...65_536) ?? spec.batchSize
        spec.localEpochs = try body.integer("local_epochs", 1...1000) ?? spec.localEpochs
        spec.momentum = try body.number("momentum") ?? spec.momentum
        spec.weightDecay = try body.number("weight_decay") ?? spec.weightDecay
        spec.proximalMu = try body.number("proximal_mu") ?? (spec.algorithm == .fedProx ? 0.01 : 0)
        if let name = try body.choice("aggregation", SessionSpec.Aggregation.allCases.map(\.rawValue)) {
            spec.aggregation = SessionSpec.Aggregation(rawValue: name) ?? .mean
        }
        spec.byzantineTolerance = try body.integer("byzantine_tolerance", 0...100_000)
        if let seed = try body.whole("seed", 0...Int64.max) { spec.seed = UInt64(seed) }
        if let model = body.raw("model") {
            do { spec.model = try ModelSpec(json: model) } catch { throw .invalid(field: error.field, issue: error.issue, provided: model.encodedText) }
        }
        spec.roundDeadlineSeconds = try body.number("round_deadline") ?? spec.roundDeadlineSeconds
        spec.quorum = try body.integer("quorum", 1...100_000)
        spec.autoStart = try body.flag("auto_start") ?? spec.autoStart
        spec.requireClientCertificate = try body.flag("require_client_certificate") ?? spec.requireClientCertificate
        spec.heartbeatSeconds = try body.integer("heartbeat_interval", 1...3600) ?? spec.heartbeatSeconds
        spec.privacyBudget = try body.number("privacy_budget")
        if spec.privacyBudget != nil {
            notices.append([
                "code": "NO_EFFECT", "field": "privacy_budget", "message": "without differential privacy the budget is kept and has no effect",
            ])
        }
        notices += body.notices
        do { try spec.validate() } catch { throw .invalid(field: error.field, issue: error.issue, provided: error.provided) }
    }

    /// The three protections are read in full, so that a mistake in them is found, and refused by name when they are on.
    private mutating func protections(_ body: inout ObjectReader) throws(ServiceError) {
        if var privacy = try body.object("differential_privacy") {
            let enabled = try privacy.flag("enabled") ?? false
            if let noise = try privacy.number("noise_multiplier"), !(0...1000).contains(noise) {
                throw privacy.invalid("noise_multiplier", "must be 0 to 1000")
            }
            if let clip = try privacy.number("l2_norm_clip"), !(clip > 0 && clip <= 1000) {
                throw privacy.invalid("l2_norm_clip", "must be above 0 and at most 1000")
            }
            notices += privacy.notices
            if enabled {
                throw .notImplemented(feature: "differential_privacy", "differential_privacy is not built yet; send \"enabled\": false")
            }
        }
        if try body.flag("secure_aggregation") ?? false {
            throw .notImplemented(feature: "secure_aggregation", "secure_aggregation is not built yet; send false")
        }
        if try body.flag("byzantine_robust") ?? false {
            throw .notImplemented(
                feature: "byzantine_robust",
                "byzantine_robust as documented (with secure aggregation) is not built yet; send false, and \"aggregation\": \"trimmed_mean\" for a robust rule over plain updates")
        }
        for name in ["delta", "on_budget", "sampling", "adjacency"] where body.raw(name) != nil {
            notices.append(["code": "NO_EFFECT", "field": .string(name), "message": "without differential privacy this has no effect"])
        }
    }
}
