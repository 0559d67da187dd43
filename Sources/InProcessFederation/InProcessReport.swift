package import Federation

package enum InProcessError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `client` nil: the start.
    case refused(client: String?, Refused)

    package var description: String {
        switch self {
        case .refused(let client?, let why): "the session does not take \(client): \(why)"
        case .refused(nil, let why): "the session does not start: \(why)"
        }
    }
}

package struct InProcessReport: Sendable, Equatable {
    package struct Round: Sendable, Equatable {
        package var round: Int
        package var isCommitted: Bool
        package var outcome: RoundOutcome
    }

    /// Every attempt that was closed, in order.
    package var rounds: [Round] = []
    /// nil while it runs.
    package var status: SessionStatus?
    package var reason: String?
    /// SHA-256 (hex) of the newest model.
    package var model: String?
    package var evaluation: EvaluationRecord?
    /// Accepted ones.
    package var updates = 0

    init() {}

    mutating func closed(_ record: RoundRecord, _ outcome: RoundOutcome) {
        rounds.append(Round(round: record.round, isCommitted: record.state == .committed, outcome: outcome))
    }
}

extension InProcessFederation {
    /// What a client that is not selected takes by itself, in bytes: machine, place in the list, name. What the
    /// coordinator knows of it comes on top.
    package static var bytesOfIdleClient: Int { MemoryLayout<VirtualClient>.stride + MemoryLayout<String>.stride }

    /// How many clients were told that the session has ended, by the digest of the model they were given.
    package var endedWith: [String: Int] {
        clients.reduce(into: [:]) { count, client in if let end = client.end { count[end, default: 0] += 1 } }
    }

    /// Clients that still hold the body of an update.
    package var heldBodies: Int { clients.count { $0.body != nil } }
}
