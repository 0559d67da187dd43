/// How far a session is.
package enum SessionStage: String, Sendable, CaseIterable {
    case initializing, waiting, training, completed, stopped, failed
    case budgetExhausted = "budget_exhausted"

    var isOpen: Bool { self == .initializing || self == .waiting || self == .training }
    var words: String { self == .budgetExhausted ? "budget exhausted" : rawValue }
    /// Of its badge.
    var kind: String {
        switch self {
        case .initializing, .waiting: "idle"
        case .training: "busy"
        case .completed: "good"
        case .stopped: "plain"
        case .failed, .budgetExhausted: "bad"
        }
    }
}

/// A session as it stands. Every number was measured, counted or asked for; what is unknown is nil.
package struct SessionStanding: Sendable, Equatable {
    package var id: String
    package var progress: SessionStage
    package var reason: String?
    /// Milliseconds since 1970, as all instants here.
    package var createdAt: Int64
    package var algorithm: String
    package var rule: String
    package var round: Int
    package var rounds: Int
    package var accuracy: Double?
    package var loss: Double?
    package var epsilon: Double?
    package var epsilonBudget: Double?
    /// Of text: losses are nats per byte, and there is no accuracy.
    package var isText = false
    package var activeClients: Int
    package var clients: Int

    package init(
        id: String, progress: SessionStage, createdAt: Int64, algorithm: String, rule: String, round: Int, rounds: Int, activeClients: Int, clients: Int
    ) {
        (self.id, self.progress, self.createdAt, self.algorithm, self.rule) = (id, progress, createdAt, algorithm, rule)
        (self.round, self.rounds, self.activeClients, self.clients) = (round, rounds, activeClients, clients)
    }
}

package struct OverviewModel: Sendable, Equatable {
    package var sessions: [SessionStanding]
    /// From 1.
    package var page: Int
    package var hasOlder: Bool
    package init(sessions: [SessionStanding], page: Int, hasOlder: Bool) { (self.sessions, self.page, self.hasOlder) = (sessions, page, hasOlder) }
}

/// A closed attempt.
package struct RoundRow: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        case committed
        /// Closed with the model it began with.
        case unchanged(String)
        case aborted(String)
    }
    package var round: Int
    package var attempt: Int
    package var ending: Ending
    package var selected: Int
    package var contributors: Int
    package var late = 0
    package var dropped = 0
    package var rejected = 0
    package var loss: Double?
    package var accuracy: Double?
    /// Whether loss and accuracy were measured by the coordinator on labelled rows of its own; else they are the clients' word of
    /// the model before.
    package var isHeldOut = false
    package var epsilon: Double?
    package var bytesUp: Int64 = 0
    package var bytesDown: Int64 = 0
    package var aggregateMilliseconds = 0.0
    package var seconds = 0.0
    /// Of secure aggregation; nil without.
    package var groupSizes: [Int]?
    /// Numbers of updates that were too large and cut off.
    package var valuesCut: Int64 = 0

    package init(round: Int, attempt: Int, ending: Ending, selected: Int, contributors: Int) {
        (self.round, self.attempt, self.ending, self.selected, self.contributors) = (round, attempt, ending, selected, contributors)
    }

    package var isCommitted: Bool { ending == .committed }
}

package struct MemberRow: Sendable, Equatable {
    package enum Presence: Sendable, Equatable {
        /// Its control channel is open.
        case connected
        /// Without a channel, but heard of within three heartbeats.
        case heard
        case away
    }
    package enum Part: Sendable, Equatable { case notAsked, training, sent, failed }
    package var name: String
    package var presence: Presence
    package var lastSeen: Int64?
    /// In the round under way; nil when there is none.
    package var part: Part?
    /// As the client says.
    package var rows: Int64
    package var joinedAt: Int64
    package var hasCertificate: Bool
    /// Why it is left out of rounds; nil: it is not.
    package var excluded: String?

    package init(name: String, presence: Presence, rows: Int64, joinedAt: Int64, hasCertificate: Bool) {
        (self.name, self.presence, self.rows, self.joinedAt, self.hasCertificate) = (name, presence, rows, joinedAt, hasCertificate)
    }
}

/// What a session waits for.
package struct Wait: Sendable, Equatable {
    package var what: String
    package var have: Int
    package var asked: Int
    package var fix: String
    package init(what: String, have: Int, asked: Int, fix: String) { (self.what, self.have, self.asked, self.fix) = (what, have, asked, fix) }
}

package struct SessionModel: Sendable, Equatable {
    package var standing: SessionStanding
    package var waits: [Wait] = []
    /// Rising by round and attempt: the last ones, or those after the round that was asked for.
    package var rows: [RoundRow] = []
    /// Whether there are rounds before and after these.
    package var hasEarlier = false
    package var hasLater = false
    package var members: [MemberRow] = []
    package var protection = Protection()
    package init(standing: SessionStanding) { self.standing = standing }
}

package struct NodeRow: Sendable, Equatable {
    package var name: String
    package var enrolledAt: Int64
    package var certificateEndsAt: Int64
    package var revokedAt: Int64?
    package init(name: String, enrolledAt: Int64, certificateEndsAt: Int64, revokedAt: Int64?) {
        (self.name, self.enrolledAt, self.certificateEndsAt, self.revokedAt) = (name, enrolledAt, certificateEndsAt, revokedAt)
    }
}
