import APIKit
import CryptoSuite
import Platform
import StrictJSON
import Synchronization
import Testing
import Trust

/// In the enterprise family every reply to somebody who is known tells what is left of the window, once, and only calls take from it.
@Suite struct WindowTests {
    /// Counts to a hundred.
    private final class Window: CallAdmission {
        let left = Mutex(100)
        private func told(_ left: Int, _ request: APIRequest) -> [(name: String, value: String)] {
            request.caller.name == nil ? [] : [("x-ratelimit-remaining", "\(left)")]
        }
        func admit(_ request: APIRequest) async -> AdmittedCall {
            guard request.caller.name != nil else { return AdmittedCall() }
            let left = left.withLock { left in
                left -= 1
                return left
            }
            return AdmittedCall(headers: told(left, request))
        }
        func window(_ request: APIRequest) async -> [(name: String, value: String)] { told(left.withLock { $0 }, request) }
    }

    /// As a coordinator's own: who names a tenant that is not there is refused before anybody is known, and so are wrong credentials.
    private struct Strict: Authenticator {
        let caller: Caller
        func caller(of request: APIRequest) async throws(ServiceError) -> Caller {
            if request.header("authorization") == "Bearer wrong" { throw .unauthenticated("the key or token is not known") }
            if request.header("x-tenant-id") == "nowhere" { throw .notFound("tenant nowhere") }
            return caller
        }
    }

    private func told(_ reply: APIReply) -> [String] { reply.headers.filter { $0.name == "x-ratelimit-remaining" }.map(\.value) }

    @Test func everyReplyToSomebodyWhoIsKnownTellsWhatIsLeft() async throws {
        let world = try await World()
        let window = Window()
        let once = Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) }
        let family = world.enterprise.counted(by: window, once: once)
        func call(_ method: String, _ path: String, _ headers: [(name: String, value: String)] = [], as caller: Caller? = nil) async -> APIReply {
            await family.respond(
                to: request(method, path, headers: headers), authenticator: Strict(caller: caller ?? .principal(world.admin))
            ).reply
        }
        let lacking = world.principal("default", [.jobs])
        let nowhere = [(name: "x-tenant-id", value: "nowhere")]
        for (reply, status, left) in [
            (await call("GET", "/api/v1/tenants"), 200, "99"), (await call("GET", "/api/v1/tenants/none"), 404, "98"),
            (await call("GET", "/api/v1/nothing/here"), 404, "98"), (await call("GET", "/v1/tenants/a/b/c"), 404, "98"),
            (await call("PATCH", "/api/v1/tenants"), 405, "98"), (await call("GET", "/api/v1/tenants", as: lacking), 403, "98"),
            (await call("GET", "/api/v1/tenants", nowhere), 404, "98"), (await call("GET", "/api/v1/openapi.json"), 200, "98"),
            (await call("GET", "/api/v1/tenants"), 200, "97"),
        ] {
            #expect(reply.status == status && told(reply) == [left], "\(reply.status) \(reply.json.encodedText.prefix(200)): \(told(reply))")
        }
    }

    @Test func whoIsNotKnownHasNoWindow() async throws {
        let world = try await World()
        let once = Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) }
        let family = world.enterprise.counted(by: Window(), once: once)
        let wrong = [(name: "authorization", value: "Bearer wrong")]
        for (path, headers, status) in [
            ("/api/v1/tenants", [], 401), ("/api/v1/tenants", wrong, 401), ("/api/v1/nothing", [], 404), ("/api/v1/nothing", wrong, 401),
        ] as [(String, [(name: String, value: String)], Int)] {
            let reply = await family.respond(to: request("GET", path, headers: headers), authenticator: Strict(caller: .anonymous)).reply
            #expect(reply.status == status && told(reply) == [], "\(path): \(reply.status)")
        }
    }

    /// The other documents have the headers of calls that were counted.
    @Test func otherFamiliesTellOfCountedCalls() async throws {
        let world = try await World()
        let once = Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) }
        let family = world.aisemble.counted(by: Window(), once: once)
        #expect(told(await world.call(family, request("GET", "/api/v2/jobs"))) == ["99"])
        #expect(told(await world.call(family, request("GET", "/api/v2/nothing"))) == [])
    }
}
