import Testing
import Wire

/// Every bound, once beyond it: the encoder refuses what the decoder would.
@Suite struct MessageBoundsTests {
    private let long = String(repeating: "n", count: 129)

    private func changed<M>(_ message: M, _ change: (inout M) -> Void) -> M {
        var message = message
        change(&message)
        return message
    }

    @Test func aClientSaysNothingOutOfBounds() {
        let hello = Hello(versionMin: 1, versionMax: 1, software: "", sessionID: "s", clientID: "a", lastRound: 0)
        let report = EvaluationReport(sessionID: "s", round: 1, loss: 1, accuracy: 0.5, rows: 1)
        let failed = RoundFailed(sessionID: "s", round: 1, attempt: 1, reason: "")
        let frame = SecureFrame(sessionID: "s", round: 0, attempt: 1, message: [1])
        let bad: [(ClientMessage, String)] = [
            (.hello(changed(hello) { $0.versionMin = 0 }), "hello.version_min"), (.hello(changed(hello) { $0.versionMax = 1001 }), "hello.version_max"),
            (.hello(changed(hello) { $0.versionMin = 2 }), "hello.version_max"), (.hello(changed(hello) { $0.software = long }), "hello.software"),
            (.hello(changed(hello) { $0.sessionID = long }), "hello.session_id"), (.hello(changed(hello) { $0.sessionID = "" }), "hello.session_id"),
            (.hello(changed(hello) { $0.clientID = "a\nb" }), "hello.client_id"), (.hello(changed(hello) { $0.clientID = "" }), "hello.client_id"),
            (.hello(changed(hello) { $0.lastRound = -1 }), "hello.last_round"), (.hello(changed(hello) { $0.lastRound = 100_001 }), "hello.last_round"),
            (.heartbeat(Heartbeat(sessionID: "", round: 1)), "heartbeat.session_id"), (.heartbeat(Heartbeat(sessionID: "s", round: -1)), "heartbeat.round"),
            (.heartbeat(Heartbeat(sessionID: "s", round: .max)), "heartbeat.round"),
            (.evaluation(changed(report) { $0.sessionID = "\u{0}" }), "evaluation_report.session_id"),
            (.evaluation(changed(report) { $0.round = .min }), "evaluation_report.round"),
            (.evaluation(changed(report) { $0.loss = .nan }), "evaluation_report.loss"),
            (.evaluation(changed(report) { $0.loss = -.infinity }), "evaluation_report.loss"),
            (.evaluation(changed(report) { $0.accuracy = 1.5 }), "evaluation_report.accuracy"),
            (.evaluation(changed(report) { $0.accuracy = .nan }), "evaluation_report.accuracy"),
            (.evaluation(changed(report) { $0.rows = -1 }), "evaluation_report.rows"),
            (.evaluation(changed(report) { $0.rows = .max }), "evaluation_report.rows"),
            (.roundFailed(changed(failed) { $0.sessionID = long }), "round_failed.session_id"),
            (.roundFailed(changed(failed) { $0.round = 0 }), "round_failed.round"),
            (.roundFailed(changed(failed) { $0.attempt = 0 }), "round_failed.attempt"),
            (.roundFailed(changed(failed) { $0.attempt = 1_000_001 }), "round_failed.attempt"),
            (.secure(changed(frame) { $0.attempt = 0 }), "secure_reply.attempt"), (.secure(changed(frame) { $0.round = -1 }), "secure_reply.round"),
            (.secure(changed(frame) { $0.message = [] }), "secure_reply.message"), (.secure(changed(frame) { $0.sessionID = "" }), "secure_reply.session_id"),
            (.secure(changed(frame) { $0.message = [UInt8](repeating: 0, count: Limits.secureMessageBytes + 1) }), "secure_reply.message"),
        ]
        for (message, field) in bad { #expect(fieldName { _ = try ControlCodec.encode(message) } == field, "\(message)") }
    }

    @Test func aCoordinatorSaysNothingOutOfBounds() {
        let welcome = Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 0, status: "training")
        let closed = RoundClosed(sessionID: "s", round: 1, attempt: 1, committed: true, modelSHA256: digest, reason: "")
        let evaluate = EvaluationRequest(sessionID: "s", round: 0, modelSHA256: digest, modelPath: "/m", deadlineMs: 0)
        let ended = SessionEnded(sessionID: "s", status: "failed", modelSHA256: [], modelPath: "", reason: "")
        let frame = SecureFrame(sessionID: "s", round: 0, attempt: 1, message: [1])
        let bad: [(ServerMessage, String)] = [
            (.secure(changed(frame) { $0.message = [] }), "secure.message"), (.secure(changed(frame) { $0.attempt = 1_000_001 }), "secure.attempt"),
            (.welcome(changed(welcome) { $0.version = 0 }), "welcome.version"), (.welcome(changed(welcome) { $0.sessionID = "" }), "welcome.session_id"),
            (.welcome(changed(welcome) { $0.heartbeatSeconds = 0 }), "welcome.heartbeat_seconds"),
            (.welcome(changed(welcome) { $0.history = "" }), "welcome.history"),
            (.welcome(changed(welcome) { $0.heartbeatSeconds = 86_401 }), "welcome.heartbeat_seconds"),
            (.welcome(changed(welcome) { $0.serverTimeMs = -1 }), "welcome.server_time_ms"), (.welcome(changed(welcome) { $0.status = "" }), "welcome.status"),
            (.roundClosed(changed(closed) { $0.round = 0 }), "round_closed.round"), (.roundClosed(changed(closed) { $0.attempt = -1 }), "round_closed.attempt"),
            (.roundClosed(changed(closed) { $0.modelSHA256 = [] }), "round_closed.model_sha256"),
            (
                .roundClosed(
                    changed(closed) {
                        $0.committed = false; $0.modelSHA256 = [1]
                    }), "round_closed.model_sha256"
            ),
            (.evaluate(changed(evaluate) { $0.round = -1 }), "evaluation_request.round"),
            (.evaluate(changed(evaluate) { $0.modelSHA256 = digest + [0] }), "evaluation_request.model_sha256"),
            (.evaluate(changed(evaluate) { $0.modelPath = "" }), "evaluation_request.model_path"),
            (.evaluate(changed(evaluate) { $0.deadlineMs = .max }), "evaluation_request.deadline_ms"),
            (.sessionEnded(changed(ended) { $0.status = long }), "session_ended.status"),
            (.sessionEnded(changed(ended) { $0.modelSHA256 = [0] }), "session_ended.model_sha256"),
            (.sessionEnded(changed(ended) { $0.modelPath = "//other/m" }), "session_ended.model_path"),
            (.refused(Refusal(code: "", message: "")), "refusal.code"), (.refused(Refusal(code: "x", message: "", retryAfterMs: -1)), "refusal.retry_after_ms"),
        ]
        for (message, field) in bad { #expect(fieldName { _ = try ControlCodec.encode(message) } == field, "\(message)") }
    }

    @Test func aRoundStartSaysNothingOutOfBounds() {
        let start = RoundStart(
            sessionID: "s", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 0,
            training: TrainingPlan(learningRate: 1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0),
            uploadEncoding: .identity)
        let bad: [(RoundStart, String)] = [
            (changed(start) { $0.sessionID = "" }, "session_id"), (changed(start) { $0.round = 100_001 }, "round"),
            (changed(start) { $0.attempt = 0 }, "attempt"),
            (changed(start) { $0.modelSHA256 = [] }, "model_sha256"),
            (changed(start) { $0.updatePath = "/" + String(repeating: "u", count: 1024) }, "update_path"),
            (changed(start) { $0.deadlineMs = .min }, "deadline_ms"), (changed(start) { $0.training.learningRate = .nan }, "training.learning_rate"),
            (changed(start) { $0.training.learningRate = 11 }, "training.learning_rate"), (changed(start) { $0.training.momentum = -0.1 }, "training.momentum"),
            (changed(start) { $0.training.weightDecay = .infinity }, "training.weight_decay"),
            (changed(start) { $0.training.proximalMu = 1001 }, "training.proximal_mu"),
            (changed(start) { $0.training.localEpochs = 0 }, "training.local_epochs"),
            (changed(start) { $0.training.batchSize = 65_537 }, "training.batch_size"),
            (changed(start) { $0.training.text = TextPlan(steps: 0, window: 8) }, "training.local_steps"),
            (changed(start) { $0.training.text = TextPlan(steps: 10_001, window: 8) }, "training.local_steps"),
            (changed(start) { $0.training.text = TextPlan(steps: 1, window: 4097) }, "training.window"),
        ]
        for (message, field) in bad { #expect(fieldName { _ = try ControlCodec.encode(ServerMessage.roundStart(message)) } == "round_start." + field) }
        for path in ["m", "//host/m", "/a b", "/a\n", "/\\host", "https://host/m", "/ä", ""] {
            #expect(
                fieldName { _ = try ControlCodec.encode(ServerMessage.roundStart(changed(start) { $0.modelPath = path })) } == "round_start.model_path",
                "\(path)")
        }
    }

    /// Nothing is fetched from there, so nothing may stand there: it would have no bound.
    @Test func aControlThatIsNotThereHasNoPath() throws {
        let training = TrainingPlan(
            learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0)
        func start(_ path: String) -> ServerMessage {
            .roundStart(
                RoundStart(
                    sessionID: "s", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 0, training: training,
                    uploadEncoding: .identity, rule: .controlled(ControlStart(sha256: [], path: path, countedRound: 0, countedAttempt: 0))))
        }
        #expect(throws: Never.self) { try ControlCodec.encode(start("")) }
        #expect(fieldName { _ = try ControlCodec.encode(start("/c")) } == "round_start.control.path")
    }
}
