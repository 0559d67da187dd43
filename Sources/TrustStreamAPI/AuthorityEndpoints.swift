internal import APIKit
internal import Federation
internal import FederationService
internal import StrictJSON
internal import Trust

extension TrustStream {
    /// The coordinator's authorities and the steps of replacing them.
    static func authorities(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("GET", "/authorities", "authorities.show", .administrator) { request throws(ServiceError) in
                let view = try await calling { () async throws(FederationFailure) in try await service.authorities() }
                return .json(.object(members(view)))
            },
            Endpoint("POST", "/authorities/{step}", "authorities.roll", .administrator, bodyLimitBytes: Limits.emptyBytes) { request throws(ServiceError) in
                let tenant = try tenant(request)
                guard let step = AuthorityStep(rawValue: request.parameter("step")) else {
                    throw .notFound("step \(request.parameter("step")); there are \(AuthorityStep.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                var body = try await request.object()
                let force = try body.flag("force") ?? false
                let view = try await calling { () async throws(FederationFailure) in try await service.roll(step, force: force, tenant: tenant) }
                return .json(
                    .object(members(view) + [.init("cut_off", .array(view.cutOff.map(JSON.string))), .init("notices", .array(body.notices))]))
            },
        ]
    }
}

private func members(_ view: AuthorityView) -> [JSON.Member] {
    func one(_ authority: AuthorityView.One) -> JSON {
        ["ca_pin": .string(authority.pin), "expires_at": .string(timestamp(authority.expiresAt.milliseconds))]
    }
    return [
        .init("success", true), .init("phase", .string(view.phase.rawValue)), .init("signing", one(view.signing)),
        .init("also_trusted", view.other.map(one) ?? .null), .init("next", JSON(view.next?.rawValue)),
        .init("behind", .array(view.behind.map(JSON.string))),
    ]
}
