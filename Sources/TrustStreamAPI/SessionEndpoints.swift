internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import Platform
internal import StrictJSON

extension TrustStream {
    static let sessionsPath = "/federated-learning/sessions"
    private static let session = sessionsPath + "/{session_id}"
    private static let octets = "application/octet-stream"

    private static let after = Query<Int>("after", .whole(0...100_000), usual: 0, note: "rounds behind this one")
    private static let limit = Query<Int>("limit", .whole(1...1000), usual: 100, note: "rounds in one reply")
    private static let label = Query<String>("label", Bounds(count: Bounds.textBytes), note: "the label's column: its name or number; usually the last")
    private static let round = Query<Int>("round", .whole(0...100_000), note: "the model of this round; usually the one the session gives away")
    private static let format = Query<CardFormat>("format", usual: "json", note: "of the reply")
    private static let testSet = ["text/csv", "text/plain", octets]

    enum CardFormat: String, ChoiceValue { case json, markdown }

    /// What who administers sessions does with them, and what everybody in one may read of it.
    static func sessions(_ service: any FederatedLearning) -> [Endpoint] { planning(service) + reading(service) + steering(service) + files(service) }

    private static func planning(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", sessionsPath, "sessions.create", .tenant(.federatedLearning), "Plans a session; it begins when its clients have joined.",
                reads: SessionBody.self, atMost: Limits.jsonBytes, tells: CreatedFacts.self, status: 201, refuses: [501],
                headers: { [(name: "location", value: path($0.id, ""))] }
            ) { request, sent throws(ServiceError) in
                let (tenant, actor) = (try tenant(request), try actor(request))
                let asked = try SessionRequest(sent)
                sent.notices = asked.notices
                let created = try await calling { () async throws(FederationFailure) in
                    try await service.createSession(asked.spec, tenant: tenant, by: actor)
                }
                return CreatedFacts(created: created, request: request)
            },
            Endpoint(
                "GET", sessionsPath, "sessions.list", .tenantOrNode(.federatedLearning), "The tenant's sessions.", tells: SessionList.self
            ) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let views = try await calling { () async throws(FederationFailure) in try await service.sessions(tenant: tenant) }
                return SessionList(sessions: views.map { Listed(SessionFacts($0)) })
            },
        ]
    }

    private static func reading(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("GET", session, "sessions.status", .member(.federatedLearning), "A session as it is now.", tells: SessionFacts.self) {
                request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                return SessionFacts(try await calling { () async throws(FederationFailure) in try await service.status(id, tenant: tenant) })
            },
            Endpoint(
                "GET", session + "/rounds", "sessions.rounds", .member(.federatedLearning), "The session's rounds, in pages.",
                query: [after.field, limit.field],
                tells: RoundList.self
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                let (after, limit) = (try after(request) ?? 0, try limit(request) ?? 100)
                let isText = try await calling { () async throws(FederationFailure) in
                    try await service.status(id, tenant: tenant).record.spec.task == .language
                }
                let rounds = try await calling { () async throws(FederationFailure) in
                    try await service.rounds(id, tenant: tenant, after: after, limit: limit)
                }
                return RoundList(session: id, rounds: rounds.map { RoundFacts(record: $0, isText: isText) })
            },
        ]
    }

    private static func steering(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", session + "/start", "sessions.start", .tenant(.federatedLearning), "Begins with the clients that have joined.",
                reads: NoFields.self, atMost: Limits.emptyBytes, tells: SessionFacts.self
            ) { request, _ throws(ServiceError) in
                let (id, tenant, actor) = (request.parameter("session_id"), try tenant(request), try actor(request))
                return SessionFacts(
                    try await calling { () async throws(FederationFailure) in try await service.start(id, tenant: tenant, by: actor) })
            },
            Endpoint(
                "POST", session + "/stop", "sessions.stop", .tenant(.federatedLearning), "Ends the session with the model it has.",
                reads: NoFields.self, atMost: Limits.emptyBytes, tells: SessionFacts.self
            ) { request, _ throws(ServiceError) in
                let (id, tenant, actor) = (request.parameter("session_id"), try tenant(request), try actor(request))
                return SessionFacts(
                    try await calling { () async throws(FederationFailure) in
                        try await service.stop(id, tenant: tenant, reason: "stopped by the operator", by: actor)
                    })
            },
        ]
    }

    private static func files(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "PUT", session + "/evaluation", "sessions.evaluation", .tenant(.federatedLearning), "The labelled rows that models are measured on.",
                query: [label.field], takes: .bytes(testSet[0], or: Array(testSet.dropFirst())), atMost: Limits.evaluationBytes, tells: SessionName.self
            ) { request throws(ServiceError) in
                let (id, tenant, actor) = (request.parameter("session_id"), try tenant(request), try actor(request))
                let label = request.query("label")
                if let label, !Bounds.textBytes.contains(label.utf8.count) {
                    throw .invalid(field: "label", issue: "must be a column's name or number, 1 to 256 bytes", provided: .string(label))
                }
                let csv = try await request.content(testSet, as: "the labelled rows as CSV")
                try await calling { () async throws(FederationFailure) in
                    try await service.setEvaluation(id, tenant: tenant, csv: csv, label: label, by: actor)
                }
                return SessionName(id: id)
            },
            Endpoint(
                "PUT", session + "/initial-model", "sessions.initial_model", .tenant(.federatedLearning),
                "The model that a session waits for that was made with initial_model.upload.", takes: .bytes(octets), atMost: Limits.updateBytes,
                tells: SessionName.self
            ) { request throws(ServiceError) in
                let (id, tenant, actor) = (request.parameter("session_id"), try tenant(request), try actor(request))
                let file = try await request.content([octets], as: "the model as a safetensors file", takesUnsaid: true)
                if let format = Upload.foreignFormat(file) {
                    throw .unsupportedMediaType("this is \(format), which is not read here; send a safetensors file")
                }
                try await calling { () async throws(FederationFailure) in try await service.setInitialModel(id, tenant: tenant, file: file, by: actor) }
                return SessionName(id: id)
            },
            Endpoint(
                "GET", session + "/receipt", "sessions.receipt", .member(.federatedLearning), "What the session did, signed.", tells: ReceiptFacts.self
            ) { request throws(ServiceError) in
                // A node of the tenant that is not in the session has nothing to answer for there.
                let (id, tenant) = (request.parameter("session_id"), try await member(request, service).tenant)
                let receipt = try await calling { () async throws(FederationFailure) in try await service.receipt(id, tenant: tenant) }
                // Who else is in the session is for who administers it to know.
                return ReceiptFacts(id: id, text: receipt.text, roster: administers(request) ? RosterForm(receipt.roster) : nil)
            },
            Endpoint(
                "GET", session + "/model-card", "sessions.model_card", .tenant(.federatedLearning),
                contract: Contract(
                    "What is known of a model, as JSON or for people.", query: [round.field, format.field],
                    replies: [(200, .json(Reply<CardFacts>.shape)), (200, .bytes("text/markdown"))], refusals: [409])
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let (round, format) = (try round(request), try cardFormat(request))
                let card = try await calling { () async throws(FederationFailure) in try await service.modelCard(id, tenant: tenant, round: round) }
                if format == .markdown { return APIReply(200, .bytes(Array(card.markdown.utf8), type: "text/markdown; charset=utf-8")) }
                let notices = Notices(request.notices(query: ["round", "format"]))
                return .json(Reply(facts: CardFacts(id: id, card: CardForm(card.json)), notices: notices).json)
            },
        ]
    }

    private static func cardFormat(_ request: APIRequest) throws(ServiceError) -> CardFormat {
        guard let text = request.query("format") else { return .json }
        guard let format = CardFormat(rawValue: text) else { throw .invalid(field: "format", issue: "must be json or markdown", provided: .string(text)) }
        return format
    }
}
