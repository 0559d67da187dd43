internal import APIKit
internal import Federation
internal import FederationService
internal import Platform
internal import StrictJSON

extension UpdateHeader.Kind: ChoiceValue {}

extension TrustStream {
    private static let session = sessionsPath + "/{session_id}"
    private static let octets = "application/octet-stream"

    /// What a client does in a session.
    static func rounds(_ service: any FederatedLearning) -> [Endpoint] { joining(service) + models(service) + working(service) }

    private static func joining(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", session + "/join", "sessions.join", .open, rate: .admission, "Makes a client a member of the session; the same again changes nothing.",
                reads: NewMember.self, atMost: Limits.jsonBytes, tells: JoinedFacts.self
            ) { request, sent throws(ServiceError) in
                let asked = try JoinBody(sent, request.peer)
                sent.notices = asked.notices
                let id = request.parameter("session_id")
                let joined: JoinedSession
                do throws(ServiceError) {
                    joined = try await calling { () async throws(FederationFailure) in try await service.join(id, asked.application) }
                } catch { throw asked.asSent(error) }
                let facts = JoinedFacts(joined: joined, request: request)
                facts.note(&sent.notices, cap: asked.application.request.maxPrivacyBudget)
                return facts
            }
        ]
    }

    private static let weightsRound = Query<Int>("round", .whole(0...100_000), note: "the model of this round; usually the one to train now")
    private static let controlRound = Query<Int>("round", .whole(1...100_000), isRequired: true, note: "as its start names it")

    private static func models(_ service: any FederatedLearning) -> [Endpoint] {
        let replies: [(status: Int, content: Contract.Content)] = [(200, .bytes(octets)), (304, .none)]
        return [
            Endpoint(
                "GET", session + "/weights", "sessions.weights", .member(.federatedLearning), rate: .federation,
                contract: Contract("A model as a safetensors file; its ETag is its SHA-256.", query: [weightsRound.field], replies: replies, refusals: [409])
            ) { request throws(ServiceError) in
                try await weights(request, service)
            },
            Endpoint(
                "GET", session + "/control", "sessions.control", .member(.federatedLearning), rate: .federation,
                contract: Contract(
                    "The server's control after a round, with algorithm scaffold; its ETag is its SHA-256.", query: [controlRound.field], replies: replies,
                    refusals: [409])
            ) { request throws(ServiceError) in
                let id = request.parameter("session_id")
                let member = try await member(request, service)
                guard let round = try controlRound(request) else {
                    throw .invalid(field: "round", issue: "is missing; a round's start names the path", provided: nil)
                }
                let held = request.list("if-none-match").flatMap { EntityTags($0) }
                let served = try await calling { () async throws(FederationFailure) in
                    try await service.control(id, member: member, round: round, isHeld: { held?.contains($0) ?? false })
                }
                let headers = [(name: "etag", value: "\"\(served.digest)\"")]
                guard let bytes = served.bytes else { return APIReply(304, headers: headers, .empty) }
                return APIReply(200, headers: headers, .bytes(bytes, type: octets))
            },
        ]
    }

    private static func weights(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> APIReply {
        let id = request.parameter("session_id")
        let member = try await member(request, service)
        let round = try weightsRound(request)
        let held = request.list("if-none-match").flatMap { EntityTags($0) }
        let served = try await calling { () async throws(FederationFailure) in
            try await service.weights(id, member: member, round: round, isHeld: { held?.contains($0) ?? false })
        }
        var headers = [(name: "etag", value: "\"\(served.digest)\""), (name: "tutti-model-round", value: "\(served.round)")]
        if let open = served.open {
            headers += [(name: "tutti-open-round", value: "\(open.round)"), (name: "tutti-open-attempt", value: "\(open.attempt)")]
        }
        guard let bytes = served.bytes else { return APIReply(304, headers: headers, .empty) }
        return APIReply(200, headers: headers, .bytes(bytes, type: octets))
    }

    private static let updateRound = Query<Int>("round", .whole(1...100_000), note: "usually as the file says; so are the others")
    private static let attempt = Query<Int>("attempt", .whole(1...1_000_000), note: "of the round")
    private static let samples = Query<Int64>("samples", Bounds(range: 0...1e12), note: "rows that were trained on")
    private static let kind = Query<UpdateHeader.Kind>("kind", note: "a difference to the model, or a model")
    private static let updateQuery = [updateRound.field, attempt.field, samples.field, kind.field]

    private static func working(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", session + "/update", "sessions.update", .client, rate: .federation, "Hands an update in, as a safetensors file.",
                query: updateQuery, takes: .bytes(octets), atMost: Limits.updateBytes, tells: UpdateFacts.self
            ) { request throws(ServiceError) in
                try await update(request, service)
            },
            Endpoint(
                "POST", session + "/heartbeat", "sessions.heartbeat", .client, rate: .federation, "Says that the client is there, and asks how things are.",
                reads: NoFields.self, atMost: Limits.emptyBytes, tells: HeartbeatFacts.self
            ) { request, _ throws(ServiceError) in
                let id = request.parameter("session_id")
                let member = try await member(request, service)
                return HeartbeatFacts(
                    id: id, reply: try await calling { () async throws(FederationFailure) in try await service.heartbeat(id, member: member) })
            },
            // The gateway takes upgrades before they come here.
            Endpoint(
                "GET", session + "/socket", "sessions.socket", .client, rate: .federation,
                contract: Contract("The control channel: a WebSocket. What is no upgrade is answered 426.", replies: [(426, .json(ErrorBody.shape))])
            ) { request throws(ServiceError) in
                _ = try await member(request, service)
                throw .upgradeRequired("This is the session's control channel; connect to it as a WebSocket (wss)")
            },
        ]
    }

    private static func update(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> UpdateFacts {
        let id = request.parameter("session_id")
        let member = try await member(request, service)
        var header = UpdateHeader(round: try updateRound(request), attempt: try attempt(request), samples: try samples(request))
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
        return UpdateFacts(
            id: id,
            receipt: try await calling { [header] () async throws(FederationFailure) in
                try await service.update(id, member: member, header, body: upload.body, wireBytes: upload.wireBytes)
            })
    }
}
