internal import APIKit
internal import ClientNode
internal import CoordinatorNode

extension FuzzTarget {
    static let connections = [fields, replies, http, webSocket]

    static let fields = FuzzTarget(
        "http-fields", feeds: "paths, queries, ranges and entity tags of requests", maximumBytes: 1024, share: 0.25,
        words: [
            "%2e%2e", "%2F", "%00", "..", "/./", "?", "&", "=", "bytes=", "-", "W/\"", "\"", ", ", "*", "/api/v4", "/federated-learning/sessions/", "/socket",
        ],
        seeds: {
            [
                Seed("path", "/api/v4/federated-learning/sessions/fl-1/weights?round=3&x=%20y"), Seed("range", "bytes=0-99"), Seed("suffix", "bytes=-5"),
                Seed("tags", "\"abc\", W/\"def\""), Seed("escaped", "/a%20b/c?d=+%2F"),
            ]
        },
        check: { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do { try expectTarget(try RequestTarget(text)) } catch is ServiceError {}
            if case .part(let part) = ByteRange.resolve(text, length: 1000) {
                try expect(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= 1000, "a range that is not there: \(part)")
            }
            if case .tags(let tags)? = EntityTags(text) {
                try expect((1...64).contains(tags.count) && !tags.contains { $0.contains("\"") }, "entity tags that are none")
            }
        })

    /// What a decoded path never is.
    static func expectTarget(_ target: RequestTarget) throws(FuzzFailure) {
        try expect(target.path.hasPrefix("/"), "a path that does not begin with /")
        try expect(!target.path.split(separator: "/").contains { $0 == "." || $0 == ".." }, "a path that climbs")
        try expect(target.query.count <= 64 && Set(target.query.map(\.name)).count == target.query.count, "a query without end, or with a name twice")
        if let path = SessionPath(target.path, bases: ["/api/v4", "/v4"]) { try expect(isName(path.session), "a session's name that is none") }
    }

    static let replies = FuzzTarget(
        "replies", feeds: "the coordinator's replies at the client", maximumBytes: 2048, share: 0.25,
        words: [
            "\"error\":{", "\"code\":\"", "\"message\":\"", "\"details\":{", "\"session_id\":", "\"status\":", "\"model\":{", "\"layers\":[", "\\u001b[2J",
        ],
        seeds: {
            [
                Seed("error", #"{"success":false,"error":{"code":"VALIDATION_ERROR","message":"no","details":{"field":"a","issue":"b"}}}"#),
                Seed(
                    "session",
                    #"{"session_id":"fl-1","status":"waiting","min_clients":3,"model":{"kind":"mlp","layers":[4,8,3]},"secure_aggregation":{"enabled":true,"mode":"x"}}"#
                ),
            ]
        },
        check: { bytes in
            for status in [400, 401, 503] {
                let error = ClientNodeError.reply(status: status, body: bytes, what: "It")
                try expectShort(error)
                try expect(!error.message.unicodeScalars.contains { $0.properties.generalCategory == .control }, "words that move a terminal's cursor")
            }
            do { _ = try CoordinatorClient.read(bytes, as: SessionSummary.self, what: "It") } catch let error as ClientNodeError {
                try expect(error.kind == .version, "a reply that is not understood is called something else")
                try expectShort(error)
            }
        })
}
