/// What this room takes from outside, at most.
package enum Limits {
    package static let serverLearningRate = 100.0
    /// Its square is still a Float.
    package static let tauMin = 1e-15
    /// FedNova's normaliser of one client, in units of local steps.
    package static let steps = 1e9
}
