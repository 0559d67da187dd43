import APIKit
import StrictJSON

/// Says who calls, whatever the request is.
struct Known: Authenticator {
    var caller: Caller
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { caller }
}

func request(_ method: String, _ path: String) -> APIRequest {
    APIRequest(
        method: method, path: path, body: RequestBody([]), requestID: "req-1", nowMilliseconds: 1_758_506_403_000, baseURL: "https://localhost:8443",
        socketBaseURL: "wss://localhost:8443")
}

extension APIReply {
    var json: JSON { if case .json(let json) = body { json } else { .null } }
}
