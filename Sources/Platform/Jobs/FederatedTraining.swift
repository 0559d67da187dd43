package import StrictJSON

/// Federated training as jobs see it.
package protocol FederatedTraining: Sendable {
    /// Looks at a job's parameters without doing anything.
    func check(_ parameters: JSON) throws(JobFailure)
    /// What is to be noted of parameters that `check` took: `{code, field, message}`.
    func notices(_ parameters: JSON) -> [JSON]
    /// The id of the session that goes with a key, whether it is there or not.
    func session(key: String) -> String
    /// Creates the session that the parameters describe, which begins when its clients are there. One that is there already stays as
    /// it is.
    func start(_ session: String, _ parameters: JSON, tenant: String) async throws(JobFailure)
    func status(_ session: String, tenant: String) async throws(JobFailure) -> TrainingStatus
    /// A session that has ended stays as it is.
    func stop(_ session: String, tenant: String, reason: String) async throws(JobFailure)
}

/// How far a training is; what is not known is nil.
package struct TrainingStatus: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        case waiting, training, completed
        /// Ended without all of its rounds; why.
        case ended(String)
    }
    package var phase: Phase
    /// Rounds that are committed, of those asked for.
    package var committedRounds: Int
    package var rounds: Int
    /// SHA-256 (hex) of the model it gives away, and the round that made it.
    package var model: String?
    package var modelRound: Int?
    /// An object: what was measured.
    package var figures: JSON
    package init(phase: Phase, committedRounds: Int, rounds: Int, model: String?, modelRound: Int?, figures: JSON) {
        self.phase = phase
        self.committedRounds = committedRounds
        self.rounds = rounds
        self.model = model
        self.modelRound = modelRound
        self.figures = figures
    }
}
