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

    private func isNotAuthentic(_ error: SecureAggregationError?) -> Bool {
        if case .notAuthentic = error { true } else { false }
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
        // Who signed sees another set than its own; who was not asked yet sees that nobody signed for this one.
        let others = (0..<30).filter { $0 != 3 }
        #expect(others.count { isContradiction(refusals(world, of: $0).first) } >= 16)
        #expect(others.allSatisfy { isContradiction(refusals(world, of: $0).first) || isNotAuthentic(refusals(world, of: $0).first) })
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
}
