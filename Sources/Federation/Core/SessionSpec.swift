package import Learning

/// What a federated session was asked to do: the document's request fields in their own units, plus our extensions.
/// A value that passed `validate()` is sound; nothing else is ever stored.
package struct SessionSpec: Sendable, Equatable, Codable {
    package enum Algorithm: String, Sendable, Codable, CaseIterable {
        case federatedAveraging = "federated_averaging"  // McMahan et al. 2017, arXiv 1602.05629
        case fedProx = "fedprox"  // Li et al. 2020, arXiv 1812.06127
    }
    package enum ModelType: String, Sendable, Codable, CaseIterable {
        case neuralNetwork = "neural_network"
        case logisticRegression = "logistic_regression"
        case cnn
    }
    package enum Aggregation: String, Sendable, Codable, CaseIterable {
        case mean, median
        case trimmedMean = "trimmed_mean"
    }

    package var modelType: ModelType = .neuralNetwork
    package var algorithm: Algorithm = .federatedAveraging
    package var minClients = 2
    package var maxClients = 1000
    package var rounds = 10
    /// Share of the registered clients in a cohort, in (0, 1].
    package var clientFraction = 1.0
    package var learningRate = 0.01
    package var batchSize = 32
    package var localEpochs = 1
    package var momentum = 0.0
    package var weightDecay = 0.0
    /// FedProx's μ; 0 with federated averaging.
    package var proximalMu = 0.0
    package var aggregation: Aggregation = .mean
    /// Number of clients assumed to lie: what the trimmed mean cuts off on each side. nil: ⌈5 % of the cohort⌉.
    package var byzantineTolerance: Int?
    /// Everything random in the session is drawn from this seed.
    package var seed: UInt64 = 42
    /// nil: the first declared data schema decides.
    package var model: ModelSpec?
    package var roundDeadlineSeconds = 600.0
    /// Fewest updates a round may commit with. nil: `minClients`.
    package var quorum: Int?
    package var autoStart = true
    package var requireClientCertificate = false
    package var heartbeatSeconds = 30
    /// Kept and shown; without differential privacy it has no effect.
    package var privacyBudget: Double?

    package init() {}
}
