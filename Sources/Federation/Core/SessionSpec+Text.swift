package import Learning
internal import Strategies
internal import StrictJSON
internal import Wire

// Sessions of text: a byte-level transformer, trained by steps on windows of the clients' text.
extension SessionSpec {
    /// Of a session that does not say otherwise.
    package static let usualLocalSteps = 25
    private static let usualWindow = 256
    private static let mostLocalSteps = 10_000

    /// Where nothing else was asked for: what suits a transformer. Adam forgets slowly, and the rate falls to a tenth over the session.
    package mutating func takeUsualForText() {
        (learningRate, optimizer, batchSize) = (1e-3, .adam(Adam(beta2: 0.99)), 16)
        schedule = LearningRateSchedule(.cosine(to: 0.1), warmUpRounds: rounds / 20)
    }

    /// Bytes of a window of the session's model: as asked for, or its context.
    package func window(of shape: TransformerShape) -> Int { window ?? min(Self.usualWindow, shape.context) }

    /// What a client is told; nil where it trains on rows.
    func textPlan(_ model: ModelSpec?) -> TextPlan? {
        guard let shape = model?.transformer else { return nil }
        return TextPlan(steps: localSteps ?? Self.usualLocalSteps, window: window(of: shape))
    }

    func validateText() throws(SpecError) {
        guard task == .language else {
            for (field, value) in [("local_steps", localSteps), ("window", window)] {
                if let value { throw SpecError(field: field, issue: "belongs to model_type language_model", provided: JSON(value)) }
            }
            return
        }
        func refuse(_ field: String, _ issue: String, _ provided: JSON) -> SpecError {
            SpecError(field: field, issue: "\(issue) with model_type language_model", provided: provided)
        }
        guard strategy.client == .plain, algorithm != .fedProx else {
            throw refuse("algorithm", "must be federated_averaging or one of the adaptive ones", .string(algorithm.rawValue))
        }
        guard optimizer.name == .adam else { throw refuse("optimizer", "must be adam", .string(optimizer.name.rawValue)) }
        guard weightDecay == 0 else { throw refuse("weight_decay", "must be 0: it is not built", JSON(weightDecay)) }
        guard localEpochs == 1 else { throw refuse("local_epochs", "must be left out: a round is local_steps steps", JSON(localEpochs)) }
        guard learningRate <= 1 else { throw refuse("learning_rate", "must be at most 1", JSON(learningRate)) }
        if let steps = localSteps, !(1...Self.mostLocalSteps).contains(steps) {
            throw SpecError(field: "local_steps", issue: "must be between 1 and \(Self.mostLocalSteps)", provided: JSON(steps))
        }
        let shape = model?.transformer ?? TransformerShape()
        if let window, !(2...max(2, min(shape.context, Learning.Limits.context))).contains(window) {
            throw SpecError(field: "window", issue: "must be 2 to the model's context, which is \(shape.context)", provided: JSON(window))
        }
        let most = Learning.Limits.stepBytes / max(1, window(of: shape))
        guard batchSize <= most else {
            throw SpecError(
                field: "batch_size", issue: "must be at most \(most): windows of \(window(of: shape)) bytes, \(Learning.Limits.stepBytes) bytes in a step",
                provided: JSON(batchSize))
        }
        guard shape.workspace(batch: batchSize, window: window(of: shape)) <= Learning.Limits.languageWorkspace else {
            throw SpecError(
                field: "batch_size", issue: "makes a step that takes more than 2 GiB at a client: lower it, or window, or the model's heads or layers",
                provided: JSON(batchSize))
        }
    }
}

extension DataSchema.LearningTask {
    /// How a client gives such data to `tutti-client`.
    package var reading: String {
        switch self {
        case .classification, .regression: "for which rows are read with --task \(rawValue) from a table"
        case .language: "for which --dataset names a .txt file or a folder of them"
        }
    }
}
