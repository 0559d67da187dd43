internal import APIKit
internal import Federation
internal import FederationService
internal import StrictJSON

extension TrustStream {
    private static let session = sessionsPath + "/{session_id}"

    /// What a client does in a session.
    static func rounds(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("POST", session + "/join", "sessions.join", .open, rate: .admission, bodyLimitBytes: Limits.jsonBytes) { request throws(ServiceError) in
                let asked = try JoinBody(try await request.object(), request.peer)
                let id = request.parameter("session_id")
                let joined: JoinedSession
                do throws(ServiceError) {
                    joined = try await calling { () async throws(FederationFailure) in try await service.join(id, asked.application) }
                } catch { throw asked.asSent(error) }
                return .json(SessionViews(request: request).joined(joined, cap: asked.application.request.maxPrivacyBudget, notices: asked.notices))
            },
            Endpoint("GET", session + "/weights", "sessions.weights", .member, rate: .federation) { request throws(ServiceError) in
                try await weights(request, service)
            },
            Endpoint("GET", session + "/control", "sessions.control", .member, rate: .federation) { request throws(ServiceError) in
                let id = request.parameter("session_id")
                let member = try await member(request, service)
                guard let round = try request.wholeQuery("round", 1...100_000) else {
                    throw .invalid(field: "round", issue: "is missing; a round's start names the path", provided: nil)
                }
                let held = request.list("if-none-match").flatMap { EntityTags($0) }
                let served = try await calling { () async throws(FederationFailure) in
                    try await service.control(id, member: member, round: round, isHeld: { held?.contains($0) ?? false })
                }
                let headers = [(name: "etag", value: "\"\(served.digest)\"")]
                guard let bytes = served.bytes else { return APIReply(304, headers: headers, .empty) }
                return APIReply(200, headers: headers, .bytes(bytes, type: "application/octet-stream"))
            },
            Endpoint("POST", session + "/update", "sessions.update", .client, rate: .federation, bodyLimitBytes: Limits.updateBytes) {
                request throws(ServiceError) in
                try await update(request, service)
            },
            Endpoint("POST", session + "/heartbeat", "sessions.heartbeat", .client, rate: .federation, bodyLimitBytes: Limits.emptyBytes) {
                request throws(ServiceError) in
                let id = request.parameter("session_id")
                let member = try await member(request, service)
                let notices = try await noticesOfBody(request)
                let reply = try await calling { () async throws(FederationFailure) in try await service.heartbeat(id, member: member) }
                return .json([
                    "success": true, "session_id": .string(id), "status": .string(reply.status.rawValue), "current_round": JSON(reply.round),
                    "open_round": JSON(reply.open?.round), "open_attempt": JSON(reply.open?.attempt), "model_sha256": JSON(reply.model),
                    "notices": .array(notices),
                ])
            },
            // The gateway takes upgrades before they come here.
            Endpoint("GET", session + "/socket", "sessions.socket", .client, rate: .federation) { request throws(ServiceError) in
                _ = try await member(request, service)
                throw .upgradeRequired("This is the session's control channel; connect to it as a WebSocket (wss)")
            },
        ]
    }

    private static func weights(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> APIReply {
        let id = request.parameter("session_id")
        let member = try await member(request, service)
        let round = try request.wholeQuery("round", 0...100_000)
        let held = request.list("if-none-match").flatMap { EntityTags($0) }
        let served = try await calling { () async throws(FederationFailure) in
            try await service.weights(id, member: member, round: round, isHeld: { held?.contains($0) ?? false })
        }
        var headers = [(name: "etag", value: "\"\(served.digest)\""), (name: "tutti-model-round", value: "\(served.round)")]
        if let open = served.open {
            headers += [(name: "tutti-open-round", value: "\(open.round)"), (name: "tutti-open-attempt", value: "\(open.attempt)")]
        }
        guard let bytes = served.bytes else { return APIReply(304, headers: headers, .empty) }
        return APIReply(200, headers: headers, .bytes(bytes, type: "application/octet-stream"))
    }

    private static func update(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> APIReply {
        let id = request.parameter("session_id")
        let member = try await member(request, service)
        var header = UpdateHeader(
            round: try request.wholeQuery("round", 1...100_000), attempt: try request.wholeQuery("attempt", 1...1_000_000),
            samples: try request.wholeQuery("samples", 0...1_000_000_000_000).map(Int64.init))
        if let kind = request.query("kind") {
            guard let known = UpdateHeader.Kind(rawValue: kind) else {
                throw .invalid(field: "kind", issue: "must be delta or weights", provided: .string(kind))
            }
            header.kind = known
        }
        try await calling { [header] () async throws(FederationFailure) in try await service.admitUpdate(id, member: member, header) }
        let limit = try await calling { () async throws(FederationFailure) in try await service.updateLimit(id, member: member) }
        guard let limit else { throw .conflict("the model is not decided yet", retryAfterSeconds: 1) }
        let upload = try await Upload(request, limit: limit)
        let receipt = try await calling { [header] () async throws(FederationFailure) in
            try await service.update(id, member: member, header, body: upload.body, wireBytes: upload.wireBytes)
        }
        return .json([
            "success": true, "session_id": .string(id), "round": JSON(receipt.round), "attempt": JSON(receipt.attempt),
            "sha256": .string(receipt.digest), "already_stored": .bool(receipt.again),
            "notices": .array(request.notices(query: ["round", "attempt", "samples", "kind"])),
        ])
    }
}
