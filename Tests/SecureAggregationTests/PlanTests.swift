import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

@Suite struct TailTests {
    /// The definition, with whole numbers: counts of draws over all draws.
    private static func twin(_ atLeast: Int, _ population: Int, _ marked: Int, _ drawn: Int) -> Double {
        func choose(_ n: Int, _ k: Int) -> Double {
            guard k >= 0, k <= n else { return 0 }
            return (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
        }
        let favourable = (max(atLeast, 0)...drawn).reduce(0.0) { $0 + choose(marked, $1) * choose(population - marked, drawn - $1) }
        return favourable / choose(population, drawn)
    }

    @Test func tailsAreThoseOfTheDefinition() {
        for population in [5, 12, 40] {
            for marked in 0...population {
                for drawn in 1...population {
                    for atLeast in 1...drawn where atLeast * population > marked * drawn {
                        let tail = Tails.atLeast(atLeast, population: population, marked: marked, drawn: drawn)
                        let twin = Self.twin(atLeast, population, marked, drawn)
                        #expect(abs(tail - twin) <= 1e-9 * twin, "\(atLeast) of \(drawn) out of \(population) with \(marked)")
                    }
                }
            }
        }
    }

    @Test func tailsAtTheirEnds() {
        #expect(Tails.atLeast(4, population: 10, marked: 3, drawn: 5) == 0)
        #expect(Tails.atLeast(1, population: 10, marked: 5, drawn: 5) == 1)
        #expect(Tails.atLeast(0, population: 10, marked: 0, drawn: 5) == 1)
        // C(999 - 50, ...) by hand is out of reach; SciPy's hypergeom(999, 50, 42).sf(19).
        let tail = Tails.atLeast(20, population: 999, marked: 50, drawn: 42)
        #expect(tail > 0x1p-55 && tail < 0x1p-54)
    }
}

@Suite struct PlanTests {
    private func request(_ members: Int) -> PlanRequest { PlanRequest(members: members, dimension: 1000, l2Clip: 1, coordinateClip: 0.1) }

    /// The table of the design: 5 % curious, 5 % wrong shares, 10 % drop-outs.
    @Test(arguments: [(30, 8, 3, 13, 8), (100, 17, 6, 34, 20), (1000, 42, 20, 106, 67)])
    func holdersAndThresholds(members: Int, curiousK: Int, curiousT: Int, lyingK: Int, lyingT: Int) {
        func smallest(_ mode: TrustMode) -> HolderGraphSize? {
            HolderAssumptions(
                members: members, corrupt: members * 5 / 100 + (members == 30 ? 1 : 0), wrong: members == 30 ? 2 : members / 20, absent: members / 10,
                mode: mode
            )
            .smallest()
        }
        #expect(smallest(.honestButCurious) == HolderGraphSize(holders: curiousK, threshold: curiousT))
        #expect(smallest(.maliciousServer) == HolderGraphSize(holders: lyingK, threshold: lyingT))
    }

    @Test func theSmallestIsTheSmallest() throws {
        for members in [10, 20, 30, 64, 100] {
            for mode in [TrustMode.honestButCurious, .maliciousServer] {
                let five = (members * 5 + 99) / 100
                let assumptions = HolderAssumptions(members: members, corrupt: five, wrong: five, absent: (members + 9) / 10, mode: mode)
                let found = try #require(assumptions.smallest())
                for holders in 1...found.holders {
                    for threshold in 1...holders {
                        let size = HolderGraphSize(holders: holders, threshold: threshold)
                        guard assumptions.isPrivate(size), assumptions.isReliable(size) else { continue }
                        #expect(holders == found.holders && threshold >= found.threshold)
                    }
                }
            }
        }
    }

    @Test func groupsAndWidths() throws {
        var plan = try SecureAggregationPlan(request(30))
        #expect(plan.byzantine == 2 && plan.groups == 6 && plan.smallestGroup == 5 && plan.encoding.width == 19 && plan.voidGroupsBorne == 1)
        plan = try SecureAggregationPlan(request(100))
        #expect(plan.byzantine == 5 && plan.groups == 20 && plan.maskDegree == 0 && plan.holderGraph == HolderGraphSize(holders: 17, threshold: 6))
        var one = request(1000)
        one.robust = false
        plan = try SecureAggregationPlan(one)
        #expect(plan.groups == 1 && plan.encoding.width == 26 && plan.maskDegree >= 10 && plan.maskDegree % 2 == 0 && plan.byzantine == 0)
        #expect(EncodingParameters.width(bits: 16, clients: 10) == 20)
        #expect(EncodingParameters.width(bits: 1, clients: 1) == 1 && EncodingParameters.width(bits: 8, clients: 256) == 16)
        #expect(EncodingParameters.width(bits: 8, clients: 257) == 16 && EncodingParameters.width(bits: 8, clients: 258) == 17)
    }

    @Test func whatTheCoordinatorSeesIsSaid() throws {
        var request = request(30)
        #expect(
            try SecureAggregationPlan(request).disclosure.contains(
                "6 sums over groups of 5 members, none of fewer than 4, of which 2 at least are honest; the groups stay"))
        (request.regroupAfterRounds, request.regroupingIsAccepted) = (10, true)
        let plan = try SecureAggregationPlan(request)
        // 29 unknowns beyond the total, five new sums a partition: the sixth partition, which begins with round 51.
        #expect(plan.solvableAfterRounds == 51 && plan.disclosure.contains("after round 51"))
    }

    /// Every width holds its sum, and one bit less does not.
    @Test func widthsAreTight() {
        for bits in 1...24 {
            for clients in [1, 2, 3, 5, 9, 10, 64, 100, 1000] {
                let width = EncodingParameters.width(bits: bits, clients: clients)
                let largest = UInt64(clients) * ((1 << UInt64(bits)) - 1)
                #expect(largest < 1 << UInt64(width) && largest >= 1 << UInt64(width - 1))
            }
        }
    }

    /// Each refusal has the number that is needed.
    @Test func refusalsHaveNumbers() {
        func refusal(_ members: Int, _ change: (inout PlanRequest) -> Void) -> String {
            var request = request(members)
            change(&request)
            do throws(SecureAggregationError) {
                let plan = try SecureAggregationPlan(request)
                return "accepted: \(plan)"
            } catch {
                guard case .plan(let text) = error else { return "\(error)" }
                return text
            }
        }
        #expect(refusal(14) { ($0.byzantine, $0.rosterFloor, $0.openingFloor) = (2, 3, 3) }.contains("which are 15 clients"))
        #expect(refusal(24) { $0.byzantine = 2 }.contains("which are 25 clients"))
        #expect(refusal(30) { $0.differentialPrivacy = true }.contains("8 groups for 2 modified clients, which are 40 clients"))
        #expect(refusal(30) { $0.mode = .maliciousServer }.contains("pinned outside the coordinator"))
        #expect(refusal(30) { $0.weightMax = 100 }.contains("cannot be verified"))
        #expect(refusal(30) { ($0.robust, $0.bits, $0.weightMax) = (false, 4, 16) }.contains("at most 15"))
        #expect(refusal(10_000) { ($0.robust, $0.bits) = (false, 24) }.contains("ring of 38 bits, and there are 32: take at most 18 bits"))
        #expect(refusal(30) { $0.openingFloor = 6 }.contains("at most the roster floor 5"))
        #expect(refusal(30) { $0.l2Clip = .nan }.contains("l2_clip"))
        #expect(refusal(30) { $0.coordinateClip = -1 }.contains("coordinate_clip"))
        #expect(refusal(30) { $0.quorum = 0.5 }.contains("quorum"))
        #expect(refusal(30) { $0.corruptRate = 0.5 }.contains("corrupt"))
        #expect(refusal(30) { $0.bits = 25 }.contains("bits"))
        #expect(refusal(30) { $0.regroupAfterRounds = 1 }.contains("solved for after round 6: keep the groups"))
        #expect(refusal(30) { $0.regroupAfterRounds = 0 }.contains("at least 1"))
        #expect(refusal(2) { _ in }.contains("3 to"))
        #expect(refusal(30) { $0.byzantine = 0 }.contains("byzantine_tolerance"))
        #expect(refusal(5) { ($0.robust, $0.mode, $0.identitiesPinned, $0.corruptRate) = (false, .maliciousServer, true, 0.4) }.contains("lying coordinator"))
    }
}

@Suite struct GraphTests {
    private let suite = CryptoSuite.simulated

    @Test func everyMemberHoldsAsManyAsHoldIts() {
        for (count, holders) in [(2, 1), (5, 4), (5, 9), (30, 8), (30, 13), (101, 17)] {
            let members = (0..<count).map { 3 * $0 + 1 }
            let ring = HolderRing(members: members, seed: [1], round: 2, attempt: 1, holders: holders, suite: suite)
            for member in members {
                let (mine, theirs) = (ring.holders(of: member), ring.dealers(of: member))
                #expect(mine.count == min(holders, count - 1) && theirs.count == mine.count)
                #expect(mine == mine.sorted() && Set(mine).count == mine.count && !mine.contains(member))
                for holder in mine { #expect(ring.dealers(of: holder).contains(member)) }
                for dealer in theirs { #expect(ring.holders(of: dealer).contains(member)) }
            }
            #expect(ring.holders(of: 0).isEmpty)
        }
    }

    /// Another round or attempt stands in another order, and nothing an advert holds can change it.
    @Test func ringsAreDrawnAnew() {
        let members = Array(0..<40)
        func ring(_ round: Int, _ attempt: Int, _ seed: UInt8 = 1) -> HolderRing {
            HolderRing(members: members, seed: [seed], round: round, attempt: attempt, holders: 8, suite: suite)
        }
        #expect(ring(1, 1) == ring(1, 1) && ring(1, 1) != ring(2, 1) && ring(1, 1) != ring(1, 2) && ring(1, 1) != ring(1, 1, 2))
    }

    @Test func maskNeighboursAreMutual() {
        for (count, degree) in [(1, 0), (4, 0), (64, 0), (65, 12), (100, 62), (14, 12), (13, 12)] {
            let group = (0..<count).map { ($0 * 7) % 101 }
            for member in group {
                let neighbours = MaskGraph.neighbours(of: member, group: group, degree: degree)
                #expect(neighbours.count == (degree == 0 || degree >= count - 1 ? count - 1 : degree) && !neighbours.contains(member))
                for other in neighbours { #expect(MaskGraph.neighbours(of: other, group: group, degree: degree).contains(member)) }
            }
        }
        #expect(MaskGraph.degree(group: 64, corrupt: 5, absent: 6) == 0)
        #expect(MaskGraph.degree(group: 70, corrupt: 34, absent: 35) == nil)
    }
}
