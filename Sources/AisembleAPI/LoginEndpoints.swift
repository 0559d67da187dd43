internal import APIKit
internal import Federation
internal import Platform
internal import Telemetry
internal import Trust

private struct LoginBody: DescribedRequest {
    static let name = "Login"
    var user = ""
    var password = ""

    static let fields = [
        FieldOf<LoginBody>("username", \.user, isRequired: true, Bounds(count: 1...256)),
        FieldOf("password", \.password, isRequired: true, Bounds(count: 1...IdentityLimits.passwordBytesMax, isSecret: true)),
    ]
}

private struct RefreshBody: DescribedRequest {
    static let name = "Refresh"
    var token = ""
    static let fields = [FieldOf<RefreshBody>("refresh_token", \.token, isRequired: true, Bounds(count: 1...512, isSecret: true))]
}

private struct TokensReply: Described {
    static let name = "Tokens"
    enum Kind: String, ChoiceValue { case bearer }
    var access: String
    let kind = Kind.bearer
    var seconds: Int
    var refresh: String

    static let fields = [
        FieldOf<TokensReply>("access_token", \.access, .generated), FieldOf("token_type", \.kind, .fixed),
        FieldOf("expires_in", \.seconds, .fixed, unit: "s"), FieldOf("refresh_token", \.refresh, .generated, "good once; the reply to it has the next"),
    ]
}

private struct LogoutReply: Described {
    static let name = "Logout"
    enum Word: String, ChoiceValue { case ended = "logged_out" }
    let status = Word.ended
    static let fields = [FieldOf<LogoutReply>("status", \.status, .fixed)]
}

extension Aisemble {
    private static let bodyBytes = 16 << 10

    static func logins(_ identity: Identity, _ recorder: Recorder) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/auth/login", "auth.login", .open, rate: .admission, "A user's name and password become tokens.", takes: LoginBody.self,
                gives: TokensReply.self, bodyLimitBytes: bodyBytes
            ) { request, body throws(ServiceError) in
                let outcome = try await asking { () async throws(IdentityError) in
                    try await identity.login(name: body.user, password: body.password, address: request.remoteAddress ?? "", now: now(request))
                }
                switch outcome {
                case .granted(let access, let refresh): return TokensReply(access: access.text, seconds: access.lifetimeSeconds, refresh: refresh.text)
                case .refused:
                    if let address = request.remoteAddress { await recorder.loginFailed(address: address, at: now(request)) }
                    throw .unauthenticated("the name or the password is wrong")
                case .throttled(let seconds):
                    if let address = request.remoteAddress { await recorder.loginFailed(address: address, at: now(request)) }
                    throw .rateLimited(retryAfterSeconds: seconds)
                }
            },
            Endpoint(
                "POST", "/auth/refresh", "auth.refresh", .open, rate: .admission,
                "A refresh token becomes the next pair. One that comes twice ends the login.", takes: RefreshBody.self, gives: TokensReply.self,
                bodyLimitBytes: bodyBytes
            ) { request, body throws(ServiceError) in
                switch try await asking({ () async throws(IdentityError) in
                    try await identity.refresh(body.token, address: request.remoteAddress, now: now(request))
                }) {
                case .granted(let access, let refresh): return TokensReply(access: access.text, seconds: access.lifetimeSeconds, refresh: refresh.text)
                case .refused: throw .unauthenticated("the refresh token is not good; log in again")
                }
            },
            Endpoint(
                "POST", "/auth/logout", "auth.logout", .open, rate: .admission, "Ends a login: its refresh token and all its access tokens.",
                takes: RefreshBody.self, gives: LogoutReply.self, bodyLimitBytes: bodyBytes
            ) { request, body throws(ServiceError) in
                let isEnded = try await asking { () async throws(IdentityError) in try await identity.logout(body.token, now: now(request)) }
                guard isEnded else { throw .unauthenticated("the refresh token is not good") }
                return LogoutReply()
            },
        ]
    }

    static func now(_ request: APIRequest) -> Instant { Instant(milliseconds: request.nowMilliseconds) }
}
