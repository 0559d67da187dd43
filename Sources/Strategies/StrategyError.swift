/// Why a round's step could not be taken. The model and the state are then as they were.
package enum StrategyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The combined update, a state or a control that has another length than the model asks for.
    case length(what: String, has: Int, needs: Int)
    case notFinite(what: String, coordinate: Int)
    /// A normaliser that is no number of steps, or not one for each update.
    case steps(String)
    /// Weights that do not fit each other: more counted than there are.
    case weights(String)
    /// A stored state that cannot be used.
    case state(String)
    /// A client cannot train as the round asks.
    case training(String)

    package var description: String {
        switch self {
        case .length(let what, let has, let needs):
            "\(what) has \(has) values; \(needs) are needed; use what belongs to the session's model and algorithm"
        case .notFinite(let what, let coordinate):
            "\(what) has a value that is not finite (coordinate \(coordinate)); lower learning_rate or server_learning_rate"
        case .steps(let problem): "the clients' steps cannot be used: \(problem); leave that client out of the round"
        case .weights(let problem): "the weights of the round cannot be used: \(problem)"
        case .state(let problem): "the server's state cannot be used: \(problem); restore it with the model of the same round"
        case .training(let problem): problem
        }
    }
}
