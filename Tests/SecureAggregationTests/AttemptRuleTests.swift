import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// What a client does once only, over repetitions, restarts and retries, and what it insists on before it begins.
@Suite struct AttemptRuleTests {
    private func world(_ mode: TrustMode = .maliciousServer) throws -> World { try World(members: 30, mode: mode, seed: 1, suite: .simulated) }

    private func isContradiction(_ error: SecureAggregationError?) -> Bool {
        if case .contradiction = error { true } else { false }
    }

    /// First one set, then another for the other kind of share: the second is refused, the first answered again alike.
    @Test func oneAnswerAnAttempt() throws {
        var world = try world(.honestButCurious)
        var requests: [UnmaskRequest] = []
        world.tamperUnmask = { member, request in
            if member == 0 { requests.append(request) }
            return request
        }
        world.run()
        let request = try #require(requests.first)
        var client = world.clients[0]
        guard case .sendResponse = try #require(client.handle(.unmask(request)).first) else {
            Issue.record("the same request gets the same answer")
            return
        }
        let other = UnmaskRequest(transcript: request.transcript, survivors: request.survivors.filter { $0 != 8 }, dropped: [8], signatures: [])
        let second = client.handle(.unmask(other))
        guard second.count == 1, case .refuse(.alreadyAnswered) = second[0] else {
            Issue.record("\(second)")
            return
        }
        // And no later attempt of the round, also after a restart; the next round is open.
        var parameters = world.parameters
        for client in [client, try restarted(world, 0, client.record)] {
            var client = client
            parameters.attempt = 2
            guard case .refuse(.alreadyAnswered) = try #require(client.handle(.begin(parameters, modelHash: World.model, entropy: entropy)).first) else {
                Issue.record("a second attempt of an answered round")
                return
            }
            var next = world.parameters
            next.round = 2
            guard case .sendAdvert = try #require(client.handle(.begin(next, modelHash: World.model, entropy: entropy)).first) else {
                Issue.record("the next round is open")
                return
            }
            var old = world.parameters
            old.round = 1
            old.attempt = 3
            guard case .refuse = try #require(client.handle(.begin(old, modelHash: World.model, entropy: entropy)).first) else {
                Issue.record("rounds do not go back")
                return
            }
        }
    }

    private let entropy = Secret([UInt8](repeating: 5, count: 32))

    private func restarted(_ world: World, _ member: Int, _ record: ClientRecord?) throws -> MaskingClient {
        try MaskingClient(
            index: member, roster: world.roster, partition: world.partition,
            identity: world.parameters.mode == .maliciousServer ? world.identities[member] : nil,
            planHash: World.planHash, floors: ClientFloors(mode: world.parameters.mode), record: record, suite: world.suite)
    }

    /// A client that was restarted has no shares any more; it signs and reveals nothing for the attempt it was in.
    @Test func restartedClientsAreDroppedHolders() throws {
        var world = try world()
        var requests: [UnmaskRequest] = []
        world.tamperUnmask = { _, request in
            requests.append(request)
            return nil
        }
        world.run()
        var client = try restarted(world, 6, world.clients[6].record)
        let request = try #require(requests.first)
        guard case .refuse(.secretsGone) = try #require(client.handle(.unmask(request)).first) else {
            Issue.record("no secrets, no answer")
            return
        }
        guard case .refuse(.secretsGone) = try #require(client.handle(.begin(world.parameters, modelHash: World.model, entropy: entropy)).first) else {
            Issue.record("the attempt it signed for is not begun again")
            return
        }
    }

    /// Below the client's own floors, field by field; and numbers no plan has.
    @Test func floors() throws {
        let world = try world()
        func refusal(_ change: (inout RoundParameters) -> Void) -> SecureAggregationError? {
            var client = world.clients[0]
            var parameters = world.parameters
            change(&parameters)
            guard case .refuse(let error)? = client.handle(.begin(parameters, modelHash: World.model, entropy: entropy)).first else { return nil }
            return error
        }
        func field(_ error: SecureAggregationError?) -> String {
            switch error {
            case .belowFloor(let field, _, _): field
            case .malformed(let field): "malformed " + field
            default: "\(String(describing: error))"
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(field(refusal { $0.mode = .honestButCurious }) == "mode")
        #expect(field(refusal { $0.groupFloor = 3 }) == "group_floor")
        #expect(field(refusal { $0.threshold = 3 }) == "threshold")
        #expect(field(refusal { ($0.holders, $0.threshold) = (29, 12) }) == "threshold", "t of all could be had twice")
        #expect(field(refusal { $0.corrupt = 1 }) == "corrupt")
        #expect(field(refusal { $0.quorum = 14 }) == "quorum")
        #expect(field(refusal { $0.members = 29 }) == "members")
        #expect(field(refusal { $0.threshold = 0 }) == "malformed threshold")
        #expect(field(refusal { $0.encoding.width = 18 }) == "malformed width", "a sum of five 16-bit numbers does not fit")
        #expect(field(refusal { $0.maskDegree = 2 }) == "malformed mask_degree")
        for change in [
            { $0.session = [1] }, { $0.epoch = 2 }, { $0.planHash[0] ^= 1 }, { $0.modelHash[0] ^= 1 }, { $0.rosterHash[0] ^= 1 }, { $0.partitionHash[0] ^= 1 },
        ] as [(inout RoundParameters) -> Void] { #expect(refusal(change) == .otherTranscript) }
    }

    @Test func aClientThatInsistsOnXWingTakesNothingLess() throws {
        let world = try world()
        var client = try MaskingClient(
            index: 0, roster: world.roster, partition: world.partition, identity: world.identities[0], planHash: World.planHash,
            floors: ClientFloors(mode: world.parameters.mode, keyExchange: .xWing), record: nil, suite: world.suite)
        guard case .refuse(.belowFloor("key_agreement", "x25519", "x_wing"))? =
            client.handle(.begin(world.parameters, modelHash: World.model, entropy: entropy)).first
        else {
            Issue.record("not refused")
            return
        }
    }

    /// A second begin of the same attempt would be a second advert.
    @Test func oneAdvertAnAttempt() throws {
        let world = try world()
        var client = world.clients[0]
        _ = client.handle(.begin(world.parameters, modelHash: World.model, entropy: entropy))
        guard case .refuse(let error)? = client.handle(.begin(world.parameters, modelHash: World.model, entropy: entropy)).first else {
            Issue.record("a second advert")
            return
        }
        #expect(isContradiction(error))
    }

    /// Entropy that repeats still gives other keys in another attempt, round and member.
    @Test func repeatedEntropyGivesOtherKeys() throws {
        let world = try world()
        var keys: Set<[UInt8]> = []
        for (member, round, attempt) in [(0, 1, 1), (0, 1, 2), (0, 2, 1), (1, 1, 1)] {
            var client = world.clients[member]
            var parameters = world.parameters
            (parameters.round, parameters.attempt) = (round, attempt)
            guard case .sendAdvert(let advert)? = client.handle(.begin(parameters, modelHash: World.model, entropy: entropy)).first else { continue }
            keys.formUnion([advert.maskKey, advert.shareKey, advert.nonce])
        }
        #expect(keys.count == 12)
    }

    /// In a retry nobody may come back or come in: groups only shrink.
    @Test func aRetryHasNoNewMembers() throws {
        var world = try world(.honestButCurious)
        world.gone["advert"] = [5]
        world.gone["receipt"] = Set(10..<20)
        world.run()
        #expect(world.aborted != nil)
        world.gone = [:]
        world.parameters.attempt = 2
        // A server that lets the fifth in again.
        world.server = try MaskingServer(world.parameters, partition: world.partition, roster: world.roster, goodGroupsMin: 5, suite: .simulated)
        world.run()
        #expect(world.opened.isEmpty && world.storage.isEmpty)
        #expect(world.clientRefusals.count { isContradiction($0.1) } >= 25)
        // And the honest one does not.
        var honest = try MaskingServer(
            world.parameters, partition: world.partition, roster: world.roster, goodGroupsMin: 5, retryOf: Set((0..<30).filter { $0 != 5 }), suite: .simulated)
        let advert = Advert(index: 5, maskKey: World.model, shareKey: World.planHash, nonce: World.model, signature: World.model + World.model)
        guard case .refuse(from: 5, _)? = honest.handle(.advert(advert)).first else {
            Issue.record("member 5 came back")
            return
        }
    }
}
