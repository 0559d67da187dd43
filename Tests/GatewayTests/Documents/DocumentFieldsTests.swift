import CoordinatorNode
import Foundation
import Logging
import NIOHTTP1
import Platform
import StrictJSON
import Testing

/// Every documented field of the requests to what is built: what it does, shown by what comes of another value. (`/api/v4` has its own.)
@Suite struct DocumentFieldsTests {
    private static let families = ["enterprise", "aisemble", "phi"]

    /// Names of all fields that a document shows in a request: members of the body, `a.b` for those in an object, and parameters.
    static func documented(_ example: DocumentedExample) -> Set<String> {
        func names(_ json: JSON, _ place: String) -> [String] {
            (json.members ?? []).flatMap { [place + $0.name] + names($0.value, place + $0.name + ".") }
        }
        return Set((example.request.map { names($0.body, "") } ?? []) + example.query.map(\.name) + example.choices.map(\.name))
    }

    @Test func everyFieldDoesWhatItsRowSays() async throws {
        try await DocumentedCoordinator.serving { live in
            let texts = try await prepare(live)
            let trials = try FieldTrials.all
            var rows = Set(trials.map(\.key))
            var tried = 0
            for family in try DocumentedFamily.all where Self.families.contains(family.name) {
                let description = try await DocumentExamplesTests.description(family, live)
                let byKey = Dictionary(uniqueKeysWithValues: trials.map { ($0.key, $0) })
                for example in family.examples where example.origin == "reference" {
                    let operation = try #require(description.operation(example))
                    let fields = Self.documented(example)
                    guard ServedDescription.isBuilt(operation), !fields.isEmpty else { continue }
                    rows.remove(example.key)
                    guard let row = byKey[example.key] else {
                        Issue.record("\(example.key) has no rows for \(fields.sorted().joined(separator: ", "))")
                        continue
                    }
                    #expect(Set(row.fields.map(\.name)) == fields, "\(example.key): rows that are missing, or of nothing that is documented")
                    for field in row.fields {
                        #expect(!field.does.isEmpty && !field.trials.isEmpty, "\(example.key): \(field.name) is not tried")
                        for trial in field.trials {
                            try await check(trial, field.name, row, example, family, live, texts)
                            tried += 1
                        }
                    }
                }
            }
            #expect(rows.isEmpty, "rows of what is not documented or not built: \(rows.sorted().joined(separator: ", "))")
            print("fields of the documents' requests: \(tried) trials")
        }
    }

    /// A tenant, a user, a client and jobs for the trials.
    private func prepare(_ live: LiveCoordinator) async throws -> [String: String] {
        let scopes = JSON.array(Scope.allCases.map { .string($0.rawValue) })
        let tenant = try await live.admin(.POST, "/api/v1/tenants", ["name": "Trials"])
        let client = try await live.admin(.POST, "/api/v4/identity/oauth-clients", ["name": "trials", "scopes": scopes])
        _ = try await live.admin(.POST, "/api/v4/identity/users", ["name": "your_username", "password": "your_password", "scopes": scopes])
        // Later: it must not have failed before it is cancelled.
        let later = JSON.string(Date(timeIntervalSinceNow: 3600).ISO8601Format())
        let job: JSON = [
            "name": "x", "type": "batch_processing", "service": "nlp", "parameters": ["input_source": "s3://x/"], "scheduled_at": later,
        ]
        let made = try await live.admin(.POST, "/api/v2/jobs", job)
        let cancelled = try await live.admin(.DELETE, "/api/v2/jobs/\(made.json["job_id"]?.text ?? "")")
        try #require(cancelled.status == 200, "\(cancelled.json.encodedText)")
        let file: JSON = ["model_name": "trials", "framework": "other", "version": "1", "storage_url": "s3://x/y"]
        let model = try #require(try await live.admin(.POST, "/v1/models/register", file).json["model_id"]?.text)
        let deployment = try await live.admin(.POST, "/v1/models/deploy", ["model_id": .string(model)])
        return [
            "$model": model, "model_001": model, "deploy_12345": try #require(deployment.json["deployment_id"]?.text),
            "$tenant": try #require(tenant.json["tenant_id"]?.text), "your_tenant_id": "default",
            "your-client-id": try #require(client.json["client_id"]?.text), "your-client-secret": try #require(client.json["client_secret"]?.text),
        ]
    }

    private func check(
        _ trial: FieldTrials.Trial, _ field: String, _ row: FieldTrials, _ example: DocumentedExample, _ family: DocumentedFamily,
        _ live: LiveCoordinator, _ texts: [String: String]
    ) async throws {
        let place = "\(example.key), \(field): \(trial.text)"
        let isQuery = example.method == "GET"
        var body = isQuery ? JSON.object(example.query.map { .init($0.name, .string($0.value)) }) : example.request?.body ?? .object([])
        func known(_ value: JSON) -> JSON? { value == .null ? nil : value }
        for member in row.base { body = body.with(member.name, known(member.value)) }
        for member in trial.also { body = body.with(member.name, known(member.value)) }
        if trial.isLeftOut { body = body.with(field, nil) } else if let send = trial.send { body = body.with(field, send) }
        body = body.substituting(texts)
        let query = isQuery ? (body.members ?? []).map { "\($0.name)=\($0.value.text ?? "")" }.joined(separator: "&") : ""
        let path = family.base + filled(example.path, .null, texts) + (query.isEmpty ? "" : "?" + query)
        let isOpen = example.path.hasPrefix("/auth/login") || example.path.hasPrefix("/auth/token")
        func send() async throws -> LiveCoordinator.Reply {
            let isForm = example.request?.type == "multipart/form-data"
            let content = isForm ? DocumentCalls.form(body) : (bytes: body.encoded(), type: "application/json")
            return try await live.call(
                HTTPMethod(rawValue: example.method), path, isQuery ? nil : content.bytes, type: content.type, bearer: isOpen ? nil : live.key)
        }
        func missing(_ wanted: [JSON.Member], in json: JSON) -> [String] {
            wanted.filter { member in
                let found = json.at(member.name.split(separator: ".").map { texts[String($0)] ?? String($0) })
                return !JSON.fits(found, member.value.substituting(texts))
            }.map(\.name)
        }
        var reply = try await send()
        if let refused = trial.refused {
            #expect(reply.status == refused, "\(place): \(reply.status) \(reply.json.encodedText)")
            let details = reply.json["error"]?["details"] ?? reply.json["details"]
            let told = details?["field"]?.text ?? ""
            if refused == 400, !trial.names.isEmpty { #expect(told.hasPrefix(trial.names), "\(place): \(reply.json.encodedText)") }
            return
        }
        // What is logged or counted is there a moment later.
        if isQuery, !missing(trial.reply, in: reply.json).isEmpty {
            reply = try await until(place) {
                let again = try await send()
                return missing(trial.reply, in: again.json).isEmpty ? again : nil
            }
        }
        #expect((200..<300).contains(reply.status), "\(place): \(reply.status) \(reply.json.encodedText)")
        #expect(missing(trial.reply, in: reply.json) == [], "\(place): \(reply.json.encodedText)")
        guard !trial.then.isEmpty else { return }
        let then = try #require(row.then, "\(place) has nothing to ask afterwards")
        let after = try await live.admin(.GET, family.base + filled(then, reply.json, texts))
        #expect(after.status == 200 && missing(trial.then, in: after.json) == [], "\(place): \(after.json.encodedText)")
    }

    /// With ids of a reply, or of what was prepared.
    private func filled(_ path: String, _ reply: JSON, _ texts: [String: String]) -> String {
        let usual = ["tenant_id": texts["$tenant"] ?? "", "service_name": "llm_service"]
        return path.split(separator: "/").reduce("") { whole, part in
            let name = String(part.dropFirst().dropLast())
            return whole + "/" + (part.hasPrefix("{") ? reply[name]?.text ?? usual[name] ?? "none" : String(part))
        }
    }

    @Test func everyDocumentedHeaderDoesWhatIsSaidOfIt() async throws {
        try await LiveCoordinator.with { live in
            let tenant = try #require(try await live.admin(.POST, "/api/v1/tenants", ["name": "Other"]).json["tenant_id"]?.text)
            func jobs(_ headers: [(String, String)]) async throws -> Int { try await live.call(.GET, "/api/v2/jobs", headers: headers).status }
            #expect(try await jobs([]) == 401)
            #expect(try await jobs([("authorization", "Bearer " + live.key)]) == 200)
            #expect(try await jobs([("x-api-key", live.key)]) == 200)
            #expect(try await jobs([("x-api-key", live.key), ("authorization", "Bearer mk_live_" + String(repeating: "A", count: 43))]) == 401)
            #expect(try await live.call(.POST, "/api/v2/jobs", Array("{}".utf8), type: "text/csv", bearer: live.key).status == 415)
            // Whose call it is.
            let mine: JSON = ["name": "x", "type": "report", "parameters": ["kind": "usage"]]
            let made = try await live.call(.POST, "/api/v2/jobs", mine.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
            #expect(made.status == 201)
            let path = "/api/v2/jobs/\(made.json["job_id"]?.text ?? "")"
            #expect(try await live.admin(.GET, path).status == 404)
            #expect(try await live.call(.GET, path, bearer: live.key, headers: [("x-tenant-id", tenant)]).status == 200)
            #expect(try await live.call(.GET, "/api/v1/tenants", bearer: live.key, headers: [("x-tenant-id", "tenant_none")]).status == 404)
            for (version, status) in [("4.3", 200), ("4.4", 200), ("4.2", 400), ("5", 400)] {
                let reply = try await live.call(.GET, "/api/v4/nodes", bearer: live.key, headers: [("api-version", version)])
                #expect(reply.status == status && (status == 400 || reply.headers.first(name: "api-version") == version), "\(version)")
            }
        }
    }
}
