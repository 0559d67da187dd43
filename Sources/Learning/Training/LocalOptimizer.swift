internal import KernelTable

/// How the gradient of a batch changes a client's parameters. Its state begins anew in every federated round.
package enum LocalOptimizer: Sendable, Equatable, Codable {
    /// v = momentum·v + gradient; w −= learningRate·v, with the momentum of the training options.
    case sgd
    /// Steps of about the learning rate for every parameter, whatever the size of its gradient.
    case adam(Adam)

    package enum Name: String, Sendable, Codable, CaseIterable { case sgd, adam }

    package var name: Name {
        switch self {
        case .sgd: .sgd
        case .adam: .adam
        }
    }

    /// Why it cannot be used, and the field that says so; nil when it can.
    package var fault: (field: String, issue: String)? {
        switch self {
        case .sgd: nil
        case .adam(let adam): adam.fault
        }
    }
}

/// The settings of Adam (Kingma and Ba 2015, arXiv 1412.6980) with the names and defaults of `torch.optim.Adam`; weight
/// decay is an L2 term in the gradient, as there.
package struct Adam: Sendable, Equatable, Codable {
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float

    package init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    var fault: (field: String, issue: String)? {
        for (field, beta) in [("beta1", beta1), ("beta2", beta2)] where !(beta >= 0 && beta < 1) {
            return (field, "must be at least 0 and below 1, not \(beta)")
        }
        return epsilon > 0 && epsilon <= 1 ? nil : ("epsilon", "must be above 0 and at most 1, not \(epsilon)")
    }
}

/// What an optimiser keeps from batch to batch.
struct OptimizerState {
    /// The velocity of SGD, or Adam's first moment.
    var first: [Float]
    /// Adam's second moment; empty until it is needed.
    private var second: [Float] = []
    /// beta1ᵗ and beta2ᵗ after t steps.
    private var powers = (1.0, 1.0)

    init(count: Int) { first = [Float](repeating: 0, count: count) }

    mutating func begin(_ optimizer: LocalOptimizer) {
        for i in first.indices { first[i] = 0 }
        powers = (1, 1)
        guard case .adam = optimizer else { return }
        if second.isEmpty { second = first } else { for i in second.indices { second[i] = 0 } }
    }

    /// One step of all the parameters.
    mutating func step(_ parameters: inout [Float], _ gradient: [Float], _ options: TrainingOptions, _ kernels: KernelTable) {
        switch options.optimizer {
        case .sgd:
            kernels.sgdStep(
                &parameters, &first, gradient, gradient.count, options.learningRate, options.momentum, options.weightDecay)
        case .adam(let adam):
            powers = (powers.0 * Double(adam.beta1), powers.1 * Double(adam.beta2))
            kernels.adamStep(
                &parameters, &first, &second, gradient, gradient.count, options.learningRate, adam.beta1, adam.beta2, adam.epsilon,
                options.weightDecay, 1 - powers.0, 1 - powers.1)
        }
    }
}
