import APIKit
import Console
import MerkleLog
import Storage
import Synchronization

private struct Nobody: Authenticator {
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { .anonymous }
}

/// A console over samples, and a browser that keeps its cookie.
final class Place: Sendable {
    struct State {
        var drawn: UInt64 = 0
        var events: [ConsoleEvent] = []
        var stopped: [String] = []
        var cancelled: [String] = []
        var isRevoked = false
        var cookie: String?
        var now = Samples.start
    }
    let state = Mutex(State())
    static let key = "tk_live_of_the_administrator"
    private let made = Mutex<Family?>(nil)

    /// Where its audit is.
    let store: AuditBook

    init(store: AuditBook = AuditBook()) {
        self.store = store
        let source = SampleSource(
            stopped: { [self] id in state.withLock { $0.stopped.append(id) } },
            cancelled: { [self] id, keyID in state.withLock { $0.cancelled.append("\(id) by \(keyID)") } })
        let keys = ConsoleKeys(
            holder: { $0 == Self.key ? ("default", "publicpart") : nil }, isGood: { [self] _, _ in state.withLock { !$0.isRevoked } })
        // Not secret and not a hash, but different for what is different.
        let family = ConsoleFamily.family(
            sections: [.sessions(source), .jobs(source), .nodes(source), .alerts(source)], keys: keys, audit: ConsoleAudit(store, home: "home"),
            random: { [self] count in
                let number = state.withLock { state in
                    state.drawn += 1
                    return state.drawn
                }
                return (0..<count).map { UInt8(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> UInt64($0 % 8 * 8)) &+ UInt8($0) }
            },
            hash: { bytes in
                var state: UInt64 = 0xCBF2_9CE4_8422_2325
                for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
                return (0..<32).map { UInt8(truncatingIfNeeded: state >> UInt64($0 % 8 * 8)) &+ UInt8($0) }
            },
            tell: { [self] event in state.withLock { $0.events.append(event) } })
        made.withLock { $0 = family }
    }

    var family: Family { made.withLock { $0! } }

    func ask(
        _ method: String, _ path: String, form: String? = nil, headers: [(String, String)] = [], query: [(name: String, value: String)] = [],
        from address: String = "10.0.0.1", isOurs: Bool = true
    ) async -> APIReply {
        let (now, cookie) = state.withLock { ($0.now, $0.cookie) }
        var request = APIRequest(
            method: method, path: path, body: RequestBody(Array((form ?? "").utf8)), requestID: "req_1", nowMilliseconds: now,
            baseURL: "https://fl.example", socketBaseURL: "wss://fl.example")
        request.query = query
        request.remoteAddress = address
        request.headers = [("host", "fl.example")] + headers
        if form != nil { request.headers.append(("content-type", "application/x-www-form-urlencoded")) }
        if form != nil, isOurs { request.headers.append(("sec-fetch-site", "same-origin")) }
        if let cookie { request.headers.append(("cookie", "__Host-tutti=\(cookie)")) }
        let reply = await family.respond(to: request, authenticator: Nobody()).reply
        if let set = reply.header("set-cookie") {
            let value = String(set.dropFirst("__Host-tutti=".count).prefix { $0 != ";" })
            state.withLock { $0.cookie = value.isEmpty ? nil : value }
        }
        return reply
    }

    func signIn() async -> APIReply { await ask("POST", "/console/sign-in", form: "key=\(Self.key)") }
    func csrf() async -> String { await ask("GET", "/").text.components(between: "name=\"csrf\" value=\"", "\"").first ?? "" }
}

extension APIReply {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    var text: String { if case .bytes(let bytes, _) = body { String(decoding: bytes, as: UTF8.self) } else { "" } }
}

/// Keeps what is written, or says that the disk is full.
final class AuditBook: AuditStore {
    let written = Mutex<[AuditLeaf]>([])
    let isFull = Mutex(false)

    func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        if isFull.withLock({ $0 }) { throw .full(path: "here") }
        written.withLock { $0.append(AuditLeaf(tenant: tenant, index: Int64($0.count), entry: entry)) }
    }
    func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf] { throw .missing("log") }
    func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64) { throw .missing("log") }
    func auditHead(tenant: String) async throws(StorageError) -> TreeHead { throw .missing("log") }
    func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]] { throw .missing("log") }
}
