internal import APIKit
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Platform
internal import StrictJSON

extension FuzzTarget {
    static let requests = FuzzTarget(
        "requests", feeds: "requests to the described families and the console: targets, headers, JSON, forms, cookies, as a caller or nobody",
        maximumBytes: 4096,
        words: [
            "POST /api/v1/", "GET /api/v2/", "PUT ", "DELETE ", "/v1/auth/token", "/console/sign-in", "caller: tenant\n", "caller: platform\n",
            "content-type: application/x-www-form-urlencoded\n", "content-type: application/json\n", "authorization: Basic ", "authorization: Bearer ",
            "x-api-key: ",
            "idempotency-key: k\n", "x-tenant-id: ", "cookie: __Host-tutti=", Desk.cookie, "; ", "csrf=", "key=", "&", "=", "%2", "+",
            "sec-fetch-site: same-origin\n",
            "origin: https://h:1\n", "grant_type=client_credentials", "client_secret=", "\"url\":\"https://", "\"events\":[\"job.completed\"]",
            "\"type\":\"report\"",
            "\"tier\":\"", "\"name\":\"", "\"scopes\":[", "\"expires_in\":", "null", "9223372036854775807", "\\u0000", "1e308",
        ],
        seeds: { samples.map { Seed($0.key, $0.value) } },
        check: { bytes in
            let asked = Asked(bytes)
            guard let request = asked.request else { return }
            try OwnThread.run {
                let desk = try await Desk(request.path)
                guard let family = desk.family else { return }
                let reply = await family.respond(to: request, authenticator: Known(caller: asked.caller)).reply
                try expectReply(reply, asked)
                if asked.caller == .anonymous, let endpoint = family.endpoint(method: request.method, path: request.path), endpoint.access != .open {
                    try expect(reply.status >= 400, "nobody is let in")
                }
                if family.name != .v4 { try await expectOnce(family, request, asked, reply) }
                try desk.judge(request, reply)
            }
        })

    /// What holds of every reply, whatever was asked.
    private static func expectReply(_ reply: APIReply, _ asked: Asked) throws {
        try expect(reply.cause == nil && reply.status != 500, "an error of ours: \(reply.cause ?? "500")")
        try expect((200...599).contains(reply.status), "status \(reply.status)")
        for (name, value) in reply.headers {
            try expect(!(name + value).unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "the header \(name) breaks its line")
        }
        let body: [UInt8]
        switch reply.body {
        case .empty: body = []
        case .bytes(let bytes, _): body = bytes
        // What is in it is looked at nowhere before it is sent.
        case .stream: body = []
        case .json(let json):
            body = json.encoded()
            let again: JSON
            do { again = try JSON(parsing: body) } catch { throw FuzzFailure("a reply that is no JSON: \(error)") }
            try expect(again == json, "a reply is read back as another")
        }
        guard reply.status >= 400 else { return }
        try expect(body.count <= 32 << 10, "an error of \(body.count) bytes")
        let text = String(decoding: body, as: UTF8.self)
        for secret in asked.secrets { try expect(!text.contains(secret), "an error repeats a secret") }
    }

    /// The same key again gets the same reply, and nothing is done.
    private static func expectOnce(_ family: Family, _ request: APIRequest, _ asked: Asked, _ first: APIReply) async throws {
        guard request.method == "POST", request.header("idempotency-key") != nil, asked.caller != .anonymous, (200..<300).contains(first.status),
            family.endpoint(method: "POST", path: request.path)?.rate == .family
        else { return }
        let again = await family.respond(to: request, authenticator: Known(caller: asked.caller)).reply
        try expect(again.status == first.status && bytes(again) == bytes(first), "the same call is made twice")
        try expect(again.headers.contains { $0.name == "idempotency-replayed" }, "a reply that was kept does not say so")
    }

    private static func bytes(_ reply: APIReply) -> [UInt8] {
        switch reply.body {
        case .empty: []
        case .json(let json): json.encoded()
        case .bytes(let bytes, _): bytes
        case .stream: []
        }
    }

    private static let samples: KeyValuePairs<String, String> = [
        "key": "POST /api/v1/auth/generate-key\ncaller: tenant\ncontent-type: application/json\n\n"
            + #"{"name":"k","scopes":["analytics","webhooks"],"expires_in":3600,"rate_limit":100}"#,
        "tenant": "POST /api/v1/tenants/create\ncaller: platform\ncontent-type: application/json\nidempotency-key: a\n\n"
            + #"{"name":"Acme","tier":"enterprise","admin_email":"a@example.org","features":["quantum"],"security":{"encryption_level":"quantum_safe"}}"#,
        "webhook": "POST /api/v1/webhooks/configure\ncaller: tenant\ncontent-type: application/json\nidempotency-key: b\n\n"
            + #"{"url":"https://hooks.example.org/a","events":["job.completed"],"secret":"a secret of some length","retry_policy":{"max_retries":3,"retry_delay":5}}"#,
        "hooks": "POST /api/v2/webhooks\ncaller: platform\ncontent-type: application/json\n\n"
            + #"{"url":"https://[::ffff:127.0.0.1]/","events":["model.loaded"]}"#,
        "job": "POST /api/v2/jobs\ncaller: tenant\ncontent-type: application/json\nidempotency-key: c\n\n"
            + #"{"type":"report","config":{"a":[1,2,{"b":null}]},"schedule":"2027-01-31T12:00:00Z","priority":"high"}"#,
        "jobs": "GET /api/v2/jobs?status=queued&limit=5\ncaller: tenant\n\n",
        "login": "POST /api/v2/auth/login\ncontent-type: application/json\n\n" + #"{"username":"nobody","password":"a password of nobody"}"#,
        "refresh": "POST /api/v2/auth/refresh\ncontent-type: application/json\n\n" + #"{"refresh_token":"tr_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
        "stop": "POST /api/v2/ops/services/stop\ncaller: platform\ncontent-type: application/json; charset=utf-8\n\n" + #"{"service":"reports","timeout":10}"#,
        "token-form": "POST /v1/auth/token\ncontent-type: application/x-www-form-urlencoded\n\n"
            + "grant_type=client_credentials&client_id=oc_1&client_secret=a+secret%21+of+length&scope=models+jobs",
        "token-basic":
            "POST /v1/auth/token\nauthorization: Basic b2NfMTphJTIwc2VjcmV0\ncontent-type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials",
        "token-json": "POST /v1/auth/token\ncontent-type: application/json\n\n"
            + #"{"client_id":"oc_1","client_secret":"a secret of length","grant_type":"client_credentials"}"#,
        "audit": "GET /api/v1/security/audit-log?start_date=2026-01-01T00:00:00Z&severity=high&limit=10\ncaller: tenant\n\n",
        "other-tenant": "GET /api/v1/tenants/acme/status\ncaller: tenant\nx-tenant-id: acme\n\n",
        "sign-in": "POST /console/sign-in\nsec-fetch-site: same-origin\ncontent-type: application/x-www-form-urlencoded\n\nkey=\(Desk.key)",
        "page": "GET /\ncookie: a=b; __Host-tutti=\(Desk.cookie)\n\n",
        "refresh-page": "GET /\ncookie: __Host-tutti=\(Desk.cookie)\ntutti-refresh: 1\n\n",
        "act": "POST /console/act\nsec-fetch-site: same-origin\norigin: https://h:1\ncookie: __Host-tutti=\(Desk.cookie)\n"
            + "content-type: application/x-www-form-urlencoded\n\ncsrf=\(Desk.csrf)",
        "act-from-elsewhere": "POST /console/act\norigin: https://evil.example\ncookie: __Host-tutti=\(Desk.cookie)\n"
            + "content-type: application/x-www-form-urlencoded\n\ncsrf=\(Desk.csrf)",
        "sign-out":
            "POST /console/sign-out\norigin: https://h:1\ncookie: __Host-tutti=\(Desk.cookie)\ncontent-type: application/x-www-form-urlencoded\n\ncsrf=\(Desk.csrf)",
    ]
}

/// Says who calls, whatever the request is.
struct Known: Authenticator {
    var caller: Caller
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { caller }
}
