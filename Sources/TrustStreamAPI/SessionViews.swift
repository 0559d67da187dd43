internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import StrictJSON

/// How this family shows a session. Every number is measured, counted or asked for; what is unknown is null.
struct SessionViews {
    let request: APIRequest

    private func path(_ session: String, _ leaf: String) -> String { "\(TrustStream.base)\(TrustStream.sessionsPath)/\(session)\(leaf)" }

    func created(_ created: CreatedSession, notices: [JSON]) -> JSON {
        let record = created.view.record
        return .object([
            .init("success", true), .init("session_id", .string(record.id)), .init("status", .string(record.status.rawValue)),
            .init("aggregation_server", .string(request.baseURL)),
            .init("coordinator_endpoint", .string(request.socketBaseURL + path(record.id, "/socket"))),
            .init("client_registration_token", .string(created.registrationToken)),
            // The session's public key for sealed uploads; there is none until the key vault exists.
            .init("encryption_key", .null), .init("created_at", .string(timestamp(record.createdAt.milliseconds))),
            .init("estimated_duration", .string(created.view.estimatedDurationSeconds.map(Self.duration) ?? "unknown")),
            .init("model", record.model?.json ?? .null), .init("privacy", Self.privacy(record)),
            .init("blocked_by", blockers(created.view.blockedBy)), .init("notices", .array(notices)),
        ])
    }

    /// - Parameter cap: what the client says its data may lose.
    func joined(_ joined: JoinedSession, cap: Double?, notices: [JSON]) -> JSON {
        let record = joined.view.record
        let isUniform = record.spec.aggregation != .mean || record.spec.secureAggregation?.largestWeight == 0 || record.spec.privacy != nil
        var notices = notices
        if cap != nil, record.spec.privacy == nil {
            notices.append(
                notice("NO_EFFECT", "privacy_preferences.max_privacy_budget", "this is kept; without differential privacy nothing is spent of it"))
        }
        if isUniform {
            notices.append(
                notice(
                    "NO_EFFECT", "data_size",
                    "a robust rule, differential privacy, or secure aggregation without largest_weight weighs all clients alike; data_size is kept and not used"
                ))
        }
        return .object([
            .init("success", true), .init("client_registered", true), .init("client_id", .string(joined.client)),
            .init("assigned_round", JSON(joined.assignedRound)),
            .init("model_weights_url", .string(request.baseURL + path(record.id, "/weights"))),
            .init("update_endpoint", .string(request.baseURL + path(record.id, "/update"))),
            .init("heartbeat_interval", JSON(record.spec.heartbeatSeconds)),
            .init("timeout_seconds", JSON(Int(record.spec.roundDeadlineSeconds.rounded(.up)))),
            .init("update_token", JSON(joined.updateToken)), .init("state", .string(record.status.rawValue)),
            .init("weighting", isUniform ? "uniform" : "data_size"), .init("data_schema", record.schema?.json ?? .null),
            .init("blocked_by", blockers(joined.blockedBy)), .init("notices", .array(notices)),
        ])
    }

    /// - Parameter notices: about the request that asked; nil leaves them out.
    func status(_ view: SessionView, notices: [JSON]? = nil) -> JSON {
        let record = view.record
        let said = notices.map { [JSON.Member("notices", .array($0))] } ?? []
        return .object(
            [
                .init("success", true), .init("session_id", .string(record.id)), .init("status", .string(record.status.rawValue)),
                .init("current_round", JSON(view.currentRound)), .init("total_rounds", JSON(record.spec.rounds)),
                .init("active_clients", JSON(view.activeClients)), .init("total_clients", JSON(view.totalClients)),
                .init("accuracy", JSON(view.accuracy)), .init("loss", JSON(view.loss)),
                // Spent epsilon; unknown without differential privacy.
                .init("privacy_budget_used", JSON(view.epsilon)),
                .init("estimated_completion", JSON(view.estimatedCompletion.map { timestamp($0.milliseconds) })),
                .init(
                    "performance_metrics",
                    [
                        "throughput": JSON(view.updatesPerMinute.map { "\(Int($0.rounded())) updates/minute" }),
                        "latency_p99": JSON(view.updateLatencyP99Milliseconds.map { "\(Int($0.rounded()))ms" }),
                        "byzantine_attacks_detected": JSON(view.rejectedUpdates), "detection_unit": "client", "differential_privacy_noise": Self.noise(record),
                        "late_updates": JSON(view.lateUpdates), "bytes_up": JSON(view.bytesUp), "bytes_down": JSON(view.bytesDown),
                    ]),
                .init("held_out_accuracy", JSON(view.heldOutAccuracy)), .init("held_out_loss", JSON(view.heldOutLoss)),
                .init("effective_client_fraction", JSON(view.cohort.flatMap { view.totalClients > 0 ? Double($0) / Double(view.totalClients) : nil })),
                .init("cohort", JSON(view.cohort)), .init("status_reason", JSON(record.statusReason)),
                .init("created_at", .string(timestamp(record.createdAt.milliseconds))), .init("model", record.model?.json ?? .null),
                .init("model_source", JSON(record.modelSource)), .init("model_sha256", JSON(view.model)),
                .init("model_round", JSON(view.modelRound)), .init("model_selection", .string(record.spec.modelSelection.rawValue)),
                .init("model_selected_by", JSON(record.chosen?.reason.rawValue)), .init("initial_model_sha256", JSON(record.warmStart)),
                .init("data_schema", record.schema?.json ?? .null),
                .init("aggregation", .string(record.spec.aggregation.rawValue)), .init("byzantine_tolerance", JSON(record.spec.byzantineTolerance)),
                .init("norm_bound", JSON(record.spec.normBound)), .init("clip_radius", JSON(record.spec.clipRadius)),
                .init("seed", JSON(Int64(clamping: record.spec.seed))),
                .init("min_clients", JSON(record.spec.minClients)), .init("clients_needed", JSON((try? record.spec.clientsNeeded())?.count)),
                .init("secure_aggregation", Self.secure(record.spec)),
                .init("secure", Self.secure(view.secure)), .init("privacy", Self.privacy(record)),
                .init("offenders", .array(record.offenderList.map(Self.offender))), .init("blocked_by", blockers(view.blockedBy)),
            ] + said)
    }

    func round(_ record: RoundRecord) -> JSON {
        let outcome = record.outcome
        return .object([
            .init("round", JSON(record.round)), .init("attempt", JSON(record.attempt)), .init("state", .string(record.state.rawValue)),
            .init("model_sha256", JSON(outcome?.model)), .init("server_state_sha256", JSON(outcome?.state)), .init("reason", JSON(outcome?.reason)),
            .init("selected", JSON(outcome?.selected)),
            .init("contributors", JSON(outcome?.contributors)), .init("late", JSON(outcome?.late)), .init("dropped", JSON(outcome?.dropped)),
            .init("rejected", JSON(outcome?.rejected)), .init("lost_controls", JSON(outcome?.lostControls)),
            .init("accuracy", JSON(outcome?.heldOutAccuracy)), .init("loss", JSON(outcome?.heldOutLoss)),
            .init("federated_accuracy", JSON(outcome?.federatedAccuracy)), .init("federated_loss", JSON(outcome?.federatedLoss)),
            .init("bytes_up", JSON(outcome?.bytesUp)), .init("bytes_down", JSON(outcome?.bytesDown)),
            .init("aggregate_ms", JSON(outcome?.aggregateMilliseconds)), .init("seconds", JSON(outcome?.seconds)),
            .init("secure", Self.secure(outcome?.secure)), .init("epsilon", JSON(outcome?.epsilon)),
            .init("ended_at", JSON(outcome.map { timestamp($0.endedAt.milliseconds) })),
        ])
    }

    /// "45 seconds", "12 minutes", "2.5 hours".
    static func duration(_ seconds: Double) -> String {
        func count(_ value: Double, _ unit: String) -> String {
            let tenths = (value * 10).rounded() / 10
            let text = value >= 10 || tenths == tenths.rounded() ? "\(Int(value.rounded()))" : "\(tenths)"
            return "\(text) \(unit)\(text == "1" ? "" : "s")"
        }
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "unknown" }
        if seconds < 1 { return "less than a second" }
        if seconds < 90 { return count(seconds, "second") }
        return seconds < 5400 ? count(seconds / 60, "minute") : count(seconds / 3600, "hour")
    }

    private func blockers(_ blockers: [Blocker]) -> JSON {
        .array(blockers.map { ["what": .string($0.what), "asked": JSON($0.asked), "have": JSON($0.have), "fix": .string($0.fix)] })
    }
}
