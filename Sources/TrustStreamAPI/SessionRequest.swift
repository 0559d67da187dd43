package import APIKit
package import Federation
internal import Learning
package import StrictJSON

/// The document's request to create a session, with our extensions.
package struct SessionRequest {
    package private(set) var spec = SessionSpec()
    package private(set) var notices: [JSON] = []

    package init(_ body: ObjectReader) throws(ServiceError) {
        var body = body
        try protections(&body)
        if let type = try Self.built("model_type", &body, SessionSpec.ModelType.self, documented: ["linear", "language_model"]) {
            spec.modelType = type
        }
        if let algorithm = try Self.built("algorithm", &body, SessionSpec.Algorithm.self, documented: []) {
            spec.algorithm = algorithm
        }
        spec.minClients = try body.integer("min_clients", 1...100_000) ?? spec.minClients
        spec.maxClients = try body.integer("max_clients", 1...100_000) ?? max(spec.maxClients, spec.minClients)
        spec.rounds = try body.integer("rounds", 1...100_000) ?? spec.rounds
        spec.clientFraction = try body.number("client_fraction") ?? spec.clientFraction
        spec.overSelection = try body.number("over_selection") ?? spec.overSelection
        spec.learningRate = try body.number("learning_rate") ?? spec.learningRate
        if var schedule = try body.object("learning_rate_schedule") {
            do { spec.schedule = try LearningRateSchedule(json: body.raw("learning_rate_schedule") ?? .null) } catch {
                throw body.invalid(error.field, error.issue)
            }
            schedule.know(LearningRateSchedule.members)
            notices += schedule.notices
        }
        spec.batchSize = try body.integer("batch_size", 1...65_536) ?? spec.batchSize
        spec.localEpochs = try body.integer("local_epochs", 1...1000) ?? spec.localEpochs
        spec.momentum = try body.number("momentum") ?? spec.momentum
        if var optimizer = try body.object("optimizer") {
            if try optimizer.choice("kind", LocalOptimizer.Name.allCases.map(\.rawValue)) == LocalOptimizer.Name.adam.rawValue {
                var adam = Adam()
                if let beta = try optimizer.number("beta1") { adam.beta1 = Float(beta) }
                if let beta = try optimizer.number("beta2") { adam.beta2 = Float(beta) }
                if let epsilon = try optimizer.number("epsilon") { adam.epsilon = Float(epsilon) }
                spec.optimizer = .adam(adam)
            }
            notices += optimizer.notices
        }
        spec.weightDecay = try body.number("weight_decay") ?? spec.weightDecay
        spec.serverLearningRate = try body.number("server_learning_rate")
        spec.beta1 = try body.number("beta1")
        spec.beta2 = try body.number("beta2")
        spec.tau = try body.number("tau")
        spec.proximalMu = try body.number("proximal_mu") ?? (spec.algorithm == .fedProx ? 0.01 : 0)
        let isRobust = try body.flag("byzantine_robust") ?? false
        if isRobust { spec.aggregation = .trimmedMean }
        if let name = try body.choice("aggregation", SessionSpec.Aggregation.allCases.map(\.rawValue)) {
            spec.aggregation = SessionSpec.Aggregation(rawValue: name) ?? .mean
        }
        guard !isRobust || spec.aggregation.withstandsLiars else {
            throw body.invalid(
                "byzantine_robust",
                "cannot be true with aggregation \(spec.aggregation.rawValue), which "
                    + (spec.aggregation == .mean ? "one lying client steers" : "lets lying clients do what its norm allows") + "; take trimmed_mean or median")
        }
        spec.byzantineTolerance = try body.integer("byzantine_tolerance", 0...100_000)
        (spec.normBound, spec.clipRadius) = (try body.number("norm_bound"), try body.number("clip_radius"))
        if let seed = try body.whole("seed", 0...Int64.max) { spec.seed = UInt64(seed) }
        if var model = try body.object("model") {
            do { spec.model = try ModelSpec(json: body.raw("model") ?? .null) } catch { throw body.invalid(error.field, error.issue) }
            if body.raw("model_type") == nil, let kind = spec.model?.kind { spec.modelType = Self.type(of: kind) }
            model.know(["kind", "layers", "image", "convolutions"])
            notices += model.notices
        }
        try models(&body)
        spec.roundDeadlineSeconds = try body.number("round_deadline") ?? spec.roundDeadlineSeconds
        spec.quorum = try body.integer("quorum", 1...100_000)
        spec.autoStart = try body.flag("auto_start") ?? spec.autoStart
        spec.requireClientCertificate = try body.flag("require_client_certificate") ?? spec.requireClientCertificate
        spec.heartbeatSeconds = try body.integer("heartbeat_interval", 1...3600) ?? spec.heartbeatSeconds
        spec.privacyBudget = try body.number("privacy_budget")
        if spec.privacy == nil {
            notices += body.withoutEffect(["privacy_budget"], "without differential privacy the budget is kept and has no effect")
        }
        notices += body.notices
        // What was sent is repeated as it was sent; a default that does not fit was not sent.
        do {
            try spec.validate()
            let needed = try spec.clientsNeeded()
            if let why = needed.why {
                notices.append(notice("WAITS", "min_clients", "\(needed.count) clients are needed because \(why): the session waits for so many"))
            }
        } catch { throw body.invalid(error.field, error.issue) }
    }

    /// Which model a session begins with, and which it ends with.
    private mutating func models(_ body: inout ObjectReader) throws(ServiceError) {
        if var source = try body.object("initial_model") {
            let session = try source.name("session_id")
            let isUpload = try source.flag("upload") ?? false
            guard isUpload == (session == nil) else {
                throw body.invalid("initial_model", "must be {\"session_id\": …} or {\"upload\": true}, to hand the file in afterwards")
            }
            spec.initialModel = SessionSpec.InitialModel(session: session, round: try source.integer("round", 0...100_000))
            notices += source.notices
        }
        if let name = try body.choice("model_selection", SessionSpec.ModelSelection.allCases.map(\.rawValue)) {
            spec.modelSelection = SessionSpec.ModelSelection(rawValue: name) ?? .last
        }
        if var rule = try body.object("early_stopping") {
            do { spec.earlyStopping = try EarlyStopping(json: body.raw("early_stopping") ?? .null) } catch { throw body.invalid(error.field, error.issue) }
            rule.know(EarlyStopping.members)
            notices += rule.notices
        }
        let believesNobody = spec.aggregation != .mean
        if believesNobody && spec.modelSelection == .best {
            notices.append(notice("NO_EFFECT", "model_selection", Self.needsTestSet + "without one the last model stands"))
        }
        if spec.secureAggregation != nil, !believesNobody, spec.modelSelection == .best || spec.earlyStopping != nil {
            notices.append(
                notice(
                    "NO_EFFECT", "secure_aggregation", "clients of masked rounds do not say how good a model is; only a test set (PUT …/evaluation) can tell"))
        }
        if believesNobody && spec.earlyStopping != nil {
            notices.append(notice("NO_EFFECT", "early_stopping", Self.needsTestSet + "without one every round is run"))
        }
    }

    private static let needsTestSet =
        "beside a robust rule what clients say of a model is not believed; only a test set (PUT …/evaluation) can tell: "

    private static func type(of kind: ModelSpec.Kind) -> SessionSpec.ModelType {
        switch kind {
        case .softmaxRegression: .logisticRegression
        case .linear: .linear
        case .mlp: .neuralNetwork
        case .cnn: .cnn
        }
    }

    /// A choice of which some documented values are not built: those are named as such, others are refused with the list.
    private static func built<Choice: RawRepresentable<String> & CaseIterable>(
        _ field: String, _ body: inout ObjectReader, _ type: Choice.Type, documented: [String]
    ) throws(ServiceError) -> Choice? {
        let built = Choice.allCases.map(\.rawValue)
        guard let name = try body.choice(field, built + documented.filter { !built.contains($0) }) else { return nil }
        if let choice = Choice(rawValue: name) { return choice }
        throw .notImplemented(
            feature: field, "\(field) '\(name)' is documented and not built yet; \(built.joined(separator: " and ")) are", provided: .string(name))
    }

    private mutating func protections(_ body: inout ObjectReader) throws(ServiceError) {
        spec.privacy = try Self.privacy(&body, &notices)
        spec.secureAggregation = try Self.secureAggregation(&body, &notices)
    }
}
