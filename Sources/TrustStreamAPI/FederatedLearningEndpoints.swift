internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import StrictJSON
internal import Wire

extension TrustStream {
    private static let sessions = "/federated-learning/sessions"

    static func federatedLearning(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("POST", sessions, "sessions.create", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let asked = try SessionRequest(try await request.object())
                let created = try await calling { () async throws(FederationFailure) in try await service.createSession(asked.spec, tenant: tenant) }
                let location = "/api/v4\(sessions)/\(created.view.record.id)"
                return APIReply(201, headers: [(name: "location", value: location)], .json(SessionViews(request: request).created(created, notices: asked.notices)))
            },
            Endpoint("GET", sessions, "sessions.list", .administratorOrNode) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let views = try await calling { () async throws(FederationFailure) in try await service.sessions(tenant: tenant) }
                let shown = SessionViews(request: request)
                return .json(["success": true, "sessions": .array(views.map(shown.status))])
            },
            Endpoint("GET", sessions + "/{session_id}", "sessions.status", .member) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                return .json(SessionViews(request: request).status(try await calling { () async throws(FederationFailure) in try await service.status(id, tenant: tenant) }))
            },
            Endpoint("GET", sessions + "/{session_id}/rounds", "sessions.rounds", .member) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                let after = try request.wholeQuery("after", 0...100_000) ?? 0
                let limit = try request.wholeQuery("limit", 1...1000) ?? 100
                let rounds = try await calling { () async throws(FederationFailure) in try await service.rounds(id, tenant: tenant, after: after, limit: limit) }
                return .json(["success": true, "session_id": .string(id), "rounds": .array(rounds.map(SessionViews(request: request).round))])
            },
            Endpoint("POST", sessions + "/{session_id}/join", "sessions.join", .open) { request throws(ServiceError) in
                try await join(request, service)
            },
            Endpoint("POST", sessions + "/{session_id}/start", "sessions.start", .administrator) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                return .json(SessionViews(request: request).status(try await calling { () async throws(FederationFailure) in try await service.start(id, tenant: tenant) }))
            },
            Endpoint("POST", sessions + "/{session_id}/stop", "sessions.stop", .administrator) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                return .json(
                    SessionViews(request: request).status(
                        try await calling { () async throws(FederationFailure) in try await service.stop(id, tenant: tenant, reason: "stopped by the operator") }))
            },
            Endpoint("PUT", sessions + "/{session_id}/evaluation", "sessions.evaluation", .administrator) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let csv = try await request.body.collect(64 << 20)
                let label = request.query("label")
                try await calling { () async throws(FederationFailure) in try await service.setEvaluation(id, tenant: tenant, csv: csv, label: label) }
                return .json(["success": true, "session_id": .string(id)])
            },
            Endpoint("GET", sessions + "/{session_id}/weights", "sessions.weights", .member) { request throws(ServiceError) in
                try await weights(request, service)
            },
            Endpoint("POST", sessions + "/{session_id}/update", "sessions.update", .member) { request throws(ServiceError) in
                try await update(request, service)
            },
            Endpoint("POST", sessions + "/{session_id}/heartbeat", "sessions.heartbeat", .member) { request throws(ServiceError) in
                let id = request.parameter("session_id")
                let member = try await member(request, service)
                let reply = try await calling { () async throws(FederationFailure) in try await service.heartbeat(id, member: member) }
                return .json([
                    "success": true, "session_id": .string(id), "status": .string(reply.status.rawValue), "current_round": JSON(reply.round),
                    "open_round": JSON(reply.open?.round), "open_attempt": JSON(reply.open?.attempt), "model_sha256": JSON(reply.model),
                ])
            },
        ]
    }

    // MARK: Who

    static func tenant(_ request: APIRequest) throws(ServiceError) -> String {
        guard let tenant = request.caller.tenant else { throw .unauthenticated("the key is not known") }
        return tenant
    }

    private static func tenant(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> String {
        if let tenant = request.caller.tenant { return tenant }
        return try await member(request, service).tenant
    }

    static func member(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> Member {
        let credential: MemberCredential
        switch request.caller {
        case .administrator(let tenant): return Member(tenant: tenant, client: "")
        case .anonymous: throw .unauthenticated("a client certificate or the session's update token is needed")
        case .node(let peer): credential = .certificate(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint)
        case .bearer(let token): credential = .updateToken(token)
        }
        let id = request.parameter("session_id")
        return try await calling { () async throws(FederationFailure) in try await service.member(id, credential: credential) }
    }

    // MARK: Joining

    private static func join(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> APIReply {
        var body = try await request.object()
        guard let client = try body.text("client_id", bytes: 1...128) else { throw .invalid(field: "client_id", issue: "is missing", provided: nil) }
        guard client.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw body.invalid("client_id", "must be printable ASCII without spaces or /")
        }
        var asked = JoinRequest(client: client)
        asked.dataSize = try body.whole("data_size", 0...1_000_000_000_000) ?? 1
        asked.computationCapability = try body.text("computation_capability") ?? "unknown"
        asked.networkBandwidth = try body.text("network_bandwidth") ?? "unknown"
        var notices: [JSON] = []
        if var preferences = try body.object("privacy_preferences") {
            if let cap = try preferences.number("max_privacy_budget") {
                guard cap >= 0.01, cap <= 10 else { throw preferences.invalid("max_privacy_budget", "must be 0.01 to 10") }
                asked.maxPrivacyBudget = cap
            }
            asked.dataMinimization = try preferences.flag("data_minimization") ?? false
            notices += preferences.notices
        }
        if let schema = body.raw("data_schema") {
            do { asked.schema = try DataSchema(json: schema) } catch { throw .invalid(field: error.field, issue: error.issue, provided: nil) }
        }
        var application = JoinApplication(clientID: client, request: asked)
        application.registrationToken = try body.text("registration_token")
        if let peer = request.peer { application.certificate = (peer.tenant, peer.client, peer.fingerprint) }
        notices += body.notices
        let id = request.parameter("session_id")
        let joined = try await calling { [application] () async throws(FederationFailure) in try await service.join(id, application) }
        return .json(SessionViews(request: request).joined(joined, notices: notices))
    }

    // MARK: Bulk

    private static func weights(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> APIReply {
        let id = request.parameter("session_id")
        let member = try await member(request, service)
        let round = try request.wholeQuery("round", 0...100_000)
        let known = request.header("if-none-match").map { $0.filter { $0 != "\"" } }
        let served = try await calling { () async throws(FederationFailure) in try await service.weights(id, member: member, round: round, ifNoneMatch: known) }
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
            guard let known = UpdateHeader.Kind(rawValue: kind) else { throw .invalid(field: "kind", issue: "must be delta or weights", provided: kind) }
            header.kind = known
        }
        try await calling { [header] () async throws(FederationFailure) in try await service.admitUpdate(id, member: member, header) }
        let limit = try await calling { () async throws(FederationFailure) in try await service.updateLimit(id, member: member) }
        guard let limit else { throw .conflict("the model is not decided yet", retryAfterSeconds: 1) }
        let wire = try await request.body.collect(limit)
        let body = try decoded(wire, request.header("content-encoding"), limit: limit)
        let receipt = try await calling { [header] () async throws(FederationFailure) in
            try await service.update(id, member: member, header, body: body, wireBytes: wire.count)
        }
        return .json([
            "success": true, "session_id": .string(id), "round": JSON(receipt.round), "attempt": JSON(receipt.attempt),
            "sha256": .string(receipt.digest), "already_stored": .bool(receipt.again),
        ])
    }
}

private func decoded(_ wire: [UInt8], _ encoding: String?, limit: Int) throws(ServiceError) -> [UInt8] {
    switch encoding {
    case nil, "identity": return wire
    case BulkCodec.contentEncoding:
        do { return try BulkCodec.decompress(wire, limit: limit) } catch {
            throw .unprocessable(field: "body", issue: error.description, provided: nil)
        }
    case .some(let other):
        throw .unsupportedMediaType("Content-Encoding '\(other.prefix(40))' is not known; send identity or \(BulkCodec.contentEncoding)")
    }
}
