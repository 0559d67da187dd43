package import CryptoSuite
package import Wire

/// What a client keeps on disk for one session: written before anything that depends on it is sent.
package struct ClientState: Sendable, Equatable, Codable {
    package var session: String
    /// A trained update that has no receipt yet. Its body lies durable under `digest`.
    package var pending: PendingUpdate?
    /// The last attempt that was acknowledged: never trained for again.
    package var acknowledged: AttemptKey?
    /// The newest attempt the coordinator has closed: a frame that comes late does not open it again. Written with the next
    /// thing that has to be: before that a client that starts anew may train in vain, but never for what it has delivered.
    package var closed: AttemptKey?
    /// SCAFFOLD only.
    package var controls: ClientControls?
    /// With secure aggregation.
    package var secure: SecureClientState?
    /// Of the coordinator's records, as it said last; nil: they were never restored from a backup.
    package var history: String?
    /// With secure aggregation: the newest attempt that this client was done with when those records were put back.
    package var bygone: AttemptKey?

    package init(session: String) { self.session = session }
}

/// A client's control variates, each a file in its folder. The coordinator says at every round which attempt it counted
/// last, and that decides between the two: a control of an update that was not counted never was.
package struct ClientControls: Sendable, Equatable, Codable {
    package struct Kept: Sendable, Equatable, Codable {
        package var key: AttemptKey
        /// SHA-256 (hex) of the file.
        package var digest: String
        package init(key: AttemptKey, digest: String) {
            self.key = key
            self.digest = digest
        }
    }
    /// nil: zero.
    package var counted: Kept?
    /// Trained, and sent or about to be; not known to be counted.
    package var pending: Kept?
    /// The attempt whose control the coordinator counted and this client no longer has, until another one is counted.
    package var lost: AttemptKey?

    package init() {}

    /// Follows what the coordinator counted last. Gives the digests of files that are no longer needed.
    ///
    /// A client that has lost the control the coordinator counted goes on from zero: the server's control is then off by
    /// what was lost, over the number of members, and training goes on. It says so, to its owner and with its update.
    mutating func follow(_ counted: AttemptKey?, beginning key: AttemptKey) -> [String] {
        let before = [self.counted, pending]
        if let counted {
            if pending?.key == counted {
                (self.counted, pending, lost) = (pending, nil, nil)
            } else if self.counted?.key != counted {
                (self.counted, lost) = (nil, counted)
            }
        } else {
            self.counted = nil
        }
        // What is sent for this very attempt may still be counted.
        if pending?.key != key { pending = nil }
        let after = [self.counted, pending].compactMap { $0?.digest }
        return before.compactMap { $0?.digest }.filter { !after.contains($0) }
    }

    /// For the node's owner.
    static func notice(of lost: AttemptKey) -> String {
        "the control of round \(lost.round), which the coordinator has counted, is not in this client's folder: it goes on from zero, and the "
            + "session's training is off by what was lost; keep the folder from one run to the next"
    }
}

package struct AttemptKey: Sendable, Hashable, Codable, Comparable {
    package var round: Int
    package var attempt: Int
    package init(round: Int, attempt: Int) {
        self.round = round
        self.attempt = attempt
    }
    package static func < (a: AttemptKey, b: AttemptKey) -> Bool { (a.round, a.attempt) < (b.round, b.attempt) }
}

package struct PendingUpdate: Sendable, Equatable, Codable {
    package var key: AttemptKey
    /// SHA-256 (hex) of the body.
    package var digest: String
    package var path: String
    package var deadline: Instant
    package init(key: AttemptKey, digest: String, path: String, deadline: Instant) {
        self.key = key
        self.digest = digest
        self.path = path
        self.deadline = deadline
    }
}

package enum ClientEvent: Sendable, Equatable {
    case started
    case connected
    /// `fatal`: a retry cannot help (authentication, version, session gone).
    case connectFailed(reason: String, fatal: Bool)
    case disconnected(reason: String)
    case message(ServerMessage)
    case modelFetched(digest: String)
    case modelFetchFailed(digest: String, reason: String)
    /// Training is done and the body is durable under this digest (hex), and so is the client's new control, if there
    /// is one.
    case trained(AttemptKey, digest: String, control: String? = nil)
    case trainingFailed(AttemptKey, reason: String)
    /// Training for a masked round is done; the shell holds the update as whole numbers, in memory.
    case encoded(AttemptKey)
    /// The masked body is durable under this digest (hex).
    case masked(AttemptKey, digest: String)
    case maskingFailed(AttemptKey, reason: String)
    /// The round is in this client's ledger, durably; or its owner's cap does not pay for it.
    case paid(AttemptKey)
    case unpayable(AttemptKey, reason: String)
    /// 32 fresh random bytes, as asked for.
    case entropy(EntropyUse, Secret)
    /// `accuracy`: nil in a regression.
    case evaluated(round: Int, loss: Double, accuracy: Double?, rows: Int)
    case uploaded(AttemptKey)
    case uploadFailed(AttemptKey, UploadFailure)
    /// Asked to stop by its owner.
    case stop
    case tick
}

package enum UploadFailure: Sendable, Equatable {
    /// Connection lost, 429, 503: the same bytes again, not before the given delay.
    case retry(afterSeconds: Double?)
    /// 409: the round has moved on.
    case superseded
    /// Any other 4xx: this body will never be taken.
    case refused(String)
}

package indirect enum ClientEffect: Sendable, Equatable {
    /// Open the control socket (the shell has waited for `nextDeadline` by itself: the machine decides the moment).
    case connect
    case send(ClientMessage)
    case fetchModel(digest: String, path: String)
    /// The server's control; answered like a model.
    case fetchControl(digest: String, path: String)
    /// Train from the fetched model, write the body durably, answer with `trained`. With SCAFFOLD also from the fetched
    /// control and the client's own under this digest (nil: zero), and write its new one. In a masked round the update is
    /// encoded and held, nothing is written, and the answer is `encoded`.
    case train(RoundStart, control: String?)
    case cancelTraining
    /// Count the round in this client's own ledger, durably; answered with `paid` or `unpayable`.
    case pay(PrivacyClaim)
    /// Answered with `entropy`.
    case drawEntropy(EntropyUse)
    /// Add the masks to the update that was encoded for this attempt, write the body durably, answer with `masked`.
    case mask(MaskingJob)
    /// For the node's owner.
    case notice(String)
    /// The same where the owner has to do something.
    case warning(String)
    /// Durable before any later effect of the array is run.
    case persist(ClientState)
    case upload(PendingUpdate, encoding: UploadEncoding)
    case evaluate(EvaluationRequest)
    /// The body or the control is no longer needed.
    case discard(digest: String)
    case finished(ClientOutcome)
}

package enum ClientOutcome: Sendable, Equatable {
    case completed(model: String)
    case ended(status: String, reason: String)
    case failed(reason: String)
    /// The owner's cap on what this client's data may lose is reached.
    case budgetExhausted(reason: String)
    case stopped
}
