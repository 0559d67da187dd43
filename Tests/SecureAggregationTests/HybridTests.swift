import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Whole attempts with X-Wing: edges are dealt, and a dropped member's are opened with its secret alone.
@Suite struct HybridTests {
    private func world(
        _ members: Int, _ mode: TrustMode = .honestButCurious, seed: UInt64, _ change: (inout PlanRequest) -> Void = { _ in }
    ) throws -> World {
        try World(members: members, mode: mode, seed: seed, suite: .simulated) {
            $0.keyExchange = .xWing
            change(&$0)
        }
    }

    @Test(arguments: [TrustMode.honestButCurious, .maliciousServer]) func everybodyThere(mode: TrustMode) throws {
        for (members, seed) in [(15, 1), (30, 2), (100, 3)] as [(Int, UInt64)] {
            var world = try world(members, mode, seed: seed)
            world.run()
            #expect(world.aborted == nil && world.opened.flatMap(\.members).sorted() == Array(0..<members))
            #expect(try world.violations() == [])
            #expect(world.clientRefusals.isEmpty && world.serverRefusals.isEmpty && world.clients.allSatisfy { !$0.holdsSecrets })
        }
    }

    @Test func dropOuts() throws {
        var (finished, aborted) = (0, 0)
        for seed in 0..<80 as Range<UInt64> {
            var world = try world(20 + Int(seed % 3) * 10, seed % 2 == 0 ? .honestButCurious : .maliciousServer, seed: 2000 + seed) { $0.byzantine = 1 }
            var numbers = Numbers(state: seed)
            let rate = [2, 5, 10, 20][Int(seed % 4)]
            for phase in ["advert", "bundle", "receipt", "input", "signature", "response"] {
                world.gone[phase] = Set(world.clients.indices.filter { _ in numbers.chance(rate) })
            }
            world.run()
            #expect(try world.violations() == [], "seed \(seed)")
            if world.aborted == nil { finished += 1 } else { aborted += 1 }
        }
        #expect(finished >= 15 && aborted >= 15, "\(finished) and \(aborted)")
    }

    /// More than 64 in a group: edges were dealt along the ring of those that advertised, and some of them are gone.
    @Test func oneSumOverEverybody() throws {
        var world = try World(members: 90, seed: 7, suite: .simulated, weightMax: 200) { $0.keyExchange = .xWing }
        #expect(world.plan.groups == 1 && world.plan.maskDegree > 0)
        world.gone["advert"] = [20]
        world.gone["receipt"] = [40, 41]
        world.gone["input"] = [3, 50, 51]
        world.run()
        #expect(world.aborted == nil && world.opened.first?.members.count == 84)
        #expect(try world.violations() == [])
    }

    // MARK: Lies

    private func refusals(_ world: World, of member: Int) -> String { world.clientRefusals.filter { $0.0 == member }.map { "\($0.1)" }.joined() }

    /// Two members of one group, the lower one first.
    private func pair(_ world: World) throws -> (lower: Int, higher: Int) {
        let group = try #require(world.partition.groups.first).sorted()
        return (group[0], try #require(group.last))
    }

    /// An edge that does not open: the two do without it, and everybody's sum stands, also when one of them drops out.
    @Test func aWrongEdgeIsNamedAndLeftOut() throws {
        for gone in [nil, true, false] as [Bool?] {
            var world = try world(30, .maliciousServer, seed: 4)
            let (lower, higher) = try pair(world)
            if let gone { world.gone["input"] = [gone ? lower : higher] }
            world.tamperBundle = { bundle in
                guard bundle.dealer == lower, let place = bundle.edges.firstIndex(where: { $0.member == higher }) else { return bundle }
                var bundle = bundle
                bundle.edges[place].sealed[40] ^= 1
                return bundle
            }
            world.run()
            #expect(world.evidence == [.edge(dealer: lower, member: higher)] && world.clientRefusals.isEmpty)
            #expect(world.aborted == nil && world.opened.count == world.plan.groups && world.server.survivors.count == (gone == nil ? 30 : 29))
            #expect(try world.violations() == [])
        }
    }

    /// Another promise makes another digest, and nothing of the bundle opens for anybody: its dealer is left out, and nobody else.
    @Test func anotherPromiseLeavesItsDealerOut() throws {
        var world = try world(30, seed: 4)
        let (lower, _) = try pair(world)
        world.tamperBundle = { bundle in
            var bundle = bundle
            if bundle.dealer == lower { bundle.edges[0].commitment[0] ^= 1 }
            return bundle
        }
        world.run()
        #expect(world.server.survivors == (0..<30).filter { $0 != lower } && world.aborted == nil)
        #expect(try world.violations() == [])
    }

    /// The coordinator says of an edge that it did not open.
    @Test func aMemberIsNotToldThatItsEdgesOpenedOtherwise() throws {
        var world = try world(30, .maliciousServer, seed: 11)
        let (lower, higher) = try pair(world)
        world.tamperConfirmation = { member, confirmation in
            guard member == higher else { return confirmation }
            return Confirmation(confirmation.members, exchange: .xWing, void: [VoidEdge(lower: lower, higher: higher)])
        }
        world.run()
        #expect(refusals(world, of: higher).contains("opened otherwise") && !world.server.survivors.contains(higher))
        #expect(try world.violations() == [])
        // To the lower member it is said of an edge that is not its own to judge: its masks are under another transcript, and it drops out.
        var other = try self.world(30, .maliciousServer, seed: 11)
        other.tamperConfirmation = { member, confirmation in
            guard member == lower else { return confirmation }
            return Confirmation(confirmation.members, exchange: .xWing, void: [VoidEdge(lower: lower, higher: higher)])
        }
        other.run()
        #expect(!other.server.survivors.contains(lower) && other.revealed[lower] != [.selfSeed])
        #expect(try other.violations() == [])
    }

    /// The coordinator seals an edge itself: it has no key of the dealer's, so it cannot.
    @Test func anEdgeOfTheCoordinatorsOwnDoesNotOpen() throws {
        var world = try world(30, .maliciousServer, seed: 5)
        let (lower, higher) = try pair(world)
        var adverts: AdvertList?
        world.tamperAdverts = { _, list in
            adverts = list
            return list
        }
        let suite = world.suite
        let digest = world.parameters.digest(suite)
        world.tamperDelivery = { member, delivery in
            guard member == higher, let list = adverts, let place = delivery.edges.firstIndex(where: { $0.dealer == lower }),
                let recipient = list.adverts.first(where: { $0.index == higher })?.maskKey
            else { return delivery }
            let first = KeySchedule.firstTranscript(parameters: digest, adverts: list.root(suite), suite: suite)
            let own = [UInt8](repeating: 7, count: 32)
            var delivery = delivery
            delivery.edges[place].commitment = KeySchedule.edgeCommitment(secret: own, lower: lower, higher: higher, first: first, suite: suite)
            delivery.edges[place].sealed =
                suite.keys.hybrid.seal(
                    recipient, own, KeySchedule.edgeInfo(first: first),
                    KeySchedule.sealingContext(dealer: lower, holder: higher, bundle: delivery.edges[place].bundle), own, own) ?? []
            return delivery
        }
        world.run()
        #expect(world.evidence == [.edge(dealer: lower, member: higher)])
        #expect(try world.violations() == [])
    }

    @Test func anEdgeThatIsKeptBackIsMissed() throws {
        var world = try world(30, seed: 6)
        let (lower, higher) = try pair(world)
        world.tamperDelivery = { member, delivery in
            var delivery = delivery
            if member == higher { delivery.edges.removeAll { $0.dealer == lower } }
            return delivery
        }
        world.run()
        #expect(refusals(world, of: higher).contains("edge was not delivered") && !world.server.survivors.contains(higher))
        #expect(try world.violations() == [])
    }

    /// Edges to whom it should not deal, and keys of the other exchange.
    @Test func bundlesAndAdvertsOfAnotherFormAreRefused() throws {
        var fewer = try world(30, seed: 7)
        let (lower, _) = try pair(fewer)
        fewer.tamperBundle = { bundle in
            var bundle = bundle
            if bundle.dealer == lower { bundle.edges.removeLast() }
            return bundle
        }
        fewer.run()
        #expect(fewer.serverRefusals.contains { $0.0 == lower && "\($0.1)".contains("other edges") })
        var short = try world(30, seed: 8)
        let advert = Advert(index: 3, maskKey: World.model, shareKey: World.model, nonce: World.model, signature: World.model + World.model)
        guard case .refuse(3, .malformed(field: "advert"))? = short.server.handle(.advert(advert)).first else {
            Issue.record("a short key")
            return
        }
    }

    /// Edges to a member that dropped out are opened with its secret, as they were kept.
    @Test func afterARestartTheSameGroupsAreOpened() throws {
        for mode in [TrustMode.honestButCurious, .maliciousServer] {
            var world = try world(30, mode, seed: 9)
            let group = try #require(world.partition.groups.first).sorted()
            world.gone["input"] = [group[1]]
            var requests: [(Int, UnmaskRequest)] = []
            world.tamperUnmask = { member, request in
                requests.append((member, request))
                return nil
            }
            world.begin()
            for _ in 0..<6 where world.server.phase != .unmasking { world.take(world.server.handle(.deadline)) }
            #expect(world.server.phase == .unmasking && requests.count >= 29)
            let kept = world.server.sealedState
            // Of the sealed edges, those to the dropped member alone.
            #expect(kept.count < 30 * (2 * 1248 + 32 + 64 + 4) + 29 * (36 + 17 * 68 + 9 * 40) + 9 * 1200 + 40_000)
            world.server = try MaskingServer(
                resuming: kept, world.parameters, partition: world.partition, roster: world.roster, goodGroupsMin: 1, suite: world.suite)
            #expect(world.server.sealedState == kept && world.server.phase == .unmasking)
            world.tamperUnmask = { $1 }
            for (member, request) in requests { world.send(member, .unmask(request)) }
            #expect(world.aborted == nil && world.opened.count == world.plan.groups && world.void.isEmpty)
            #expect(try world.violations() == [])
        }
    }
}
