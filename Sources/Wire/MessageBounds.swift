// What a message may say. The encoder and the decoder both ask here, so that nothing is sent that would be refused.

extension ServerMessage {
    /// - Throws: `.field` with the first field that is out of bounds.
    package func check() throws(WireError) {
        switch self {
        case .welcome(let m):
            try Bound.number(m.version, Limits.versions, "welcome.version")
            try Bound.name(m.sessionID, "welcome.session_id")
            try Bound.number(m.heartbeatSeconds, Limits.heartbeatSeconds, "welcome.heartbeat_seconds")
            try Bound.instant(m.serverTimeMs, "welcome.server_time_ms")
            try Bound.name(m.status, "welcome.status")
            if let history = m.history { try Bound.name(history, "welcome.history") }
        case .roundStart(let m):
            try Bound.name(m.sessionID, "round_start.session_id")
            try Bound.attempt(m.round, m.attempt, "round_start")
            try Bound.digest(m.modelSHA256, "round_start.model_sha256")
            try Bound.path(m.modelPath, "round_start.model_path")
            try Bound.path(m.updatePath, "round_start.update_path")
            try Bound.instant(m.deadlineMs, "round_start.deadline_ms")
            try Bound.training(m.training)
            if case .maskedUpdate(let parameters) = m.phase {
                try Bound.bytes(parameters, 1...Limits.secureParametersBytes, "round_start.secure_parameters")
            }
            if let privacy = m.privacy { try Bound.privacy(privacy) }
            if case .controlled(let control) = m.rule {
                if !control.sha256.isEmpty {
                    try Bound.digest(control.sha256, "round_start.control.sha256")
                    try Bound.path(control.path, "round_start.control.path")
                } else if !control.path.isEmpty {
                    throw .field("round_start.control.path", "must be empty where there is no control")
                }
                try Bound.number(control.countedRound, 0...Limits.rounds, "round_start.control.counted_round")
                try Bound.number(control.countedAttempt, 0...Limits.attempts, "round_start.control.counted_attempt")
            }
        case .roundClosed(let m):
            try Bound.name(m.sessionID, "round_closed.session_id")
            try Bound.attempt(m.round, m.attempt, "round_closed")
            if m.committed || !m.modelSHA256.isEmpty { try Bound.digest(m.modelSHA256, "round_closed.model_sha256") }
        case .evaluate(let m):
            try Bound.name(m.sessionID, "evaluation_request.session_id")
            try Bound.number(m.round, 0...Limits.rounds, "evaluation_request.round")
            try Bound.digest(m.modelSHA256, "evaluation_request.model_sha256")
            try Bound.path(m.modelPath, "evaluation_request.model_path")
            try Bound.instant(m.deadlineMs, "evaluation_request.deadline_ms")
        case .sessionEnded(let m):
            try Bound.name(m.sessionID, "session_ended.session_id")
            try Bound.name(m.status, "session_ended.status")
            if !m.modelSHA256.isEmpty { try Bound.digest(m.modelSHA256, "session_ended.model_sha256") }
            if !m.modelPath.isEmpty { try Bound.path(m.modelPath, "session_ended.model_path") }
        case .refused(let m):
            try Bound.name(m.code, "refusal.code")
            if let after = m.retryAfterMs, after < 0 { throw .field("refusal.retry_after_ms", "must not be negative, as \(after) is") }
        case .secure(let m): try Bound.secure(m, "secure")
        }
    }
}

extension ClientMessage {
    /// - Throws: `.field` with the first field that is out of bounds.
    package func check() throws(WireError) {
        switch self {
        case .hello(let m):
            try Bound.number(m.versionMin, Limits.versions, "hello.version_min")
            try Bound.number(m.versionMax, Limits.versions, "hello.version_max")
            guard m.versionMin <= m.versionMax else { throw .field("hello.version_max", "must be at least version_min (\(m.versionMin)), not \(m.versionMax)") }
            guard m.software.utf8.count <= Limits.nameBytes else { throw .field("hello.software", "must be at most \(Limits.nameBytes) bytes") }
            try Bound.name(m.sessionID, "hello.session_id")
            try Bound.name(m.clientID, "hello.client_id")
            try Bound.number(m.lastRound, 0...Limits.rounds, "hello.last_round")
            guard m.knows.count <= Limits.capabilities else { throw .field("hello.knows", "must be at most \(Limits.capabilities) names") }
            for name in m.knows { try Bound.name(name, "hello.knows") }
            guard m.identityKey.isEmpty || m.identityKey.count == 32 else {
                throw .field("hello.identity_key", "must be 32 bytes or none, not \(m.identityKey.count)")
            }
        case .heartbeat(let m):
            try Bound.name(m.sessionID, "heartbeat.session_id")
            try Bound.number(m.round, 0...Limits.rounds, "heartbeat.round")
        case .evaluation(let m):
            try Bound.name(m.sessionID, "evaluation_report.session_id")
            try Bound.number(m.round, 0...Limits.rounds, "evaluation_report.round")
            guard m.loss.isFinite else { throw .field("evaluation_report.loss", "must be finite") }
            if let accuracy = m.accuracy, !(0...1).contains(accuracy) { throw .field("evaluation_report.accuracy", "must be 0 to 1") }
            try Bound.number(m.rows, 0...Limits.rows, "evaluation_report.rows")
        case .roundFailed(let m):
            try Bound.name(m.sessionID, "round_failed.session_id")
            try Bound.attempt(m.round, m.attempt, "round_failed")
        case .secure(let m): try Bound.secure(m, "secure_reply")
        }
    }
}

private enum Bound {
    static func number(_ value: Int, _ range: ClosedRange<Int>, _ field: @autoclosure () -> String) throws(WireError) {
        guard range.contains(value) else { throw .field(field(), "must be \(range.lowerBound) to \(range.upperBound), not \(value)") }
    }

    static func attempt(_ round: Int, _ attempt: Int, _ message: String) throws(WireError) {
        try number(round, 1...Limits.rounds, "\(message).round")
        try number(attempt, 1...Limits.attempts, "\(message).attempt")
    }

    static func secure(_ frame: SecureFrame, _ message: String) throws(WireError) {
        try name(frame.sessionID, "\(message).session_id")
        try number(frame.round, 0...Limits.rounds, "\(message).round")
        try number(frame.attempt, 1...Limits.attempts, "\(message).attempt")
        try bytes(frame.message, 1...Limits.secureMessageBytes, "\(message).message")
    }

    static func bytes(_ value: [UInt8], _ range: ClosedRange<Int>, _ field: @autoclosure () -> String) throws(WireError) {
        guard range.contains(value.count) else { throw .field(field(), "must be \(range.lowerBound) to \(range.upperBound) bytes, not \(value.count)") }
    }

    static func instant(_ value: Int64, _ field: @autoclosure () -> String) throws(WireError) {
        guard Limits.instantMs.contains(value) else { throw .field(field(), "must be milliseconds since 1970, up to the year 9999, not \(value)") }
    }

    /// Identifiers go into paths, logs and tables: no control characters.
    static func name(_ value: String, _ field: @autoclosure () -> String) throws(WireError) {
        guard !value.isEmpty else { throw .field(field(), "must not be empty") }
        guard value.utf8.count <= Limits.nameBytes else { throw .field(field(), "must be at most \(Limits.nameBytes) bytes") }
        let isPlain = value.utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 >= 0x20 && $0 < 0x7F } } ?? false
        guard isPlain || !value.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            throw .field(field(), "must hold no control characters")
        }
    }

    /// A path of the coordinator that sent it: absolute, without a host, so that it cannot lead anywhere else.
    static func path(_ value: String, _ field: @autoclosure () -> String) throws(WireError) {
        guard value.utf8.count <= Limits.pathBytes else { throw .field(field(), "must be at most \(Limits.pathBytes) bytes") }
        let slash = UInt8(ascii: "/")
        var value = value
        let isPlain = value.withUTF8 { text in
            text.first == slash && !(text.count > 1 && text[1] == slash) && text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        }
        guard isPlain else {
            throw .field(field(), "must be an absolute path in ASCII")
        }
    }

    /// SHA-256.
    static func digest(_ value: [UInt8], _ field: @autoclosure () -> String) throws(WireError) {
        guard value.count == 32 else { throw .field(field(), "must be 32 bytes, not \(value.count)") }
    }

    /// Numbers no plan has; what the numbers mean is the ledger's to judge.
    static func privacy(_ terms: PrivacyTerms) throws(WireError) {
        for (name, value) in [
            ("l2_clip", terms.l2Clip), ("epsilon", terms.epsilon), ("noise_multiplier", terms.noiseMultiplier), ("deviation_steps", terms.deviationSteps),
        ] {
            guard value > 0, value <= 1e12 else { throw .field("round_start.privacy.\(name)", "must be above 0 and at most 1e12, not \(value)") }
        }
        guard terms.delta > 0, terms.delta < 1 else { throw .field("round_start.privacy.delta", "must be above 0 and below 1, not \(terms.delta)") }
    }

    static func training(_ plan: TrainingPlan) throws(WireError) {
        func rate(_ value: Float, _ limit: Float, _ name: String) throws(WireError) {
            // Also refuses NaN.
            guard value >= 0, value <= limit else { throw .field("round_start.training.\(name)", "must be 0 to \(limit), not \(value)") }
        }
        try rate(plan.learningRate, Limits.learningRate, "learning_rate")
        try rate(plan.momentum, Limits.momentum, "momentum")
        try rate(plan.weightDecay, Limits.weightDecay, "weight_decay")
        try rate(plan.proximalMu, Limits.proximalMu, "proximal_mu")
        if let adam = plan.adam {
            for (name, value) in [("beta1", adam.beta1), ("beta2", adam.beta2)] {
                guard value >= 0, value < 1 else { throw .field("round_start.training.adam.\(name)", "must be at least 0 and below 1, not \(value)") }
            }
            guard adam.epsilon > 0, adam.epsilon <= 1 else {
                throw .field("round_start.training.adam.epsilon", "must be above 0 and at most 1, not \(adam.epsilon)")
            }
        }
        try number(plan.localEpochs, Limits.localEpochs, "round_start.training.local_epochs")
        try number(plan.batchSize, Limits.batchSize, "round_start.training.batch_size")
        guard let text = plan.text else { return }
        try number(text.steps, Limits.localSteps, "round_start.training.local_steps")
        try number(text.window, Limits.window, "round_start.training.window")
    }
}
