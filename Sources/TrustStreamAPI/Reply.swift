internal import APIKit
internal import Federation
internal import StrictJSON

/// What every reply of this family is: `success`, what was asked for, and what of the request had no effect.
struct Reply<Facts: Described>: Described {
    static var name: String { Facts.name + "Reply" }
    var facts: Facts
    var notices: Notices
    private var success: Bool { true }

    static var fields: [FieldOf<Reply>] {
        FieldLists.of(Reply.self) {
            [FieldOf("success", \.success, .fixed)] + Facts.fields.map { $0.of(\.facts) } + [FieldOf("notices", \.notices, .rule("notices"))]
        }
    }
}

/// An element of a list that says `success` as if it were a reply.
struct Listed<Facts: Described>: Described {
    static var name: String { "Listed" + Facts.name }
    var facts: Facts
    private var success: Bool { true }

    init(_ facts: Facts) { self.facts = facts }

    static var fields: [FieldOf<Listed>] {
        FieldLists.of(Listed.self) { [FieldOf("success", \.success, .fixed)] + Facts.fields.map { $0.of(\.facts) } }
    }
}

extension Endpoint {
    typealias Headers<Facts> = @Sendable (Facts) -> [(name: String, value: String)]

    /// An endpoint that reads a JSON object and tells facts.
    init<Body: DescribedRequest, Facts: Described>(
        _ method: String, _ path: String, _ operation: String, _ access: Access, rate: RateClass = .family, _ summary: String,
        reads: Body.Type, atMost limitBytes: Int, tells: Facts.Type, status: Int = 200, refuses: [Int] = [], headers: @escaping Headers<Facts> = { _ in [] },
        _ handler: @escaping @Sendable (APIRequest, inout Sent<Body>) async throws(ServiceError) -> Facts
    ) {
        self.init(
            method, path, operation, access, rate: rate, bodyLimitBytes: limitBytes,
            contract: Contract(summary, request: .json(Body.shape), replies: [(status, .json(Reply<Facts>.shape))], refusals: refuses)
        ) { request throws(ServiceError) in
            var sent = try await request.sent(Body.self)
            let facts = try await handler(request, &sent)
            return APIReply(status, headers: headers(facts), .json(Reply(facts: facts, notices: Notices(sent.notices)).json))
        }
    }

    /// An endpoint that takes no body, or bytes, and tells facts.
    init<Facts: Described>(
        _ method: String, _ path: String, _ operation: String, _ access: Access, rate: RateClass = .family, _ summary: String, query: [Field] = [],
        takes: Contract.Content = .none, atMost limitBytes: Int = 0, tells: Facts.Type, refuses: [Int] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws(ServiceError) -> Facts
    ) {
        self.init(
            method, path, operation, access, rate: rate, bodyLimitBytes: limitBytes,
            contract: Contract(summary, query: query, request: takes, replies: [(200, .json(Reply<Facts>.shape))], refusals: refuses)
        ) { request throws(ServiceError) in
            let facts = try await handler(request)
            return .json(Reply(facts: facts, notices: Notices(request.notices(query: query.map(\.name)))).json)
        }
    }
}

/// A session, by its name, when that is all there is to tell.
struct SessionName: Described {
    static let name = "SessionName"
    var id: String
    static let fields = [FieldOf<SessionName>("session_id", \.id, .stored)]
}
