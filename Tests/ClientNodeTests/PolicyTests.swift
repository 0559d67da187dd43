import ClientNode
import Federation
import Foundation
import Learning
import SecureAggregation
import StrictJSON
import Synchronization
import Testing
import TuttiConfiguration
import Wire

@Suite(.timeLimit(.minutes(2))) struct PolicyTests {
    private func policy(_ change: (inout ClientPolicy) -> Void) -> ClientPolicy {
        var policy = ClientPolicy()
        change(&policy)
        return policy
    }

    private func refusal(_ policy: ClientPolicy, _ json: String) throws -> String? {
        policy.refusal(of: try JSONDecoder().decode(SessionSummary.self, from: Data(json.utf8)))?.message
    }

    @Test func aSessionIsJudgedByWhatTheCoordinatorSaysOfIt() throws {
        let session = #"{"session_id":"a","status":"waiting","min_clients":3,"model":{"kind":"mlp","layers":[64,128,10]}}"#
        #expect(try refusal(ClientPolicy(), session) == nil)
        #expect(try refusal(policy { $0.smallestCohort = 3 }, session) == nil)
        #expect(try refusal(policy { $0.smallestCohort = 4 }, session)?.contains("as few as 3") == true)
        #expect(try refusal(policy { $0.sessions = ["b"] }, session)?.contains("not among") == true)
        #expect(try refusal(policy { $0.sessions = ["b", "a"] }, session) == nil)
        #expect(try refusal(policy { $0.maximumModelBytes = 4 * 9610 }, session) == nil)
        #expect(try refusal(policy { $0.maximumModelBytes = 4 * 9610 - 1 }, session)?.contains("38440") == true)
    }

    @Test func aModeThatNeedsPinnedKeysNeedsThem() throws {
        func session(_ secure: String) -> String { #"{"session_id":"a","status":"waiting","secure_aggregation":\#(secure)}"# }
        let strict = session(#"{"enabled":true,"mode":"malicious_server","group_floor":4}"#)
        let trusting = session(#"{"enabled":true,"mode":"honest_but_curious","group_floor":4}"#)
        let pins = try PinnedKeys(["a": [UInt8](repeating: 1, count: 32)])
        #expect(try refusal(ClientPolicy(), strict)?.contains("keys from outside the coordinator") == true)
        #expect(try refusal(policy { $0.pins = pins }, strict) == nil)
        #expect(try refusal(ClientPolicy(), trusting) == nil)
        let insists = policy {
            $0.pins = pins
            $0.requiresMaliciousServer = true
        }
        #expect(try refusal(insists, strict) == nil && insists.floors.mode == .maliciousServer && ClientPolicy().floors.mode == .honestButCurious)
        for other in [trusting, session("null"), session(#"{"enabled":false,"mode":"malicious_server"}"#), session(#"{"enabled":true}"#)] {
            #expect(try refusal(insists, other)?.contains("not in mode malicious_server") == true, "\(other)")
        }
    }

    @Test func noiseAndKeysCanBeInsistedOn() throws {
        func session(_ more: String) -> String { #"{"session_id":"a","status":"waiting",\#(more)}"# }
        let noise = policy { $0.requiresClientNoise = true }
        #expect(try refusal(noise, session(#""privacy":{"enabled":true,"noise_by":"clients"}"#)) == nil)
        for other in [#""privacy":{"enabled":true,"noise_by":"coordinator"}"#, #""privacy":{"enabled":true}"#, #""privacy":null"#] {
            #expect(try refusal(noise, session(other))?.contains("trusted with the noise") == true, "\(other)")
        }
        let keys = policy { $0.requiresXWing = true }
        #expect(try refusal(keys, session(#""secure_aggregation":{"enabled":true,"key_agreement":"x_wing"}"#)) == nil && keys.floors.keyExchange == .xWing)
        for other in [#""secure_aggregation":{"enabled":true,"key_agreement":"x25519"}"#, #""secure_aggregation":null"#] {
            #expect(try refusal(keys, session(other))?.contains("x_wing") == true, "\(other)")
        }
        #expect(noise.terms.needsClientNoise && keys.terms.needsMasks && ClientPolicy().terms == OwnerTerms())
    }

    @Test func whatTheCoordinatorDoesNotSayIsNotAssumed() throws {
        let bare = #"{"session_id":"a","status":"waiting","model":null}"#
        #expect(try refusal(ClientPolicy(), bare) == nil)
        #expect(try refusal(policy { $0.smallestCohort = 2 }, bare) != nil)
        let strange = #"{"session_id":"a","status":"waiting","model":{"layers":[-1,99999999999]}}"#
        #expect(try refusal(policy { $0.maximumModelBytes = 1 }, strange) == nil, "nonsense is left to the limit while fetching")
    }

    @Test func aForbiddenSessionIsNeverJoined() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let (runner, folder) = try node(fake, policy: policy { $0.smallestCohort = 10 })
        do {
            _ = try await runner.run(.session(sessionID))
            Issue.record("it took part")
        } catch {
            #expect(error.kind == .policy && error.message.contains("Nothing was sent") && error.remedy.contains("policy.min_cohort"))
        }
        #expect(fake.requests("POST", "/join").isEmpty && sent(folder).isEmpty)
        await fake.stop()
    }

    @Test func amongManySessionsAForbiddenOneIsLeftOutAndSaysWhy() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let (notices, said) = AsyncStream.makeStream(of: String.self)
        let (runner, folder) = try node(fake, policy: policy { $0.sessions = ["another"] }) { said.yield($0) }
        async let outcomes = runner.run(.everyOpenSession)
        for await notice in notices where notice.contains("is left out") {
            #expect(notice.contains("policy.sessions"))
            break
        }
        await runner.stop()
        let ended = try await outcomes
        #expect(ended.isEmpty)
        #expect(fake.requests("POST", "/join").isEmpty && sent(folder).isEmpty)
        await fake.stop()
    }

    @Test func aModelThatGrewIsNotFetched() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) { request, fake in
            request.path == "/model" ? .bytes([UInt8](repeating: 0, count: 1 << 20)) : cooperative(request, fake, rounds: 1)
        }
        let (runner, _) = try node(fake, policy: policy { $0.maximumModelBytes = 1000 })
        do {
            _ = try await runner.run(.session(sessionID))
            Issue.record("it took part")
        } catch { #expect(error.kind == .policy && error.remedy.contains("max_model_bytes")) }
        #expect(fake.requests("POST", "/update").isEmpty)
        await fake.stop()
    }

    @Test(arguments: ["", ".", "..", "../../x", "a/b", "a b", String(repeating: "a", count: 129)])
    func anIdThatIsNoneBecomesNoFolderAndNoRequest(_ id: String) async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let (runner, _) = try node(fake)
        await #expect(throws: ClientNodeError.self) { _ = try await runner.run(.session(id)) }
        #expect(fake.requests.isEmpty)
        await fake.stop()
    }

    @Test(arguments: ["@127.0.0.1:1/x", "//evil/x", "x", "/a b", ""])
    func aPathThatLeadsElsewhereIsNotFollowed(_ path: String) async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let made = try site.node("x")
        let client = try CoordinatorClient(
            identity: NodeIdentity(
                card: .init(coordinator: "https://127.0.0.1:\(fake.port)", tenant: "default", client: "x"), certificatePEM: made.certificatePEM,
                authorityPEM: made.authorityPEM, keyPEM: made.keyPEM), data: site.folder)
        await #expect(throws: ClientNodeError.self) { _ = try await client.model(path: path, digest: "", policy: ClientPolicy()) }
        guard case .refused? = await client.upload([1], path: path, key: AttemptKey(round: 1, attempt: 1), encoding: .identity) else {
            Issue.record("sent to \(path)")
            return
        }
        #expect(fake.requests.isEmpty)
        await client.shutdown()
        await fake.stop()
    }

    @Test func waitsAreSpreadAndBounded() {
        var backoff = Backoff(seed: 7)
        let waits = (0..<200).map { _ in backoff.nextSeconds() }
        #expect(waits.allSatisfy { $0 >= 0.02 && $0 <= 5 })
        #expect((waits.max() ?? 0) > 4 && (waits.suffix(100).min() ?? 5) < 0.5, "full jitter reaches both ends")
        var other = Backoff(seed: 8)
        #expect((0..<200).map { _ in other.nextSeconds() } != waits)
        #expect((60...65).contains(other.nextSeconds(asked: 1e9)))
        backoff.reset()
        #expect(backoff.nextSeconds() <= 0.2)
    }

    @Test func whatCannotBeLoggedIsNotSent() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let (runner, folder) = try node(fake)
        try FileManager.default.createDirectory(atPath: folder + "/sent.jsonl", withIntermediateDirectories: true)
        await #expect(throws: ClientNodeError.self) { _ = try await runner.run(.session(sessionID)) }
        #expect(fake.requests("POST", "/join").isEmpty)
        await fake.stop()
    }

    @Test func joinLeavesAFileToDecideIn() throws {
        let folder = NSTemporaryDirectory() + "tutti-settings-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        ClientSettings.writeTemplate(data: folder)
        #expect(try ClientSettings.load(data: folder).smallestCohort == 1)
        try Data("[policy]\nmin_cohort = 4\n".utf8).write(to: URL(fileURLWithPath: folder + "/client.toml"))
        ClientSettings.writeTemplate(data: folder)
        #expect(try ClientPolicy(ClientSettings.load(data: folder), data: folder).smallestCohort == 4)
    }
}
