internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import StrictJSON

extension TrustStream {
    static let sessionsPath = "/federated-learning/sessions"
    private static let session = sessionsPath + "/{session_id}"

    /// What the administrator does with sessions, and what everybody in one may read of it.
    static func sessions(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("POST", sessionsPath, "sessions.create", .administrator, bodyLimitBytes: Limits.jsonBytes) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let asked = try SessionRequest(try await request.object())
                let created = try await calling { () async throws(FederationFailure) in try await service.createSession(asked.spec, tenant: tenant) }
                let location = "\(base)\(sessionsPath)/\(created.view.record.id)"
                let shown = SessionViews(request: request).created(created, notices: asked.notices)
                return APIReply(201, headers: [(name: "location", value: location)], .json(shown))
            },
            Endpoint("GET", sessionsPath, "sessions.list", .administratorOrNode) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let views = try await calling { () async throws(FederationFailure) in try await service.sessions(tenant: tenant) }
                let shown = SessionViews(request: request)
                return .json(["success": true, "sessions": .array(views.map { shown.status($0) })])
            },
            Endpoint("GET", session, "sessions.status", .member) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                let view = try await calling { () async throws(FederationFailure) in try await service.status(id, tenant: tenant) }
                return .json(SessionViews(request: request).status(view))
            },
            Endpoint("GET", session + "/rounds", "sessions.rounds", .member) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try await tenant(request, service))
                let after = try request.wholeQuery("after", 0...100_000) ?? 0
                let limit = try request.wholeQuery("limit", 1...1000) ?? 100
                let rounds = try await calling { () async throws(FederationFailure) in
                    try await service.rounds(id, tenant: tenant, after: after, limit: limit)
                }
                let shown = SessionViews(request: request)
                return .json([
                    "success": true, "session_id": .string(id), "rounds": .array(rounds.map { shown.round($0) }),
                    "notices": .array(request.notices(query: ["after", "limit"])),
                ])
            },
            Endpoint("POST", session + "/start", "sessions.start", .administrator, bodyLimitBytes: Limits.emptyBytes) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let notices = try await noticesOfBody(request)
                let view = try await calling { () async throws(FederationFailure) in try await service.start(id, tenant: tenant) }
                return .json(SessionViews(request: request).status(view, notices: notices))
            },
            Endpoint("POST", session + "/stop", "sessions.stop", .administrator, bodyLimitBytes: Limits.emptyBytes) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let notices = try await noticesOfBody(request)
                let view = try await calling { () async throws(FederationFailure) in
                    try await service.stop(id, tenant: tenant, reason: "stopped by the operator")
                }
                return .json(SessionViews(request: request).status(view, notices: notices))
            },
            Endpoint("PUT", session + "/evaluation", "sessions.evaluation", .administrator, bodyLimitBytes: Limits.evaluationBytes) {
                request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let label = request.query("label")
                if let label, !(1...256).contains(label.utf8.count) {
                    throw .invalid(field: "label", issue: "must be a column's name or number, 1 to 256 bytes", provided: .string(label))
                }
                let csv = try await request.content(["text/csv", "text/plain", "application/octet-stream"], as: "the labelled rows as CSV")
                try await calling { () async throws(FederationFailure) in try await service.setEvaluation(id, tenant: tenant, csv: csv, label: label) }
                return .json(["success": true, "session_id": .string(id), "notices": .array(request.notices(query: ["label"]))])
            },
            Endpoint("PUT", session + "/initial-model", "sessions.initial_model", .administrator, bodyLimitBytes: Limits.updateBytes) {
                request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let file = try await request.content(["application/octet-stream"], as: "the model as a safetensors file")
                if let format = Upload.foreignFormat(file) {
                    throw .unsupportedMediaType("this is \(format), which is not read here; send a safetensors file")
                }
                try await calling { () async throws(FederationFailure) in try await service.setInitialModel(id, tenant: tenant, file: file) }
                return .json(["success": true, "session_id": .string(id), "notices": .array(request.notices(query: []))])
            },
            Endpoint("GET", session + "/receipt", "sessions.receipt", .member) { request throws(ServiceError) in
                // A node of the tenant that is not in the session has nothing to answer for there.
                let (id, tenant) = (request.parameter("session_id"), try await member(request, service).tenant)
                let receipt = try await calling { () async throws(FederationFailure) in try await service.receipt(id, tenant: tenant) }
                // Who else is in the session is the administrator's to know.
                let roster: JSON = if case .administrator = request.caller { receipt.roster } else { .null }
                return .json([
                    "success": true, "session_id": .string(id), "receipt": .string(receipt.text), "roster": roster,
                    "notices": .array(request.notices(query: [])),
                ])
            },
            Endpoint("GET", session + "/model-card", "sessions.model_card", .administrator) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("session_id"), try tenant(request))
                let round = try request.wholeQuery("round", 0...100_000)
                let format = request.query("format") ?? "json"
                guard ["json", "markdown"].contains(format) else {
                    throw .invalid(field: "format", issue: "must be json or markdown", provided: .string(format))
                }
                let card = try await calling { () async throws(FederationFailure) in try await service.modelCard(id, tenant: tenant, round: round) }
                if format == "markdown" { return APIReply(200, .bytes(Array(card.markdown.utf8), type: "text/markdown; charset=utf-8")) }
                return .json([
                    "success": true, "session_id": .string(id), "card": card.json, "notices": .array(request.notices(query: ["round", "format"])),
                ])
            },
        ]
    }
}
