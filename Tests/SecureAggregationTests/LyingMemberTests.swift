import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Members that lie: they spoil at most their own group, and are named.
@Suite struct LyingMemberTests {
    private func world(seed: UInt64 = 1) throws -> World { try World(members: 30, seed: seed, suite: .simulated) }

    /// A holder whose shares are wrong: erasures with its name, and every sum is right.
    @Test func wrongSharesAreErasures() throws {
        for seed in 0..<10 as Range<UInt64> {
            var world = try world(seed: seed)
            world.gone["input"] = [20]
            world.tamperResponse = { response in
                guard response.holder == 4 else { return response }
                var response = response
                for i in response.items.indices { response.items[i].share[i] ^= 1 }
                return response
            }
            // So that nobody's answer comes too late to be looked at.
            world.run()
            #expect(world.aborted == nil && world.void.isEmpty)
            #expect(try world.violations() == [])
            #expect(world.evidence.allSatisfy { if case .wrongShare(_, 4) = $0 { true } else { false } })
        }
    }

    /// A wrong salt is a wrong share too.
    @Test func wrongSaltsAreErasures() throws {
        var world = try world()
        world.tamperResponse = { response in
            var response = response
            if response.holder == 0 { for i in response.items.indices { response.items[i].salt[0] ^= 1 } }
            return response
        }
        world.run()
        #expect(world.aborted == nil && world.evidence.count > 0)
        #expect(try world.violations() == [])
    }

    /// Shares that match their commitments and give no secret of the dealer's: its group is void, with its name; no other is.
    @Test(arguments: [false, true], [Forger.Lie.otherSecrets, .noPolynomial]) func aLyingDealerVoidsItsGroup(dropsOut: Bool, lie: Forger.Lie) throws {
        var world = try world()
        world.gone["advert"] = [11]
        world.forger = Forger(index: 11, dropsOut: dropsOut, lie: lie)
        world.run()
        #expect(world.aborted == nil && world.server.survivors.contains(11) == !dropsOut)
        #expect(world.void.map(\.group) == [world.partition.group(of: 11)] && world.void.map(\.reason) == [.unopenable(dealer: 11)])
        #expect(world.evidence == [.unopenable(dealer: 11)])
        #expect(world.opened.count == world.plan.groups - 1)
        #expect(try world.violations() == [])
    }

    /// A bundle that was changed on its way: its holders see another digest than the one its shares are sealed for.
    @Test func aChangedBundleIsLeftOut() throws {
        var world = try world()
        world.tamperBundle = { bundle in
            var bundle = bundle
            if bundle.dealer == 11 { bundle.seedCommitment[0] ^= 1 }
            return bundle
        }
        world.run()
        #expect(!world.server.survivors.contains(11))
        #expect(try world.violations() == [])
        #expect(world.aborted == nil)
    }

    /// A dealer whose shares open nowhere leaves U2, and is reported.
    @Test func aDealerOfRubbishIsLeftOut() throws {
        var world = try world()
        world.tamperBundle = { bundle in
            var bundle = bundle
            if bundle.dealer == 11 { for i in bundle.shares.indices { bundle.shares[i].sealed[50] ^= 1 } }
            return bundle
        }
        world.run()
        #expect(!world.server.survivors.contains(11) && world.aborted == nil)
        #expect(world.evidence.contains(.complaints(dealer: 11, count: world.plan.holderGraph.holders)))
        #expect(try world.violations() == [])
    }

    /// One wrong vector spoils its group's sum only; the check lanes show it.
    @Test func aWrongVectorSpoilsItsGroupOnly() throws {
        var world = try world()
        world.tamperLanes = { member, lanes in
            guard member == 8 else { return lanes }
            var lanes = lanes
            for i in lanes.indices.dropLast(1) { lanes[i] = lanes[i] &* 31 &+ 7 }
            return lanes
        }
        world.run()
        for group in world.opened {
            let sum = GroupSum(lanes: try world.sum(group).lanes, clients: group.members.count, parameters: world.parameters.encoding)
            #expect((sum == nil) == group.members.contains(8))
        }
    }

    @Test func vectorsOfAnotherLength() throws {
        var sum = MaskedVector(zeros: 9, width: 19)
        let packed = sum.packed
        #expect(packed.count == 22)
        #expect(throws: SecureAggregationError.malformed(field: "lanes")) { try sum.add(packed: Array(packed.dropLast())) }
        #expect(throws: SecureAggregationError.malformed(field: "lanes")) { try sum.add(packed: packed + [0]) }
        var stray = packed
        stray[21] |= 0x08
        #expect(throws: SecureAggregationError.malformed(field: "lanes")) { try sum.add(packed: stray) }
        stray[21] = 0x07
        try sum.add(packed: stray)
        #expect(sum.lanes[8] == 0x70000)
    }

    /// What the server refuses: late, twice and different, of others, of another transcript.
    @Test func whatTheServerRefuses() throws {
        var world = try world()
        world.gone["input"] = [20]
        world.run()
        #expect(world.aborted == nil)
        func refusal(_ event: MaskingServer.Event) -> SecureAggregationError? {
            var server = world.server
            guard case .refuse(_, let error)? = server.handle(event).first else { return nil }
            return error
        }
        let transcript = world.server.transcript
        // The late update of one that is counted as dropped, and the replay of one that is there.
        guard case .outOfOrder = refusal(.stored(MaskedInput(index: 20, transcript: transcript))) else {
            Issue.record("a late vector")
            return
        }
        #expect(refusal(.stored(MaskedInput(index: 3, transcript: transcript))) == nil)
        #expect(refusal(.stored(MaskedInput(index: 3, transcript: World.model))) == .otherTranscript)
        let advert = Advert(index: 3, maskKey: World.model, shareKey: World.planHash, nonce: World.model, signature: World.model + World.model)
        guard case .contradiction = refusal(.advert(advert)) else {
            Issue.record("a second advert")
            return
        }
        guard case .contradiction = refusal(.bundle(ShareBundle(dealer: 3, seedCommitment: World.model, shares: []))) else {
            Issue.record("a second bundle")
            return
        }
        guard case .contradiction = refusal(.receipt(ShareReceipt(holder: 3, complaints: [1]))) else {
            Issue.record("a second receipt")
            return
        }
        guard case .outOfOrder = refusal(.signature(SurvivorSignature(index: 3, signature: World.model + World.model))) else {
            Issue.record("a signature nobody asked for")
            return
        }
        guard case .outOfOrder = refusal(.response(UnmaskResponse(holder: 20, transcript: transcript, items: []))) else {
            Issue.record("shares of the dropped")
            return
        }
    }

    /// Adverts with each other's keys, or keys that are none.
    @Test func adverts() throws {
        let world = try world()
        var server = world.server
        let first = Advert(index: 3, maskKey: World.model, shareKey: World.planHash, nonce: World.model, signature: World.model + World.model)
        #expect(server.handle(.advert(first)).isEmpty)
        var copied = first
        copied.index = 4
        var short = first
        (short.index, short.maskKey, short.shareKey) = (5, [1, 2], [3])
        var stranger = first
        (stranger.index, stranger.maskKey, stranger.shareKey) = (30, World.session, World.session)
        for advert in [copied, short, stranger] {
            guard case .refuse(from: advert.index, _)? = server.handle(.advert(advert)).first else {
                Issue.record("\(advert.index)")
                continue
            }
        }
    }

    /// Whatever is in an advert, the rings are the same: nobody grinds its way to chosen holders.
    @Test func advertsDoNotMoveTheRing() throws {
        func holders(_ seed: UInt64) throws -> [[Int]] {
            var world = try World(members: 30, seed: 1, suite: .simulated)
            world.numbers = Numbers(state: seed)
            var holders: [[Int]] = []
            world.tamperBundle = { bundle in
                holders.append(bundle.shares.map(\.holder))
                return bundle
            }
            world.run()
            return holders
        }
        #expect(try holders(1) == holders(2))
    }
}
