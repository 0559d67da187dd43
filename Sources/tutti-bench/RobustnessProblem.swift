import Attacks
import Learning
import RobustAggregation

/// Digits dealt out to clients, with the local training that all trials share: plain SGD.
struct RobustnessProblem {
    var name: String
    var spec: ModelSpec
    var clients: [Dataset]
    /// Rows nobody trains on.
    var held: Dataset
    var epochs = 5
    var batch = 32
    var learningRate: Float = 0.1
    var rounds = 30
    /// Members of a group where the units are groups: ten groups of thirty clients.
    var groupMembers = 3

    static func digits(_ all: Dataset, _ name: String, _ scheme: Partition, clients: Int = 30, seed: UInt64) throws -> RobustnessProblem {
        let parts = try partition(labels: all.labels, outputs: 10, clients: clients, scheme: scheme, holdout: 0.2, seed: seed)
        return RobustnessProblem(
            name: name, spec: ModelSpec(kind: .mlp, layers: [64, 128, 10]), clients: parts.clients.map(all.selecting), held: all.selecting(parts.holdout))
    }
}

/// A rule as the experiment compares it. It is told how many lie, as an operator tells it with `byzantine_tolerance`.
enum RobustnessRule: String, CaseIterable {
    case mean, trimmedMean = "trimmed_mean", median, krum, multiKrum = "multi_krum", geometricMedian = "geometric_median",
        centeredClipping = "centered_clipping", normBounding = "norm_bounding", trimmedMeanOfGroups = "trimmed_mean_of_groups"

    /// Honest updates have norms of 0.9 to 1.1 in the first round and of 0.2 to 0.3 in the last (medians).
    static let normBound = 0.5

    var isOverGroups: Bool { self == .trimmedMeanOfGroups }

    func rule(liars: Int) -> AggregationRule {
        switch self {
        case .mean: .mean
        case .trimmedMean, .trimmedMeanOfGroups: .trimmedMean(trim: liars)
        case .median: .median
        case .krum: .vector(.krum(byzantine: liars))
        case .multiKrum: .vector(.multiKrum(byzantine: liars))
        case .geometricMedian: .vector(.geometricMedian())
        case .centeredClipping: .vector(.centeredClipping())
        case .normBounding: .vector(.normBounding(bound: Self.normBound))
        }
    }

    /// Whether the rule claims anything for so many liars among `units` updates.
    func bears(liars: Int, units: Int) -> Bool {
        switch rule(liars: liars) {
        case .mean: true
        case .trimmedMean, .median: units >= 2 * liars + 1
        case .vector(let rule): units >= rule.updatesMin(byzantine: liars)
        }
    }
}
