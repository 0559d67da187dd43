internal import APIKit
internal import CoordinatorNode
internal import Federation
internal import Platform
internal import StrictJSON

/// A request as the input writes it: `METHOD target`, lines of headers, an empty line, the body. `caller: tenant` and
/// `caller: platform` say whom somebody else has found the caller to be.
struct Asked: Sendable {
    static let now = Instant(milliseconds: 1_800_000_000_000)
    private(set) var request: APIRequest?
    private(set) var caller = Caller.anonymous
    /// What must not be repeated: texts under names of secrets, where the input has them once.
    private(set) var secrets: [String] = []

    init(_ bytes: [UInt8]) {
        let end = bytes.indices.first { bytes[$0] == 0x0A && (bytes.index(after: $0) == bytes.endIndex || bytes[$0 + 1] == 0x0A) } ?? bytes.endIndex
        guard let head = String(validating: bytes[..<end], as: UTF8.self) else { return }
        let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 1)
        // The gateway refuses what `RequestTarget` does.
        guard words.count == 2, ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"].contains(words[0]), let target = try? RequestTarget(String(words[1])) else {
            return
        }
        let body = Array(bytes[min(end + 2, bytes.endIndex)...])
        var request = APIRequest(
            method: String(words[0]), path: target.path, body: RequestBody(body), requestID: "req", nowMilliseconds: Self.now.milliseconds,
            baseURL: "https://h:1", socketBaseURL: "wss://h:1")
        request.query = target.query.map { (name: $0.name, value: $0.value) }
        request.remoteAddress = "192.0.2.7"
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            // As HTTP's parser hands them on: without blanks around, without control characters.
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            guard !name.isEmpty, !value.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) else { continue }
            if name == "caller" { caller = Self.caller(value) } else { request.headers.append((name: name, value: String(value))) }
        }
        self.request = request
        secrets = Self.secrets(body)
    }

    private static func caller(_ word: Substring) -> Caller {
        switch word {
        case "platform": .principal(.platform(id: "admin"))
        case "tenant":
            .principal(
                Principal(
                    id: "u1", kind: .user, tenant: Identity.defaultTenant, scopes: Set(Scope.allCases).subtracting([.quantumResources]),
                    audiences: Set(APIFamily.allCases)))
        default: .anonymous
        }
    }

    private static func secrets(_ body: [UInt8]) -> [String] {
        guard let json = try? JSON(parsing: body) else { return [] }
        let whole = String(decoding: body, as: UTF8.self)
        return ["secret", "password", "client_secret", "refresh_token"].compactMap { json[$0]?.text }.filter {
            $0.utf8.count >= 12 && whole.ranges(of: $0).count == 1
        }
    }
}
