package import StrictJSON

/// Exit codes that scripts may rely on.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0, failed = 1, usage = 2, configuration = 3, connection = 4, authentication = 5, version = 6, quorum = 7
    case budgetExhausted = 8, integrity = 9, timeout = 124, interrupted = 130

    /// What machines read in `error.code`.
    package var code: String {
        switch self {
        case .budgetExhausted: "budget_exhausted"
        case .ok, .failed, .usage, .configuration, .connection, .authentication, .version, .quorum, .integrity, .timeout, .interrupted:
            "\(self)"
        }
    }

    /// How a command ends whose session failed for this reason (the coordinator's words).
    package static func ofFailedSession(reason: String) -> ExitStatus {
        let isQuorum = [" updates by the deadline", " updates delivered", " updates are too few"].contains { reason.contains($0) }
        return isQuorum ? .quorum : .failed
    }
}

/// Why a command ends without success: what happened, and what to do about it.
package struct CommandFailure: Error, Sendable {
    package var status: ExitStatus
    package var message: String
    package var remedy: String
    /// More for machines, in `error.details`.
    package var details: JSON?

    package init(_ status: ExitStatus, _ message: String, remedy: String = "", details: JSON? = nil) {
        self.status = status
        self.message = message
        self.remedy = remedy
        self.details = details
    }
}
