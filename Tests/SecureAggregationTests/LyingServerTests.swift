import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// A coordinator that lies: each attack of the design ends in a refusal, and nothing is revealed that should not be.
@Suite struct LyingServerTests {
    private func world(_ mode: TrustMode = .maliciousServer, seed: UInt64 = 1, members: Int = 30) throws -> World {
        try World(members: members, mode: mode, seed: seed, suite: .simulated)
    }

    private func refusals(_ world: World, of member: Int) -> [SecureAggregationError] { world.clientRefusals.filter { $0.0 == member }.map(\.1) }

    private func isContradiction(_ error: SecureAggregationError?) -> Bool {
        if case .contradiction = error { true } else { false }
    }

    /// One model for the victim: its bundle and masks belong to another transcript, so it never becomes a member of U2.
    @Test(arguments: [TrustMode.honestButCurious, .maliciousServer]) func differentModels(mode: TrustMode) throws {
        for seed in 0..<10 as Range<UInt64> {
            var world = try world(mode, seed: seed)
            world.modelOf[7] = [UInt8](repeating: 9, count: 32)
            world.run()
            #expect(!world.server.survivors.contains(7) && world.revealed[7] == nil)
            #expect(try world.violations() == [])
        }
    }

    /// Half of the cohort on another model: the masks do not cancel, and the sums show that they are none.
    @Test func halfOfTheCohortOnAnotherModelGivesNoSums() throws {
        var world = try world(.honestButCurious)
        for member in stride(from: 0, to: 30, by: 2) { world.modelOf[member] = [UInt8](repeating: 9, count: 32) }
        world.run()
        #expect(world.aborted != nil && world.opened.isEmpty && world.revealed.isEmpty)
        // A coordinator that adds what it has all the same: vectors masked under two transcripts.
        var one = try self.world(.honestButCurious, seed: 3)
        var other = try self.world(.honestButCurious, seed: 3)
        other.parameters.modelHash = [UInt8](repeating: 9, count: 32)
        for member in other.clients.indices { other.modelOf[member] = other.parameters.modelHash }
        other.server = try MaskingServer(other.parameters, partition: other.partition, roster: other.roster, goodGroupsMin: 1, suite: .simulated)
        one.run()
        other.run()
        for (group, twin) in zip(one.opened, other.opened) {
            one.storage[group.members[0]] = other.storage[group.members[0]]
            let mixed = try one.sum(group)
            #expect(GroupSum(lanes: mixed.lanes, clients: group.members.count, parameters: one.parameters.encoding) == nil)
            #expect(GroupSum(lanes: try other.sum(twin).lanes, clients: twin.members.count, parameters: one.parameters.encoding) != nil)
        }
    }

    /// Keys of the coordinator in the victim's neighbours' place.
    @Test func swappedKeys() throws {
        for signed in [true, false] {
            var world = try world(signed ? .maliciousServer : .honestButCurious)
            world.tamperAdverts = { member, list in
                guard member == 4 else { return list }
                var list = list
                for i in list.adverts.indices where list.adverts[i].index != 4 { list.adverts[i].maskKey[0] ^= 1 }
                return list
            }
            world.run()
            let refused = refusals(world, of: 4)
            if signed {
                guard case .notAuthentic = refused.first else {
                    Issue.record("\(refused)")
                    return
                }
            }
            // Without signatures its shares do not open for anybody, who see another list of adverts.
            #expect(!world.server.survivors.contains(4) && world.revealed[4] == nil)
            #expect(try world.violations() == [])
        }
    }

    /// The victim is shown a list with its own advert changed, or without itself.
    @Test func ownAdvertIsLookedFor() throws {
        for change in 0..<2 {
            var world = try world()
            world.tamperAdverts = { member, list in
                guard member == 4 else { return list }
                return AdvertList(
                    list.adverts.compactMap { advert in
                        var advert = advert
                        if advert.index == 4 {
                            if change == 0 { return nil }
                            advert.shareKey[1] ^= 1
                        }
                        return advert
                    })
            }
            world.run()
            #expect(isContradiction(refusals(world, of: 4).first))
        }
    }

    /// Different survivors to different members: no set gets q signatures besides the one that has them.
    @Test func twoSetsOfSurvivors() throws {
        var world = try world()
        world.tamperSurvivors = { member, notice in
            member < 15 ? notice : SurvivorNotice(transcript: notice.transcript, survivors: notice.survivors.filter { $0 != 3 })
        }
        world.run()
        #expect(world.aborted != nil && world.opened.isEmpty && world.revealed.isEmpty)
    }

    /// Everybody signed for one set; the request that comes is for another.
    @Test func anotherSetThanSignedFor() throws {
        var world = try world()
        world.tamperUnmask = { _, request in
            UnmaskRequest(
                transcript: request.transcript, survivors: request.survivors.filter { $0 != 3 }, dropped: [3],
                signatures: request.signatures.filter { $0.index != 3 })
        }
        world.run()
        #expect(world.revealed.isEmpty && world.opened.isEmpty)
        #expect((0..<30).filter { $0 != 3 }.allSatisfy { isContradiction(refusals(world, of: $0).first) })
    }

    @Test func tooFewOrFalseSignatures() throws {
        for change in 0..<4 {
            var world = try world()
            let needed = (30 + world.plan.corrupt) / 2 + 1
            world.tamperUnmask = { _, request in
                var request = request
                switch change {
                case 0: request.signatures = Array(request.signatures.prefix(needed - 1))
                case 1: request.signatures[5].signature[0] ^= 1
                case 2: request.signatures = []
                default: request.signatures[5].signature = request.signatures[6].signature
                }
                return request
            }
            world.run()
            #expect(world.revealed.isEmpty && world.clientRefusals.count >= 30)
        }
        var enough = try world()
        enough.tamperUnmask = { _, request in
            UnmaskRequest(
                transcript: request.transcript, survivors: request.survivors, dropped: request.dropped, signatures: Array(request.signatures.prefix(17)))
        }
        enough.run()
        #expect(!enough.opened.isEmpty && enough.clientRefusals.isEmpty, "q = (30 + 2) / 2 + 1 = 17 are enough")
    }

    /// The coordinator says the victim is dead, to the victim and to others.
    @Test func selfDeclaredDead() throws {
        var world = try world(.honestButCurious)
        world.tamperUnmask = { _, request in
            UnmaskRequest(transcript: request.transcript, survivors: request.survivors.filter { $0 != 9 }, dropped: [9], signatures: [])
        }
        world.run()
        #expect(isContradiction(refusals(world, of: 9).first))
    }

    /// Flower's unmask step did not look whether the two sets are disjoint.
    @Test func overlappingAndIncompleteSets() throws {
        for change in 0..<4 {
            var world = try world(.honestButCurious)
            world.gone["input"] = [2]
            world.tamperUnmask = { _, request in
                var request = request
                switch change {
                case 0: request.dropped.append(5)
                case 1: request.dropped = []
                case 2: request.survivors.append(31)
                default: request.survivors = request.survivors.reversed()
                }
                return request
            }
            world.run()
            #expect(world.revealed.isEmpty && world.opened.isEmpty && world.clientRefusals.count >= 29)
        }
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

    /// Shares for a request of another attempt or session.
    @Test func anotherTranscript() throws {
        var world = try world(.honestButCurious)
        world.tamperUnmask = { _, request in
            UnmaskRequest(transcript: [UInt8](repeating: 0, count: 32), survivors: request.survivors, dropped: request.dropped, signatures: [])
        }
        world.run()
        #expect(world.revealed.isEmpty && world.clientRefusals.allSatisfy { $0.1 == .otherTranscript } && world.clientRefusals.count == 30)
    }

    /// A dealer's bundle is exchanged for another in what one member sees of U2.
    @Test func twoBundlesOfOneDealer() throws {
        var world = try world(.honestButCurious)
        world.tamperConfirmation = { member, confirmation in
            var confirmation = confirmation
            for i in confirmation.members.indices where confirmation.members[i].index != member { confirmation.members[i].bytes[0] ^= 1 }
            return confirmation
        }
        world.run()
        #expect(world.clientRefusals.count == 30 && world.storage.isEmpty && world.revealed.isEmpty)
    }

    /// Sealed shares cannot be exchanged, given to another holder or made by the coordinator.
    @Test func deliveriesAreAuthentic() throws {
        var world = try world(.honestButCurious)
        world.tamperDelivery = { member, delivery in
            guard member == 3 else { return delivery }
            var delivery = delivery
            delivery.items[0].sealed[40] ^= 1
            delivery.items[1].selfCommitment[0] ^= 1
            (delivery.items[2].sealed, delivery.items[3].sealed) = (delivery.items[3].sealed, delivery.items[2].sealed)
            return delivery
        }
        world.run()
        #expect(world.aborted == nil)
        #expect(try world.violations() == [], "four complaints of one holder are erasures")
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
