package import APIKit
package import Federation
internal import Learning
package import StrictJSON

/// A request to create a session: the rules that take more than one field.
package struct SessionRequest {
    package private(set) var spec: SessionSpec
    package var notices: [JSON] { sent.notices }
    private var sent: Sent<SessionBody>

    package init(_ json: JSON) throws(ServiceError) { try self.init(try Sent(json)) }

    init(_ read: Sent<SessionBody>) throws(ServiceError) {
        sent = read
        let body = read.body
        spec = body.spec
        spec.privacy = try Self.privacy(&sent)
        spec.secureAggregation = Self.secureAggregation(&sent)
        if let type = body.modelType { spec.modelType = type.word }
        if spec.task == .language || body.model?.kind == .byteTransformer { try takeUsualForText() }
        spec.maxClients = body.maxClients ?? max(spec.maxClients, spec.minClients)
        if let schedule = body.schedule { spec.schedule = try told { () throws(FieldError) in try LearningRateSchedule(json: schedule.json) } }
        if let optimizer = body.optimizer { spec.optimizer = optimizer.optimizer }
        spec.proximalMu = body.proximalMu ?? (spec.algorithm == .fedProx ? 0.01 : 0)
        if let seed = body.seed { spec.seed = UInt64(seed) }
        try chooseRule()
        if let model = body.model {
            let read = try told { () throws(FieldError) in try ModelSpec(json: model.json) }
            spec.model = read
            if body.modelType == nil { spec.modelType = Self.type(of: read.kind) }
        } else if spec.task == .language {
            // Text of any kind fits it.
            spec.model = ModelSpec(transformer: TransformerShape())
        }
        try models()
        if spec.privacy == nil { sent.withoutEffect(["privacy_budget"], "without differential privacy the budget is kept and has no effect") }
        // What was sent is repeated as it was sent; a default that does not fit was not sent.
        do {
            try spec.validate()
            let needed = try spec.clientsNeeded()
            if let why = needed.why {
                sent.note("WAITS", "min_clients", "\(needed.count) clients are needed because \(why): the session waits for so many")
            }
        } catch { throw sent.invalid(error.field, error.issue) }
    }

    /// What was sent goes before what is usual.
    private mutating func takeUsualForText() throws(ServiceError) {
        let asked = spec
        spec.takeUsualForText()
        if sent.has("learning_rate") { spec.learningRate = asked.learningRate }
        if sent.has("batch_size") { spec.batchSize = asked.batchSize }
    }

    private mutating func chooseRule() throws(ServiceError) {
        let isRobust = sent.body.isRobust
        if isRobust { spec.aggregation = .trimmedMean }
        if let rule = sent.body.aggregation { spec.aggregation = rule }
        guard !isRobust || spec.aggregation.withstandsLiars else {
            throw sent.invalid(
                "byzantine_robust",
                "cannot be true with aggregation \(spec.aggregation.rawValue), which "
                    + (spec.aggregation == .mean ? "one lying client steers" : "lets lying clients do what its norm allows") + "; take trimmed_mean or median")
        }
    }

    /// Which model a session begins with, and which it ends with.
    private mutating func models() throws(ServiceError) {
        if let source = sent.body.initialModel {
            guard source.isUpload == (source.session == nil) else {
                throw sent.invalid("initial_model", "must be {\"session_id\": …} or {\"upload\": true}, to hand the file in afterwards")
            }
            spec.initialModel = SessionSpec.InitialModel(session: source.session?.text, round: source.round)
        }
        if let rule = sent.body.earlyStopping { spec.earlyStopping = try told { () throws(FieldError) in try EarlyStopping(json: rule.json) } }
        let believesNobody = spec.aggregation != .mean
        if believesNobody && spec.modelSelection == .best {
            sent.note("NO_EFFECT", "model_selection", Self.needsTestSet + "without one the last model stands")
        }
        if spec.secureAggregation != nil, !believesNobody, spec.modelSelection == .best || spec.earlyStopping != nil {
            sent.note(
                "NO_EFFECT", "secure_aggregation", "clients of masked rounds do not say how good a model is; only a test set (PUT …/evaluation) can tell")
        }
        if believesNobody && spec.earlyStopping != nil {
            sent.note("NO_EFFECT", "early_stopping", Self.needsTestSet + "without one every round is run")
        }
    }

    private static let needsTestSet =
        "beside a robust rule what clients say of a model is not believed; only a test set (PUT …/evaluation) can tell: "

    /// What `Learning` finds wrong in an object, as it was sent.
    private func told<Value>(_ read: () throws(FieldError) -> Value) throws(ServiceError) -> Value {
        do { return try read() } catch { throw sent.invalid(error.field, error.issue) }
    }

    private static func type(of kind: ModelSpec.Kind) -> SessionSpec.ModelType {
        switch kind {
        case .softmaxRegression: .logisticRegression
        case .linear: .linear
        case .mlp: .neuralNetwork
        case .cnn: .cnn
        case .byteTransformer: .languageModel
        }
    }
}
