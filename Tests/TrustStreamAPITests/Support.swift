import APIKit
import CryptoSuite
import Federation
import KeyVault
import Logging
import Platform
import Storage
import StrictJSON
import Telemetry
import Testing
import Trust
import TrustStreamAPI

struct Known: Authenticator {
    var caller: Caller
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { caller }
}

let administrator = Caller.administrator(tenant: "default")
let peer = Peer(tenant: "default", client: "client-01", fingerprint: [1])
let sessions = "/api/v4/federated-learning/sessions"

struct Answer {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: APIReply.Body
    var cause: String?
    var json: JSON { if case .json(let json) = body { json } else { .null } }
    var text: String { if case .bytes(let bytes, _) = body { String(decoding: bytes, as: UTF8.self) } else { "" } }
    var error: JSON { json["error"] ?? .null }
    var details: JSON { error["details"] ?? .null }
    var notices: [String] { (json["notices"]?.elements ?? []).compactMap { $0["field"]?.text } }
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// The family over a double, called without a server.
struct Surface {
    let service = ServiceDouble()
    let store = MemoryStore(suite: .system)
    let identity: Identity
    let metrics = Metrics(help: [:])
    let recorder: Recorder
    let vault: KeyVault
    /// Made once: its description is large.
    let family: Family

    init(token: KeyToken = .software) {
        let log = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        recorder = Recorder(metrics: metrics, store: store, system: nil, log: log, startedAt: Instant(milliseconds: 0))
        let secrets = SecretStore(
            masters: MasterKeys(random: .system), table: StoredTenantKeys(store: store) { Instant(milliseconds: 0) }, random: .system
        ) { _ in }
        vault = KeyVault(store: store, secrets: secrets, random: .system, token: token) { [metrics] event in
            switch event {
            case .generated(_, _, let tenant): metrics.observe(TelemetryMetric.vaultKeySeconds, [("tenant", tenant)], seconds: 0.02)
            case .used(_, let tenant): metrics.add(TelemetryMetric.vaultOperations, [("tenant", tenant)])
            }
        }
        identity = Identity(store: store, passwordCost: ScryptCost(rounds: 2, blockSize: 8, parallelism: 1))
        family = TrustStream.family(service, identity: identity, vault: vault, recorder: recorder) { () async throws(ServiceError) in ["default", "other"] }
    }

    func call(
        _ method: String, _ path: String, _ body: [UInt8], as caller: Caller = administrator, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = []
    ) async -> Answer {
        var request = APIRequest(
            method: method, path: path, body: RequestBody(body), requestID: "req-test", nowMilliseconds: 1_758_506_403_000,
            baseURL: "https://coordinator:8443", socketBaseURL: "wss://coordinator:8443")
        (request.query, request.headers) = (query, headers)
        if case .node(let peer) = caller { request.peer = peer }
        let (reply, _) = await family.respond(to: request, authenticator: Known(caller: caller))
        return Answer(status: reply.status, headers: reply.headers, body: reply.body, cause: reply.cause)
    }

    func call(_ method: String, _ path: String, json: String = "", as caller: Caller = administrator, query: [(name: String, value: String)] = []) async
        -> Answer
    {
        let headers = json.isEmpty ? [] : [(name: "content-type", value: "application/json")]
        return await call(method, path, Array(json.utf8), as: caller, query: query, headers: headers)
    }
}

extension JSON {
    /// The object with one member set.
    func setting(_ path: String, _ value: JSON) -> JSON {
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        let inner = parts.count == 1 ? value : (self[parts[0]] ?? .object([])).setting(parts[1], value)
        var members = (members ?? []).filter { $0.name != parts[0] }
        members.append(Member(parts[0], inner))
        return .object(members)
    }
}

extension APIReply {
    var json: JSON { if case .json(let json) = body { json } else { .null } }
}
