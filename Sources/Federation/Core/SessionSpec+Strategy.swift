internal import Learning
internal import StrictJSON
package import Strategies
package import Wire

extension SessionSpec {
    /// What clients and server compute in a round. The adaptive algorithms step by about their rate in every coordinate,
    /// so that a rate of 1, which is plain averaging, would be far too much for them.
    package var strategy: Strategy {
        let (beta1, beta2, tau) = (beta1 ?? 0.9, beta2 ?? 0.99, tau ?? 1e-3)
        let (plain, adaptive) = (serverLearningRate ?? 1, serverLearningRate ?? 0.01)
        var strategy =
            switch algorithm {
            case .federatedAveraging, .fedProx: Strategy(server: .averaging(learningRate: plain))
            case .fedAdagrad: Strategy(server: .adagrad(learningRate: adaptive, beta1: self.beta1 ?? 0, tau: tau))
            case .fedAdam: Strategy(server: .adam(learningRate: adaptive, beta1: beta1, beta2: beta2, tau: tau))
            case .fedYogi: Strategy(server: .yogi(learningRate: adaptive, beta1: beta1, beta2: beta2, tau: tau))
            case .fedNova: Strategy(client: .normalised, server: .averaging(learningRate: plain))
            case .scaffold: Strategy(client: .controlled, server: .averaging(learningRate: plain))
            }
        strategy.keepsReference = aggregation == .centeredClipping
        return strategy
    }

    /// Numbers in an update of a model of `parameters`, and in what a client fetches before it.
    package func updateLength(parameters: Int) -> Int { strategy.updateLength(parameters: parameters) }

    /// What a client must be able to do, beyond what every client can.
    package var needs: [Capability] {
        let training: [Capability] =
            (optimizer.name == .adam ? [.adam] : []) + (secureAggregation == nil ? [] : [.secureAggregation])
            + (privacy == nil ? [] : [.differentialPrivacy]) + (privacy != nil && noiseBy == .clients ? [.clientNoise] : [])
            + (secureAggregation?.keyAgreement == .xWing ? [.xWing] : []) + (task == .language ? [.byteTransformer] : [])
        return switch strategy.client {
        case .plain: training
        case .normalised: training + [.normalised]
        case .controlled: training + [.controlled]
        }
    }

    /// The server's settings, and which of them belong together.
    func validateStrategy() throws(SpecError) {
        let adaptive: [Algorithm] = [.fedAdagrad, .fedAdam, .fedYogi]
        let settings: [(String, Double?, [Algorithm])] = [
            ("beta1", beta1, adaptive), ("beta2", beta2, [.fedAdam, .fedYogi]), ("tau", tau, adaptive),
        ]
        for (field, value, owners) in settings {
            guard let value, !owners.contains(algorithm) else { continue }
            throw SpecError(
                field: field, issue: "belongs to algorithm \(owners.map(\.rawValue).joined(separator: ", "))", provided: JSON(value))
        }
        let strategy = strategy
        if let fault = strategy.fault {
            let given = ["server_learning_rate": serverLearningRate, "beta1": beta1, "beta2": beta2, "tau": tau][fault.field] ?? nil
            throw SpecError(field: fault.field, issue: fault.issue, provided: JSON(given))
        }
        if let fault = optimizer.fault {
            throw SpecError(field: "optimizer.\(fault.field)", issue: fault.issue, provided: .null)
        }
        if optimizer.name == .adam {
            guard momentum == 0 else {
                throw SpecError(field: "momentum", issue: "belongs to optimizer sgd; adam has beta1", provided: JSON(momentum))
            }
            guard strategy.client == .plain else {
                throw SpecError(
                    field: "optimizer", issue: "must be sgd with \(algorithm.rawValue), which counts what steps amount to as SGD takes them",
                    provided: .string(optimizer.name.rawValue))
            }
        }
        guard aggregation == .mean || strategy.client.allowsRobustRules else {
            let why =
                algorithm == .scaffold
                ? "the server's control must stay the mean of the clients' controls, which a robust rule would tear from them"
                : "what a client says of its steps cannot be checked, and scales the whole round"
            throw SpecError(field: "aggregation", issue: "must be mean with \(algorithm.rawValue): \(why)", provided: .string(aggregation.rawValue))
        }
    }
}
