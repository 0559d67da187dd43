internal import APIKit
internal import Federation
internal import FederationService
internal import StrictJSON
internal import Trust

extension AuthorityStep: ChoiceValue {}
extension Authorities.Phase: ChoiceValue {}

struct AuthorityFacts: Described {
    static let name = "Authority"
    let authority: AuthorityView.One
    static let fields = [
        FieldOf<AuthorityFacts>("ca_pin", \.authority.pin, .rule("SHA-256 of its key")), FieldOf("expires_at", \.authority.expiresAt, .stored),
    ]
}

struct AuthoritiesFacts: Described {
    static let name = "Authorities"
    let view: AuthorityView
    private var signing: AuthorityFacts { AuthorityFacts(authority: view.signing) }
    private var other: AuthorityFacts? { view.other.map(AuthorityFacts.init) }

    static let fields = [
        FieldOf<AuthoritiesFacts>("phase", \.view.phase, .stored), FieldOf("signing", \.signing, .stored),
        FieldOf("also_trusted", \.other, .stored, "during a replacement"), FieldOf("next", \.view.next, .rule("steps"), "null: there is none to take"),
        FieldOf("behind", \.view.behind, .stored, "nodes that the next step would cut off now"),
    ]
}

/// The same, after a step.
struct RolledFacts: Described {
    static let name = "RolledAuthorities"
    let all: AuthoritiesFacts
    static let fields =
        AuthoritiesFacts.fields.map { $0.of(\RolledFacts.all) } + [FieldOf("cut_off", \.all.view.cutOff, .stored, "nodes that the step has cut off")]
}

struct StepBody: DescribedRequest {
    static let name = "AuthorityStep"
    var force = false
    static let fields = [FieldOf<StepBody>("force", \.force, note: "also when nodes are cut off by it")]
}

extension TrustStream {
    /// The coordinator's authorities and the steps of replacing them. They are every tenant's: no tenant's scope is enough.
    static func authorities(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/authorities", "authorities.show", .administrator, "The authorities whose certificates are believed.", tells: AuthoritiesFacts.self
            ) { _ throws(ServiceError) in
                AuthoritiesFacts(view: try await calling { () async throws(FederationFailure) in try await service.authorities() })
            },
            Endpoint(
                "POST", "/authorities/{step}", "authorities.roll", .administrator, "Takes a step of replacing the authority.", reads: StepBody.self,
                atMost: Limits.emptyBytes, tells: RolledFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor) = (try tenant(request), try actor(request))
                guard let step = AuthorityStep(rawValue: request.parameter("step")) else {
                    throw .notFound("step \(request.parameter("step")); there are \(AuthorityStep.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                let force = sent.body.force
                let view = try await calling { () async throws(FederationFailure) in try await service.roll(step, force: force, tenant: tenant, by: actor) }
                return RolledFacts(all: AuthoritiesFacts(view: view))
            },
        ]
    }
}
