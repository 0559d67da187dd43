internal import Federation
package import Storage
package import StrictJSON

/// `fl_training`: creates a federated session from its parameters, or takes the one of `session_id`, and follows it to its end. Progress is
/// rounds committed. The session is durable by itself; the job's checkpoint is only its name.
package struct TrainingRunner: JobRunner {
    package let type = JobType.federatedTraining
    private let training: any FederatedTraining
    private let lookSeconds: Double

    /// - Parameter lookSeconds: between two looks at the session.
    package init(training: any FederatedTraining, lookSeconds: Double = 2) {
        self.training = training
        self.lookSeconds = lookSeconds
    }

    package func check(_ parameters: JSON) throws(JobFailure) {
        guard let given = parameters["session_id"], given != .null else { return try training.check(parameters) }
        guard let session = given.text, (1...JobLimits.nameBytes).contains(session.utf8.count) else {
            throw .invalid(field: "parameters.session_id", issue: "must be a session's id", provided: nil)
        }
    }

    package func reading(_ parameters: JSON) -> ParameterReading {
        if let given = parameters["session_id"], given != .null { return .fields(["session_id"]) }
        return .body(notices: training.notices(parameters))
    }

    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
        let session = try await begin(job, context)
        var (last, isWaiting) = (Int64(-1), false)
        while true {
            let status = try await training.status(session, tenant: job.tenant)
            let committed = Int64(status.committedRounds)
            if committed != last {
                try await context.progress(completed: committed, total: Int64(status.rounds))
                last = committed
            }
            switch status.phase {
            case .completed: return Self.result(session, status)
            case .ended(let why):
                throw JobRunError("training_ended", "Session \(session) ended after \(committed) of \(status.rounds) rounds: \(why)", mayRetry: false)
            case .waiting:
                if !isWaiting { context.log(.info, "Session \(session) waits for its clients") }
                isWaiting = true
            case .training: isWaiting = false
            }
            try await context.wait(seconds: lookSeconds)
        }
    }

    private func begin(_ job: JobRecord, _ context: JobContext) async throws -> String {
        if let session = context.checkpoint.map({ String(decoding: $0, as: UTF8.self) }) { return session }
        let parameters = try JSON(parsing: job.parameters)
        let session: String
        if let given = parameters["session_id"]?.text {
            session = given
            // It must be there, and of this tenant.
            _ = try await training.status(session, tenant: job.tenant)
        } else {
            session = training.session(key: Self.key(job))
            try await training.start(session, parameters, tenant: job.tenant)
        }
        context.log(.info, "Session \(session)")
        try await context.save(Array(session.utf8), completed: 0, total: nil)
        return session
    }

    package func session(of job: JobRecord) async -> String? {
        guard let parameters = try? JSON(parsing: job.parameters) else { return nil }
        // By its key, where the job makes it: whether it has is the engine's to say.
        let session = parameters["session_id"]?.text ?? training.session(key: Self.key(job))
        return (try? await training.status(session, tenant: job.tenant)) == nil ? nil : session
    }

    /// Stops the session that the job made; one that somebody else made is only let go.
    package func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async {
        guard let parameters = try? JSON(parsing: job.parameters), parameters["session_id"]?.text == nil else { return }
        // By its key: a crash may have come between the session and its checkpoint.
        try? await training.stop(training.session(key: Self.key(job)), tenant: job.tenant, reason: "the job \(job.id) was cancelled")
    }

    private static func key(_ job: JobRecord) -> String { "\(job.id)/session" }

    private static func result(_ session: String, _ status: TrainingStatus) -> JobResult {
        let content: JSON = [
            "session_id": .string(session), "rounds": JSON(status.rounds), "committed_rounds": JSON(status.committedRounds), "model_sha256": JSON(status.model),
            "model_round": JSON(status.modelRound), "figures": status.figures,
        ]
        return JobResult(content: content.encoded(), figures: status.figures, model: status.model)
    }
}
