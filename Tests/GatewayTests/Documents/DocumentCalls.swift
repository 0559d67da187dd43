import AsyncHTTPClient
import CoordinatorNode
import Foundation
import Logging
import NIOHTTP1
import Platform
import StrictJSON
import Testing

/// Sends the documents' examples to a live coordinator: letter by letter, but for what only this coordinator can know (credentials, ids).
struct DocumentCalls {
    let live: LiveCoordinator
    /// What is sent for what is written.
    private var texts: [String: String]
    /// Of paths; where nothing was made, the documents' word for it.
    private var parameters = ["service_name": "llm_service"]
    private static let join = "truststream POST /federated-learning/sessions/{session_id}/join"

    init(_ live: LiveCoordinator) {
        self.live = live
        let keys = ["YOUR_API_KEY", "YOUR_ACCESS_TOKEN", "<jwt_token>", "<token>", "your-api-token"]
        texts = Dictionary(uniqueKeysWithValues: keys.map { ($0, live.key) })
        texts["your_tenant_id"] = "default"
    }

    /// - Parameter query: sent for the documented one.
    func send(_ example: DocumentedExample, of family: DocumentedFamily, query: [(name: String, value: String)]? = nil) async throws
        -> LiveCoordinator.Reply
    {
        let needsNode = example.key == Self.join
        let http = needsNode ? try await node(example) : nil
        let showsItsOwn = family.examples.contains { $0.origin == example.origin && !$0.headers.isEmpty }
        var headers = showsItsOwn ? example.headers : DocumentExpectations.anonymous.contains(example.key) ? [] : family.headers
        // A node says who it is by its certificate.
        headers.removeAll { $0.name == "Content-Type" || (needsNode && $0.name == "Authorization") }
        let path = example.path.split(separator: "/").map { part in
            guard part.hasPrefix("{") else { return String(part) }
            return parameters[String(part.dropFirst().dropLast())] ?? "none"
        }
        let asked = (query ?? example.query).map { "\($0.name)=\(texts[$0.value] ?? $0.value)" }.joined(separator: "&")
        let content = example.request.map(content)
        let reply: Result<LiveCoordinator.Reply, any Error>
        do {
            reply = .success(
                try await live.call(
                    HTTPMethod(rawValue: example.method), "\(family.base)/\(path.joined(separator: "/"))\(asked.isEmpty ? "" : "?\(asked)")",
                    content?.bytes, type: content?.type ?? "application/json",
                    headers: headers.map { ($0.name, $0.value.split(separator: " ").map { texts[String($0)] ?? String($0) }.joined(separator: " ")) },
                    through: http))
        } catch { reply = .failure(error) }
        try await http?.shutdown()
        return try reply.get()
    }

    /// Remembers what a reply has made.
    mutating func learn(_ example: DocumentedExample, _ reply: JSON) {
        guard example.method == "POST" else { return }
        for name in ["job_id", "session_id", "model_id", "config_id", "workload_id", "deployment_id", "key_id", "request_id"] {
            guard let id = reply[name]?.text else { continue }
            parameters[name] = id
            if let shown = example.reply?.body[name]?.text { texts[shown] = id }
        }
        if example.path == "/tenants", let id = reply["tenant_id"]?.text {
            parameters["tenant_id"] = id
            texts["tenant_abc123"] = id
        }
        if let token = reply["client_registration_token"]?.text { texts["reg-token-abc123"] = token }
        // From here on the document's calls are made with what its login gives.
        if example.path == "/auth/login", let token = reply["access_token"]?.text { texts["<token>"] = token }
    }

    /// Makes the user or the client that an example names. false: what it lacks cannot be made.
    mutating func make(for example: DocumentedExample) async throws -> Bool {
        let scopes = JSON.array(Scope.allCases.map { .string($0.rawValue) })
        switch example.key {
        case "aisemble POST /auth/login":
            let (name, password) = (example.request?.body["username"] ?? .null, example.request?.body["password"] ?? .null)
            let made = try await live.admin(.POST, "/api/v4/identity/users", ["name": name, "password": password, "scopes": scopes])
            return made.status == 201
        case "phi POST /auth/token":
            let made = try await live.admin(.POST, "/api/v4/identity/oauth-clients", ["name": "documented", "scopes": scopes])
            texts["your-client-id"] = made.json["client_id"]?.text
            texts["your-client-secret"] = made.json["client_secret"]?.text
            return made.status == 201
        default: return false
        }
    }

    /// The documented session has secure sums, which are for clients with a certificate: this one gets it.
    private func node(_ example: DocumentedExample) async throws -> HTTPClient {
        let name = try #require(example.request?.body["client_id"]?.text)
        let identity = try await live.enrol(name)
        return try LiveCoordinator.client(authority: live.authority, certificate: identity.certificate, key: identity.key)
    }

    private func content(_ request: (type: String, body: JSON)) -> (bytes: [UInt8], type: String) {
        guard request.type == "multipart/form-data" else { return (substituted(request.body).encoded(), request.type) }
        return Self.form(request.body)
    }

    /// As a form; what the document calls a picture is one.
    static func form(_ body: JSON) -> (bytes: [UInt8], type: String) {
        var bytes: [UInt8] = []
        for member in body.members ?? [] {
            let isImage = member.value.text?.hasPrefix("<binary") == true
            bytes += Array("--part\r\ncontent-disposition: form-data; name=\"\(member.name)\"\(isImage ? "; filename=\"image.png\"" : "")\r\n\r\n".utf8)
            bytes += isImage ? Self.image : Array((member.value.text ?? "").utf8)
            bytes += Array("\r\n".utf8)
        }
        return (bytes + Array("--part--\r\n".utf8), "multipart/form-data; boundary=part")
    }

    private func substituted(_ json: JSON) -> JSON {
        switch json {
        case .string(let text): .string(texts[text] ?? text)
        case .array(let elements): .array(elements.map(substituted))
        case .object(let members): .object(members.map { .init($0.name, substituted($0.value)) })
        default: json
        }
    }

    /// A PNG of one grey point.
    private static let image = Array(
        Data(base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==") ?? Data())
}

/// A coordinator that keeps its log, as one that runs does.
enum DocumentedCoordinator {
    /// A log that nobody looks at; the coordinator keeps its entries.
    private struct Unseen: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice
        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {}
    }

    static func serving(_ work: @Sendable (LiveCoordinator) async throws -> Void) async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            try await LiveCoordinator.serving(folder, kept: NodeLog("tutti-coordinator", level: "notice", visible: { _ in Unseen() }), work)
        }
    }
}
