/// Why a server of others gave no answer. Nothing that it said is repeated: these words are ours.
package struct UpstreamFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// No connection, no TLS, or an address that may not be reached.
        case unreachable
        case late(seconds: Double)
        /// So many calls are under way already.
        case busy(limit: Int)
        /// It said so: 429 or 503.
        case overloaded
        /// 401 or 403: the coordinator's credentials, not the caller's.
        case credentials
        /// 404: it does not have the model.
        case model
        /// Another 4xx: what was asked.
        case refused(status: Int)
        /// 5xx, or a status that is none.
        case failed(status: Int)
        /// What came is not what its protocol says.
        case reply(problem: String)
        case cancelled
        /// At the last look it did not answer for the model.
        case absent(why: String)
    }
    package let upstream: String
    package let kind: Kind

    package init(_ upstream: String, _ kind: Kind) { (self.upstream, self.kind) = (upstream, kind) }

    /// By the status of its answer; nil: 200.
    package init?(_ upstream: String, status: Int) {
        switch status {
        case 200: return nil
        case 401, 403: self.init(upstream, .credentials)
        case 404: self.init(upstream, .model)
        case 429, 503: self.init(upstream, .overloaded)
        case 400..<500: self.init(upstream, .refused(status: status))
        default: self.init(upstream, .failed(status: status))
        }
    }

    package var problem: String {
        switch kind {
        case .unreachable: "cannot be reached"
        case .late(let seconds): "did not answer within \(seconds) s"
        case .busy(let limit): "has \(limit) calls of this coordinator under way, the most there may be"
        case .overloaded: "has no room for the call"
        case .credentials: "refuses this coordinator's credentials"
        case .model: "does not have the model"
        case .refused(let status): "refused the call with status \(status)"
        case .failed(let status): "failed with status \(status)"
        case .reply(let problem): "gave a reply that cannot be used: \(problem)"
        case .cancelled: "was not waited for: the call was ended"
        case .absent(let why): "does not answer for this model: \(why)"
        }
    }

    package var description: String { "The upstream '\(upstream)' \(problem)." }

    /// Whether it may well answer later.
    package var isPassing: Bool {
        switch kind {
        case .unreachable, .late, .busy, .overloaded, .cancelled, .absent: true
        case .credentials, .model, .refused, .failed, .reply: false
        }
    }
}

/// What is wrong with the bytes of a reply, without repeating them.
package struct UpstreamReplyError: Error, Sendable, Equatable, CustomStringConvertible {
    package let problem: String
    package init(_ problem: String) { self.problem = problem }
    package var description: String { problem }
}
