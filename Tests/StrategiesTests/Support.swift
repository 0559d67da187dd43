import Foundation
import Learning
import RobustAggregation
import Strategies

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func golden<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: root.appending(path: "Tests/Golden/strategies/\(name)")))
}

/// Largest difference, each relative to max(1, |expected|).
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    a.count != b.count ? .infinity : zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1) / max(1, abs($1.1))) }
}

/// A federation in a few lines: every round trains the cohort's clients and lets the strategy take its step.
struct SmallFederation {
    let strategy: Strategy
    let spec: ModelSpec
    let clients: [Dataset]
    let weights: [Int64]
    var model: [Float]
    var state: ServerState
    var controls: [[Float]]
    private var trainer: LocalTrainer

    init(_ strategy: Strategy, spec: ModelSpec, clients: [Dataset], weights: [Int64], model: [Float]) {
        (self.strategy, self.spec, self.clients, self.weights, self.model) = (strategy, spec, clients, weights, model)
        state = strategy.initialState(parameters: model.count)
        controls = clients.map { _ in [Float](repeating: 0, count: model.count) }
        trainer = LocalTrainer(spec: spec)
    }

    /// - Parameter options: of each member of the cohort.
    mutating func round(_ cohort: [Int], _ options: [TrainingOptions]) throws {
        var updates: [LocalUpdate] = []
        for (client, options) in zip(cohort, options) {
            let controls = strategy.client == .controlled ? Controls(server: state.control, own: self.controls[client]) : nil
            if let update = try strategy.client.train(
                &trainer, model: model, dataset: clients[client], options: options, controls: controls)
            {
                updates.append(update)
                if controls != nil { self.controls[client] = update.control }
            }
        }
        let weights = cohort.map { self.weights[$0] }
        let combined = try aggregate(
            .mean, try MemoryUpdates(updates.map(\.values)), weights: weights,
            maxAbs: updates.map { $0.values.reduce(0) { max($0, abs($1)) } })
        try strategy.advance(
            &model, &state, combined: combined,
            round: .init(weights: weights, steps: updates.compactMap(\.steps), allWeights: self.weights.reduce(0, +)))
    }
}
