internal import APIKit
internal import CryptoSuite
import Synchronization

/// Whose keys open the console.
package struct ConsoleKeys: Sendable {
    /// The tenant and the public part of an administrator's key; nil for a text that is none.
    package var holder: @Sendable (_ key: String) async throws -> (tenant: String, keyID: String)?
    /// Whether a key still is an administrator's of this tenant: asked with every request.
    package var isGood: @Sendable (_ keyID: String, _ tenant: String) async throws -> Bool

    package init(
        holder: @escaping @Sendable (_ key: String) async throws -> (tenant: String, keyID: String)?,
        isGood: @escaping @Sendable (_ keyID: String, _ tenant: String) async throws -> Bool
    ) {
        (self.holder, self.isGood) = (holder, isGood)
    }
}

/// For the log: nothing here is secret.
package enum ConsoleEvent: Sendable, Equatable {
    case signedIn(keyID: String, address: String)
    case refused(address: String)
    case throttled(address: String)
    case signedOut(keyID: String)
    case acted(operation: String, path: String, keyID: String)
    /// The audit could not be written where that stops nobody.
    case unwritten(reason: String)
}

/// Lets people in and knows them again.
final class Reception: Sendable {
    struct Guest: Sendable {
        var hash: [UInt8]
        var signIn: SignIns.SignIn
    }
    private let state = Mutex((signIns: SignIns(), throttle: Throttle(), refusals: Refusals()))
    private let keys: ConsoleKeys
    private let audit: ConsoleAudit
    private let random: @Sendable (Int) -> [UInt8]
    let hash: @Sendable ([UInt8]) -> [UInt8]
    private let tell: @Sendable (ConsoleEvent) -> Void

    init(
        keys: ConsoleKeys, audit: ConsoleAudit, random: @escaping @Sendable (Int) -> [UInt8], hash: @escaping @Sendable ([UInt8]) -> [UInt8],
        tell: @escaping @Sendable (ConsoleEvent) -> Void
    ) {
        (self.keys, self.audit, self.random, self.hash, self.tell) = (keys, audit, random, hash, tell)
    }

    /// nil: nobody who is signed in.
    func guest(_ request: APIRequest, isUse: Bool) async throws(ServiceError) -> Guest? {
        guard let value = Cookie.value(in: request.headers.filter { $0.name == "cookie" }.map(\.value)) else { return nil }
        let hash = hash(Array(value.utf8))
        guard let signIn = state.withLock({ $0.signIns.find(hash, now: request.nowMilliseconds, isUse: isUse) }) else { return nil }
        let isGood: Bool
        do { isGood = try await keys.isGood(signIn.keyID, signIn.tenant) } catch { throw .internalError(cause: "\(error)") }
        guard isGood else {
            state.withLock { $0.signIns.close(hash) }
            return nil
        }
        return Guest(hash: hash, signIn: signIn)
    }

    func signIn(_ request: APIRequest) async throws(ServiceError) -> APIReply {
        let form = try await form(request)
        let address = request.remoteAddress ?? "unknown"
        let network = Throttle.network(of: address)
        if let seconds = state.withLock({ $0.throttle.wait(network, now: request.nowMilliseconds) }) {
            tell(.throttled(address: address))
            throw .rateLimited(retryAfterSeconds: seconds)
        }
        let key = form["key"]
        let holder: (tenant: String, keyID: String)?
        do { holder = (1...Limits.keyBytes).contains(key.utf8.count) ? try await keys.holder(key) : nil } catch { throw .internalError(cause: "\(error)") }
        guard let holder else {
            let untold = state.withLock { state in
                state.throttle.failed(network, now: request.nowMilliseconds)
                return state.refusals.told(now: request.nowMilliseconds)
            }
            tell(.refused(address: address))
            if let untold { await writing { () async throws(ServiceError) in try await audit.refused(untold: untold, request) } }
            return ConsoleReply.page(
                401, SignInPage.content(problem: "This is not an administrator’s key of this coordinator.").document(nil),
                headers: [(name: "www-authenticate", value: "Bearer")])
        }
        // Who cannot be written down does not come in.
        try await audit.signedIn(holder.keyID, tenant: holder.tenant, request)
        let id = hexadecimal(random(Cookie.digits / 2))
        let signIn = SignIns.SignIn(
            tenant: holder.tenant, keyID: holder.keyID, csrf: hexadecimal(random(32)), began: request.nowMilliseconds, used: request.nowMilliseconds)
        let old = Cookie.value(in: request.headers.filter { $0.name == "cookie" }.map(\.value)).map { hash(Array($0.utf8)) }
        state.withLock { state in
            state.throttle.succeeded(network)
            // Whoever was signed in with this browser is so no more.
            if let old { state.signIns.close(old) }
            state.signIns.open(hash(Array(id.utf8)), signIn)
        }
        tell(.signedIn(keyID: holder.keyID, address: address))
        return ConsoleReply.see(.overview, headers: [(name: "set-cookie", value: Cookie.setting(id))])
    }

    func signOut(_ guest: Guest, _ request: APIRequest) async -> APIReply {
        state.withLock { $0.signIns.close(guest.hash) }
        tell(.signedOut(keyID: guest.signIn.keyID))
        await writing { () async throws(ServiceError) in try await audit.signedOut(guest.signIn.keyID, tenant: guest.signIn.tenant, request) }
        return ConsoleReply.see(.signIn, headers: [(name: "set-cookie", value: Cookie.clearing)])
    }

    /// A form of a page of ours.
    func form(_ request: APIRequest) async throws(ServiceError) -> Form {
        let own = [request.header("host").map { "https://\($0)" } ?? request.baseURL, request.baseURL]
        guard Origin.isOwn(site: request.header("sec-fetch-site"), origin: request.header("origin"), own: own) else {
            throw .forbidden("This form did not come from a page of this console. Open the page again and send it from there.")
        }
        let body = try await request.content(["application/x-www-form-urlencoded"], as: "a form")
        guard let form = Form(body) else { throw .invalid(field: "body", issue: "is not a well-formed form", provided: nil) }
        return form
    }

    /// A form of a page that was made for this guest.
    func form(of guest: Guest, _ request: APIRequest) async throws(ServiceError) -> Form {
        let form = try await form(request)
        guard constantTimeEqual(Array(form["csrf"].utf8), Array(guest.signIn.csrf.utf8)) else {
            throw .forbidden("The form’s token is missing or of another sign-in. Open the page again and send it from there.")
        }
        return form
    }

    /// What was done is done: a disk that is full now is told to whoever did it.
    func acted(_ action: Section.Action, _ request: APIRequest, _ guest: Guest) async throws(ServiceError) {
        tell(.acted(operation: action.operation, path: request.path, keyID: guest.signIn.keyID))
        try await audit.done(action.note, by: guest.signIn.keyID, tenant: guest.signIn.tenant, request)
    }

    /// Going out and being refused wait for no disk.
    private func writing(_ write: () async throws(ServiceError) -> Void) async {
        do { try await write() } catch { tell(.unwritten(reason: "\(error)")) }
    }
}
