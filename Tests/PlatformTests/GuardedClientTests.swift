import Foundation
import Platform
import Testing
import Trust

/// Against servers on this machine: what is connected to is what was checked.
@Suite struct GuardedClientTests {
    private let limits = ExchangeLimits(seconds: 30, bodyBytes: 1000)
    private let authority: CertificateAuthority

    init() throws { authority = try CertificateAuthority(commonName: "Test CA", now: Date(), lifetime: 86_400) }

    private func certificate(_ names: [String]) throws -> (certificatePEM: String, keyPEM: String) {
        let server = try authority.issueServer(names: names, now: Date(), lifetime: 3600)
        return (server.certificatePEM, server.keyPEM)
    }

    /// A policy under which 127.0.0.2 is a good address and 127.0.0.1 is not.
    private func client(port: Int, _ resolver: ScriptedResolver, allow: [String] = ["127.0.0.2/32"]) throws -> GuardedClient {
        let policy = EgressPolicy(allowsLoopback: false, ports: [port], allowances: try allow.map { try EgressPolicy.Allowance($0) })
        return try GuardedClient(policy: policy, resolver: resolver, roots: .pem(authority.certificatePEM))
    }

    private func post(_ client: GuardedClient, _ url: String, _ limits: ExchangeLimits? = nil) async throws -> GuardedAnswer {
        try await client.send(GuardedRequest("POST", try client.policy.check(url), headers: [("X-Test", "yes")], body: [1, 2]), limits ?? self.limits)
    }

    private func problem(_ work: () async throws -> Void) async -> EgressError? {
        do { try await work() } catch { return error as? EgressError }
        return nil
    }

    private func isTLS(_ error: EgressError?) -> Bool { if case .tls? = error { true } else { false } }

    /// The good and the bad server on one port; the name leads to one and then to the other.
    @Test func aNameThatChangesItsMindLeadsNowhere() async throws {
        let tls = try certificate(["rebind.example"])
        // In this order: a port that is free at 127.0.0.1 is not taken at the address that nobody else uses.
        try await WebhookReceiver.with(host: "127.0.0.1", tls: tls) { bad in
            try await WebhookReceiver.with(host: "127.0.0.2", port: bad.boundPort, tls: tls) { good in
                let resolver = ScriptedResolver { $0 == 1 ? ["127.0.0.2"] : ["127.0.0.1"] }
                let client = try client(port: good.boundPort, resolver)
                let url = "https://rebind.example:\(good.boundPort)/hook?a=b"
                #expect(try await post(client, url).status == 200)
                #expect(resolver.count == 1, "the name was asked for once, and not again for the connection")
                let request = try #require(good.requests.first)
                #expect(request.headers["host"] == "rebind.example:\(good.boundPort)" && request.serverName == "rebind.example")
                #expect(request.method == "POST" && request.target == "/hook?a=b" && request.body == [1, 2] && request.headers["x-test"] == "yes")
                let refused = EgressError.refused(host: "rebind.example", address: "127.0.0.1", range: "loopback")
                #expect(await problem { _ = try await post(client, url) } == refused)
                #expect(resolver.count == 2 && good.requests.count == 1 && bad.requests.isEmpty)
            }
        }
    }

    /// That the test above can tell: with the bad address allowed, the bad server is reached.
    @Test func theBadServerIsReachable() async throws {
        let tls = try certificate(["rebind.example"])
        try await WebhookReceiver.with(tls: tls) { bad in
            let client = try client(port: bad.boundPort, ScriptedResolver { _ in ["127.0.0.1"] }, allow: ["127.0.0.1"])
            #expect(try await post(client, "https://rebind.example:\(bad.boundPort)/").status == 200)
            #expect(bad.requests.count == 1)
        }
    }

    @Test func oneBadAddressAmongGoodOnesIsEnough() async throws {
        try await WebhookReceiver.with(host: "127.0.0.2", tls: try certificate(["hook.example"])) { good in
            let url = "https://hook.example:\(good.boundPort)/"
            for addresses in [["127.0.0.2", "10.0.0.1"], ["::1", "127.0.0.2"], ["127.0.0.2", "::ffff:169.254.169.254"], []] {
                let client = try client(port: good.boundPort, ScriptedResolver { _ in addresses })
                #expect(await problem { _ = try await post(client, url) } != nil, "\(addresses)")
            }
            #expect(good.requests.isEmpty)
            let second = try client(port: good.boundPort, ScriptedResolver { _ in ["127.0.0.3", "127.0.0.2"] }, allow: ["127.0.0.2/31"])
            #expect(try await post(second, url).status == 200, "where nobody listens the next address is tried")
        }
    }

    @Test func theCertificateIsForTheNameOrTheAddress() async throws {
        // The address' own certificate, which would do for any name if nobody looked.
        let tls = try certificate(["other.example", "127.0.0.2"])
        try await WebhookReceiver.with(host: "127.0.0.2", tls: tls) { server in
            let client = try client(port: server.boundPort, ScriptedResolver { _ in ["127.0.0.2"] })
            let another = await problem { _ = try await post(client, "https://hook.example:\(server.boundPort)/") }
            #expect(isTLS(another), "a certificate for another name: \(String(describing: another))")
            #expect(try await post(client, "https://127.0.0.2:\(server.boundPort)/").status == 200)
            #expect(try await post(client, "https://other.example:\(server.boundPort)/").status == 200)
            let strangers = try GuardedClient(policy: client.policy, resolver: ScriptedResolver { _ in ["127.0.0.2"] })
            let unknown = await problem { _ = try await post(strangers, "https://other.example:\(server.boundPort)/") }
            #expect(isTLS(unknown), "an authority that nobody knows: \(String(describing: unknown))")
            #expect(server.requests.count == 2)
        }
    }

    @Test func redirectsAreAnswersAndNotOrders() async throws {
        try await WebhookReceiver.with { other in
            let place = other.url
            try await WebhookReceiver.with(answer: { _ in .init(status: 302, headers: [("Location", place), ("Retry-After", "7")]) }) { server in
                let client = try GuardedClient(policy: EgressPolicy(allowsLoopback: true))
                let answer = try await post(client, server.url)
                #expect(answer.status == 302 && answer.header("retry-after") == "7")
                #expect(other.requests.isEmpty && server.requests.count == 1)
            }
        }
    }

    @Test func answersAreBounded() async throws {
        let client = try GuardedClient(policy: EgressPolicy(allowsLoopback: true))
        try await WebhookReceiver.with(answer: { _ in .init(body: [UInt8](repeating: 7, count: 1000)) }) { server in
            #expect(try await post(client, server.url).body.count == 1000)
            #expect(await problem { _ = try await post(client, server.url, ExchangeLimits(seconds: 30, bodyBytes: 999)) } == .tooLarge(bytes: 999))
            let head = try await post(client, server.url, ExchangeLimits(seconds: 30, bodyBytes: nil))
            #expect(head.status == 200 && head.body.isEmpty)
        }
        try await WebhookReceiver.with(answer: { _ in .init(isGiven: false) }) { server in
            #expect(await problem { _ = try await post(client, server.url, ExchangeLimits(seconds: 0.2, bodyBytes: 9)) } == .timeout(seconds: 0.2))
        }
    }

    /// Also a resolver that never answers.
    @Test func silenceOfTheResolverEnds() async throws {
        struct Silent: HostResolver {
            func addresses(of host: String) async throws(EgressError) -> [IPAddress] {
                // Does not hear that it is cancelled, as `getaddrinfo` does not.
                await withUnsafeContinuation { continuation in DispatchQueue.global().asyncAfter(deadline: .now() + 3) { continuation.resume() } }
                return []
            }
        }
        let client = try GuardedClient(policy: EgressPolicy(allowsLoopback: false), resolver: Silent())
        #expect(await problem { _ = try await post(client, "https://hook.example/", ExchangeLimits(seconds: 0.1, bodyBytes: 9)) } == .timeout(seconds: 0.1))
    }

    @Test func thePolicyIsAskedAgainAtEveryRequest() async throws {
        try await WebhookReceiver.with { server in
            let url = try EgressPolicy(allowsLoopback: true).check(server.url)
            let strict = try GuardedClient(policy: EgressPolicy(allowsLoopback: false))
            #expect(await problem { _ = try await strict.send(GuardedRequest("POST", url), limits) } != nil)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func theSystemResolverKnowsThisMachine() async throws {
        let found = try await SystemResolver().addresses(of: "localhost")
        #expect(found.contains(.v4(0x7F00_0001)) || found.contains(.v6(high: 0, low: 1)))
        await #expect(throws: EgressError.self) { _ = try await SystemResolver().addresses(of: "no-such-name.invalid") }
    }
}
