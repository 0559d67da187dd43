internal import APIKit
internal import Federation
internal import Platform
internal import StrictJSON

/// The body of `/auth/token`, as JSON or as a form.
struct TokenBody: DescribedRequest {
    static let name = "TokenRequest"
    var client: String?
    var secret: String?
    var grant: String?
    var scope: String?

    static let fields = [
        FieldOf<TokenBody>("client_id", \.client, Bounds(count: 1...256), note: "here, or as the name of HTTP Basic"),
        FieldOf("client_secret", \.secret, Bounds(count: 1...512, isSecret: true)), FieldOf("grant_type", \.grant, note: "client_credentials"),
        FieldOf("scope", \.scope, Bounds(count: 0...1024), note: "names with blanks in between; all that the client has where it is left out"),
    ]
}

struct TokenReply: Described {
    static let name = "Token"
    enum Kind: String, ChoiceValue { case bearer = "Bearer" }
    var token: String
    var seconds: Int
    let kind = Kind.bearer
    var scope: String

    static let fields = [
        FieldOf<TokenReply>("access_token", \.token, .generated), FieldOf("expires_in", \.seconds, .fixed, unit: "s"), FieldOf("token_type", \.kind, .fixed),
        FieldOf("scope", \.scope, .stored),
    ]
}

/// RFC 6749 §5.2.
struct TokenError: Described {
    static let name = "TokenError"
    enum Word: String, ChoiceValue {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
    }
    var error: Word
    var description: String
    static let fields = [
        FieldOf<TokenError>("error", \.error, .rule("RFC 6749 §5.2")), FieldOf("error_description", \.description, .rule("RFC 6749 §5.2")),
    ]
}

extension Phi {
    private static let bodyBytes = 16 << 10
    private static let form = "application/x-www-form-urlencoded"

    /// Client credentials (RFC 6749 §4.4). The body is JSON, as the document has it, or a form, as the RFC does.
    static func token(_ identity: Identity, _ loginFailed: @escaping @Sendable (APIRequest) async -> Void) -> Endpoint {
        var contract = Contract("A client's id and secret become a token.", request: .json(TokenBody.shape), replies: [(200, .json(TokenReply.shape))])
        contract.replies += [(400, .json(TokenError.shape)), (401, .json(TokenError.shape))]
        return Endpoint("POST", "/auth/token", "auth.token", .open, rate: .admission, bodyLimitBytes: bodyBytes, contract: contract) {
            request throws(ServiceError) in
            let bytes = try await request.content(["application/json", form], as: "the token request")
            let isForm = request.header("content-type")?.lowercased().hasPrefix(form) ?? false
            let json: JSON
            if isForm {
                guard let fields = formFields(bytes) else { return refusal(400, .invalidRequest, "the form cannot be read") }
                json = fields
            } else {
                do { json = try JSON(parsing: bytes) } catch { return refusal(400, .invalidRequest, "the body is no JSON: \(error)") }
            }
            var notices: [JSON] = []
            var body: TokenBody
            do throws(ServiceError) { body = try TokenBody.read(json, at: "", .none, &notices) } catch {
                return refusal(400, .invalidRequest, Refusal(error).message)
            }
            guard body.grant == "client_credentials" else {
                return body.grant == nil
                    ? refusal(400, .invalidRequest, "grant_type is missing; send client_credentials")
                    : refusal(400, .unsupportedGrantType, "grant_type must be client_credentials")
            }
            if let basic = basicCredentials(request) {
                guard body.client == nil || body.client == basic.name, body.secret == nil else {
                    return refusal(400, .invalidRequest, "the client says who it is twice, in the header and in the body")
                }
                (body.client, body.secret) = (basic.name, basic.secret)
            }
            guard let client = body.client, let secret = body.secret else { return refusal(401, .invalidClient, "client_id and client_secret are needed") }
            let scope = body.scope
            let outcome = try await asking { () async throws(IdentityError) in
                try await identity.clientToken(
                    id: client, secret: secret, scope: scope, address: request.remoteAddress ?? "", now: Instant(milliseconds: request.nowMilliseconds))
            }
            switch outcome {
            case .granted(let token, let scopes):
                let reply = TokenReply(token: token.text, seconds: token.lifetimeSeconds, scope: Scope.names(scopes).joined(separator: " "))
                return APIReply(200, headers: noStore, .json(reply.json))
            case .invalidClient:
                await loginFailed(request)
                return refusal(401, .invalidClient, "the client or its secret is not known")
            case .invalidScope: return refusal(400, .invalidScope, "the client does not have every scope that was asked for")
            case .throttled(let seconds):
                await loginFailed(request)
                throw .rateLimited(retryAfterSeconds: seconds)
            }
        }
    }

    /// RFC 6749 §5.1.
    private static let noStore = [(name: "cache-control", value: "no-store"), (name: "pragma", value: "no-cache")]

    private static func refusal(_ status: Int, _ error: TokenError.Word, _ why: String) -> APIReply {
        let challenge = status == 401 ? [(name: "www-authenticate", value: "Basic realm=\"tutti\"")] : []
        return APIReply(status, headers: noStore + challenge, .json(TokenError(error: error, description: why).json))
    }
}
