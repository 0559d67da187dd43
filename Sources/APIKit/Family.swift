internal import Federation
package import Platform
package import StrictJSON

/// A base under which a family has some of its paths and not all.
package struct Alias: Sendable {
    package let base: String
    /// What stands behind it: `/tenants`, `/security/audit-log`.
    package let roots: [String]

    package init(_ base: String, _ roots: [String]) {
        self.base = base
        self.roots = roots
    }

    func has(_ path: String) -> Bool {
        roots.contains { root in
            path.utf8.starts(with: (base + root).utf8)
                && (path.utf8.count == base.utf8.count + root.utf8.count || path.utf8.starts(with: (base + root + "/").utf8))
        }
    }
}

/// A documented family of endpoints: its bases, its table, its own envelope.
package struct Family: Sendable {
    /// The first is the one that replies print.
    package let name: APIFamily
    package var bases: [String]
    /// Other beginnings of some of its paths: where two documents share a base, each has its own part of it.
    package var aliases: [Alias]
    package var endpoints: [Endpoint] { didSet { routes = Routes(endpoints) } }
    private(set) var routes: Routes
    package var envelope: @Sendable (ServiceError, APIRequest) -> APIReply
    /// The form of what `envelope` makes.
    package var errorShape: Shape
    /// Checks and headers that every reply of the family has (version negotiation).
    package var negotiate: @Sendable (APIRequest) throws(ServiceError) -> [(name: String, value: String)]
    /// Whether the plain-HTTP listener of the loopback has nothing of it.
    package var needsTLS = false

    /// As OpenAPI 3.1, once it was asked to describe itself.
    package internal(set) var description: JSON?

    /// Counts calls against plans; nil: they are not counted.
    package var admission: (any CallAdmission)?
    /// Limits addresses from which nobody known calls; nil: they are not limited.
    package var addresses: AddressLimiter?
    /// Makes calls with a key once; nil: keys are not looked at.
    package var repetition: Repetition?

    package init(
        _ name: APIFamily, bases: [String], aliases: [Alias] = [], endpoints: [Endpoint], errorShape: Shape,
        envelope: @escaping @Sendable (ServiceError, APIRequest) -> APIReply,
        negotiate: @escaping @Sendable (APIRequest) throws(ServiceError) -> [(name: String, value: String)] = { _ throws(ServiceError) in [] }
    ) {
        self.name = name
        self.bases = bases
        self.aliases = aliases
        self.endpoints = endpoints
        routes = Routes(endpoints)
        self.errorShape = errorShape
        self.envelope = envelope
        self.negotiate = negotiate
    }

    package func counted(by admission: any CallAdmission, once repetition: Repetition) -> Family {
        var family = self
        family.admission = admission
        family.repetition = repetition
        return family
    }

    package func limited(by addresses: AddressLimiter) -> Family {
        var family = self
        family.addresses = addresses
        return family
    }

    /// Answers any request of the family; never throws. The cause of an internal error is in the reply's `cause`.
    /// - Parameter found: where it goes, for who has looked already.
    package func respond(
        to request: APIRequest, on found: Result<Route, ServiceError>? = nil, authenticator: some Authenticator
    ) async -> (reply: APIReply, operation: String) {
        var request = request
        var operation = "unmatched"
        var headers: [(name: String, value: String)] = []
        var reply: APIReply
        var route: String?
        var told: [(name: String, value: String)]?
        do throws(ServiceError) {
            headers = try negotiate(request)
            let place = if let found { try found.get() } else { try self.route(request.method, request.path) }
            let endpoint = place.endpoint
            (operation, route) = (endpoint.operation, place.name)
            request.parameters = place.parameters
            request.bodyLimitBytes = endpoint.bodyLimitBytes
            request.family = name
            request.status = endpoint.contract?.replies.count == 1 ? endpoint.contract?.replies.first?.status : nil
            if endpoint.access == .open { try limit(.open, request) }
            request.caller = try await authenticator.caller(of: request)
            if let denial = Self.denial(request.caller, endpoint.access) { throw denial }
            if case .principal(let principal) = request.caller, principal.isReadOnly, endpoint.method != "GET" {
                throw .forbidden("this key reads, and changes nothing")
            }
            try Self.checkTenant(request)
            var end: (@Sendable () -> Void)?
            // However the call ends: with a reply, with an error, or because its connection is gone.
            defer { end?() }
            if endpoint.rate == .family, let admission {
                let admitted = await admission.admit(request)
                told = admitted.headers
                if let refused = admitted.refused { throw refused }
                end = admitted.end
            }
            if let declared = request.body.declaredBytes, declared > endpoint.bodyLimitBytes { throw .tooLarge(limitBytes: endpoint.bodyLimitBytes) }
            if let repetition, repetition.concerns(endpoint, request) {
                reply = try await repetition.reply(to: request, endpoint)
            } else {
                reply = try await endpoint.handler(request)
            }
        } catch {
            reply = refusal(error, request)
        }
        if told?.isEmpty ?? true, tellsWindowAlways, reply.status != 401 {
            do { told = try await window(request, authenticator) } catch { reply = refusal(error, request) }
        }
        // Whoever guesses is told to wait and not whether the guess was right; who has credentials is served all the while.
        if reply.status == 401 {
            do { try limit(.failed, request) } catch { reply = refusal(error, request) }
        }
        reply.tenant = request.caller.tenant ?? request.owner.name
        (reply.principal, reply.route) = (request.caller.name, route)
        reply.headers += headers + (told ?? []) + [(name: "x-request-id", value: request.requestID)]
        return (reply, operation)
    }

    /// The enterprise document's: what is left stands in every reply to somebody who is known, errors too.
    private var tellsWindowAlways: Bool { name == .v1 }

    /// What is left to who makes a call that was answered before it was counted. The call stays what it was: it is not counted for it.
    /// - Throws: `unauthenticated` for credentials that are wrong, also where they were not asked for: guessing is not done there either.
    private func window(_ request: APIRequest, _ authenticator: some Authenticator) async throws(ServiceError) -> [(name: String, value: String)] {
        guard let admission else { return [] }
        var request = request
        if request.caller == .anonymous {
            // Whom it may act for is another question.
            request.headers.removeAll { $0.name == "x-tenant-id" }
            request.family = name
            do throws(ServiceError) { request.caller = try await authenticator.caller(of: request) } catch {
                if case .unauthenticated = error { throw error }
                return []
            }
        }
        return await admission.window(request)
    }

    private func limit(_ call: AddressLimiter.Call, _ request: APIRequest) throws(ServiceError) {
        guard let wait = addresses?.take(request.remoteAddress, call, now: Instant(milliseconds: request.nowMilliseconds)) else { return }
        throw .rateLimited(retryAfterSeconds: wait)
    }

    /// The envelope of an error, with the cause of an internal one for the log.
    package func refusal(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        var reply = envelope(error, request)
        if case .internalError(let cause) = error { reply.cause = cause }
        return reply
    }

    /// nil: this caller may call endpoints of this access.
    package static func denial(_ caller: Caller, _ access: Access) -> ServiceError? {
        switch (access, caller) {
        case (.open, _), (.administrator, .administrator), (.tenant, .administrator), (.tenantOrNode, .administrator), (.tenantOrNode, .node),
            (.node, .node), (.member, .administrator), (.member, .node), (.member, .bearer), (.client, .node), (.client, .bearer):
            nil
        case (.scope(let scope), .principal(let principal)), (.tenant(let scope), .principal(let principal)),
            (.tenantOrNode(let scope), .principal(let principal)), (.member(let scope), .principal(let principal)):
            principal.may(scope) ? nil : .forbidden("this needs the scope '\(scope.rawValue)', which these credentials do not have")
        case (_, .anonymous): .unauthenticated("credentials are needed: Authorization: Bearer, X-API-Key or a client certificate")
        case (.administrator, .bearer), (.tenant, .bearer), (.tenantOrNode, .bearer), (.node, .bearer), (.scope, .bearer):
            .unauthenticated("the key is not known")
        case (.scope, .node): .forbidden("a client certificate does not allow this operation; a key or a token does")
        case (.scope, .administrator), (.administrator, .principal):
            .forbidden("these credentials are for other services; the administrator's key is needed here")
        case (.administrator, .node), (.tenant, .node): .forbidden("a client certificate does not allow this operation")
        case (.node, .administrator): .forbidden("only a node does this, for itself: send its client certificate, not the administrator's key")
        case (.node, .principal): .forbidden("only a node does this, for itself: send its client certificate, and no key")
        case (.client, .administrator):
            .forbidden("only a client of the session does this: send its client certificate or its update token, not the administrator's key")
        case (.client, .principal):
            .forbidden("only a client of the session does this: send its client certificate or its update token, and no key")
        }
    }

    /// `X-Tenant-ID` may only say what the credentials say already; one that says something else must not be passed over.
    private static func checkTenant(_ request: APIRequest) throws(ServiceError) {
        guard let asked = request.header("x-tenant-id"), let own = request.caller.tenant, asked != own else { return }
        if case .administrator = request.caller { throw .notFound("tenant \(asked.prefix(Limits.nameBytes))") }
        throw .forbidden("X-Tenant-ID is not the tenant of these credentials")
    }
}
