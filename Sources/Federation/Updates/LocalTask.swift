internal import ByteLanguage
internal import KernelTable
internal import Learning
internal import Strategies
internal import Wire

/// What a client computes with models of one family: the rest of a round is the same for all. It has the workspace for one shape.
protocol LocalTask {
    var spec: ModelSpec { get }
    /// On what the client judges by.
    func assessment(_ parameters: [Float], _ dataset: Dataset) -> Assessment
    /// The update's values from the round's parameters; nil when cancelled.
    mutating func train(_ parameters: [Float], _ dataset: Dataset, _ work: RoundWork, isCancelled: () -> Bool) throws(StrategyError) -> LocalUpdate?
}

/// What a round asks of a client.
struct RoundWork {
    var plan: TrainingPlan
    var rule: Strategy.ClientRule
    var controls: Controls?
    var stopping: LocalStopping?
}

/// Rows: epochs of mini-batches.
struct TableTask: LocalTask {
    let spec: ModelSpec
    private let kernels: KernelTable?
    private var trainer: LocalTrainer

    init(_ spec: ModelSpec, kernels: KernelTable?) {
        (self.spec, self.kernels) = (spec, kernels)
        trainer = LocalTrainer(spec: spec, kernels: kernels)
    }

    func assessment(_ parameters: [Float], _ dataset: Dataset) -> Assessment {
        assess(spec: spec, parameters: parameters, dataset: dataset, kernels: kernels)
    }

    mutating func train(_ parameters: [Float], _ dataset: Dataset, _ work: RoundWork, isCancelled: () -> Bool) throws(StrategyError) -> LocalUpdate? {
        let plan = work.plan
        return try work.rule.train(
            &trainer, model: parameters, dataset: dataset,
            options: TrainingOptions(
                epochs: plan.localEpochs, batchSize: plan.batchSize, learningRate: plan.learningRate,
                momentum: plan.momentum, weightDecay: plan.weightDecay, proximalMu: plan.proximalMu, seed: plan.seed,
                optimizer: plan.adam.map { .adam(Adam(beta1: $0.beta1, beta2: $0.beta2, epsilon: $0.epsilon)) } ?? .sgd, stopping: work.stopping),
            controls: work.controls, isCancelled: isCancelled)
    }
}

/// Text: steps on windows that are drawn from it. The ends of its pieces are kept back, and what is said of a model is measured there.
struct TextTask: LocalTask {
    let spec: ModelSpec
    private let configuration: TransformerShape
    private let kernels: KernelTable?
    private let trainer: TransformerTrainer

    init(_ spec: ModelSpec, _ shape: TransformerShape, kernels: KernelTable?) {
        (self.spec, self.kernels) = (spec, kernels)
        configuration = shape
        trainer = TransformerTrainer(configuration: configuration, kernels: kernels)
    }

    func assessment(_ parameters: [Float], _ dataset: Dataset) -> Assessment { Self.assessment(configuration, parameters, dataset.heldOut.judging, kernels) }

    static func assessment(_ configuration: TransformerShape, _ parameters: [Float], _ texts: [[UInt8]], _ kernels: KernelTable?) -> Assessment {
        let loss = TextLoss(of: texts, parameters: parameters, network: TransformerNetwork(configuration: configuration, kernels: kernels))
        return Assessment(loss: loss.mean, accuracy: nil, rows: loss.bytes)
    }

    mutating func train(_ parameters: [Float], _ dataset: Dataset, _ work: RoundWork, isCancelled: () -> Bool) throws(StrategyError) -> LocalUpdate? {
        let plan = work.plan
        guard work.rule == .plain, let adam = plan.adam, let text = plan.text else {
            throw .training("a model of text is trained by steps of adam, with an algorithm that averages; create the session so")
        }
        guard plan.batchSize <= Limits.stepBytes, spec.transformer?.workspace(batch: plan.batchSize, window: text.window) ?? .max <= Limits.languageWorkspace
        else {
            throw .training("a step of \(plan.batchSize) windows of \(text.window) bytes takes more than 2 GiB; create the session with a smaller batch_size")
        }
        // The rate is the round's: all its steps are the beginning of a schedule that does not end.
        let options = TransformerTraining(
            steps: text.steps, batch: plan.batchSize, window: text.window, learningRate: Double(plan.learningRate), scheduleSteps: Int(Int32.max),
            roundWarmUpSteps: min(10, text.steps / 10), adam: Adam(beta1: adam.beta1, beta2: adam.beta2, epsilon: adam.epsilon), seed: plan.seed)
        var trained = parameters
        let made: (losses: [Double], symbols: Int)
        do throws(ByteLanguageError) {
            made = try trainer.train(parameters: &trained, texts: dataset.heldOut.training, options, isCancelled: isCancelled)
        } catch { throw .training("\(error)") }
        if isCancelled() { return nil }
        let loss = made.losses.reduce(0, +) / Double(max(1, made.losses.count))
        for i in trained.indices { trained[i] -= parameters[i] }
        return LocalUpdate(
            values: trained, training: TrainingResult(loss: loss, samples: dataset.samples, steps: made.losses.count))
    }
}
