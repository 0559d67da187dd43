import APIKit
import StrictJSON

/// Says who calls, whatever the request is.
struct Known: Authenticator {
    var caller: Caller
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { caller }
}

let peer = Peer(tenant: "default", client: "client-01", fingerprint: [1, 2, 3])
let callers: [(name: String, caller: Caller)] = [
    ("anonymous", .anonymous), ("administrator", .administrator(tenant: "default")), ("node", .node(peer)), ("bearer", .bearer("tu_x")),
]

func request(_ method: String = "POST", _ path: String = "/api/x", body: String = "", headers: [(name: String, value: String)] = []) -> APIRequest {
    var request = APIRequest(
        method: method, path: path, body: RequestBody(Array(body.utf8)), requestID: "req-1", nowMilliseconds: 0, baseURL: "https://localhost:8443",
        socketBaseURL: "wss://localhost:8443")
    request.headers = headers
    request.bodyLimitBytes = 1 << 20
    return request
}

func json(_ body: String, type: String? = "application/json") -> APIRequest {
    request(body: body, headers: type.map { [(name: "content-type", value: $0)] } ?? [])
}

/// The error `work` ends with.
func failure<Value>(_ work: () async throws(ServiceError) -> Value) async -> ServiceError? {
    do {
        _ = try await work()
        return nil
    } catch { return error }
}

func reader(_ text: String) throws -> ObjectReader { ObjectReader(try JSON(parsing: text)) }

extension APIReply {
    var json: JSON { if case .json(let json) = body { json } else { .null } }
}
