import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

@Suite struct GroupPlanTests {
    /// The design's numbers: two modified clients take 15 clients at a floor of 3, and 25 at 5.
    @Test func tooFewAreToldHowManyAreNeeded() throws {
        #expect(GroupPlan.clientsNeeded(byzantine: 2, floor: 3) == 15 && GroupPlan.clientsNeeded(byzantine: 2, floor: 5) == 25)
        #expect(
            throws: SecureAggregationError.plan(
                "2 modified clients need 5 groups of 5, which are 25 clients, and there are 21: wait for 25 clients, or set a lower byzantine_tolerance")
        ) { try GroupPlan(members: 21) }
        #expect(try GroupPlan(members: 25).groups == 5 && GroupPlan(members: 15, byzantine: 2, floors: .local).groups == 5)
        #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 14, byzantine: 2, floors: .local) }
        #expect(GroupPlan.clientsNeeded(byzantine: nil, floor: 5) == 15 && GroupPlan.clientsNeeded(byzantine: nil, floor: 5, atLeast: 21) == 25)
        #expect(GroupPlan.clientsNeeded(byzantine: 5000, floor: 5) == nil && GroupPlan.clientsNeeded(byzantine: .max, floor: .max) == nil)
    }

    /// Every cohort that is accepted keeps its promises, and the number named for the others is the smallest that is accepted.
    @Test func plansKeepTheirPromises() throws {
        for floors in [GroupFloors(), .local, GroupFloors(roster: 8, opening: 2)] {
            for n in 1...400 {
                for given in [nil, 1, 2, 7] as [Int?] where given ?? 0 < n {
                    do {
                        let plan = try GroupPlan(members: n, byzantine: given, floors: floors)
                        #expect(plan.byzantine == given ?? (n + 19) / 20)
                        #expect(plan.groups >= 2 * plan.byzantine + 1 && plan.voidGroupsBorne >= 0)
                        #expect(plan.sizes.reduce(0, +) == n && plan.smallest >= floors.roster && plan.largest - plan.smallest <= 1)
                        #expect(plan.sizes.min() == plan.smallest && plan.sizes.max() == plan.largest)
                        if n >= 5 * 4 * plan.byzantine, floors.roster <= 5 { #expect(plan.groups >= 4 * plan.byzantine) }
                        #expect(GroupPlan.clientsNeeded(byzantine: given, floor: floors.roster, atLeast: n) == n)
                    } catch {
                        let needed = try #require(GroupPlan.clientsNeeded(byzantine: given, floor: floors.roster, atLeast: n))
                        #expect(needed > n && (try? GroupPlan(members: needed, byzantine: given, floors: floors)) != nil)
                        for fewer in n..<needed { #expect((try? GroupPlan(members: fewer, byzantine: given, floors: floors)) == nil) }
                    }
                }
            }
        }
    }

    @Test func nonsenseIsRefused() {
        for n in [0, -1, .min, 10_001, .max] { #expect(throws: SecureAggregationError.self) { try GroupPlan(members: n) } }
        for f in [0, -1, 100, .max, .min] { #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 100, byzantine: f) } }
        for floors in [GroupFloors(roster: 3, opening: 4), GroupFloors(roster: 5, opening: 1), GroupFloors(roster: .max, opening: 2)] {
            #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 100, floors: floors) }
        }
        #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 39, byzantine: 2, needsMargin: true) }
        #expect((try? GroupPlan(members: 40, byzantine: 2, needsMargin: true))?.groups == 8)
        #expect((try? GroupPlan(members: 7, isRobust: false))?.groups == 1)
    }
}

@Suite struct GroupedAggregationTests {
    private func good(_ members: [Int]) -> [GroupedAggregation.GoodGroup] {
        members.enumerated().map { GroupedAggregation.GoodGroup(group: $0.offset, members: $0.element) }
    }

    /// Krum takes two groups more than the trimmed mean.
    @Test func someRulesTakeMoreGroups() throws {
        let plan = try GroupPlan(members: 30, byzantine: 1, beyond: 3)
        #expect(plan.groups == 6 && plan.goodGroupsMin == 5 && plan.voidGroupsBorne == 1)
        #expect(GroupPlan.clientsNeeded(byzantine: 2, floor: 5, beyond: 3) == 35)
        #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 30, byzantine: 2, beyond: 3) }
        #expect(throws: SecureAggregationError.self) { try GroupPlan(members: 30, byzantine: 2, beyond: 0) }
    }

    @Test func voidGroupsAreSkipped() throws {
        let plan = try GroupPlan(members: 30, byzantine: 2)
        #expect(plan.groups == 6 && plan.goodGroupsMin == 5)
        let grouped = try GroupedAggregation(plan)
        var decision = try grouped.decide(good([5, 5, 5, 5, 5, 5]))
        #expect(decision.groups == [0, 1, 2, 3, 4, 5] && decision.byzantine == 2 && decision.clients == 30 && decision.void.isEmpty)
        decision = try grouped.decide(good([5, 4, 5, 3, 5, 5]).reversed())
        #expect(decision.groups == [0, 1, 2, 4, 5] && decision.members == [5, 4, 5, 5, 5] && decision.byzantine == 2 && decision.void == [3])
        #expect(throws: SecureAggregationError.tooFew("4 of 6 groups are good, and 2 modified clients need 5: the round aborts")) {
            try grouped.decide(good([5, 4, 5, 3, 3, 5]))
        }
        #expect(throws: SecureAggregationError.self) { try grouped.decide([]) }
        #expect(throws: SecureAggregationError.contradiction("group 0 twice")) { try grouped.decide(good([5, 5, 5, 5, 5]) + good([5])) }
        #expect(throws: SecureAggregationError.contradiction("group 6 of 6")) { try grouped.decide(good([5, 5, 5, 5, 5, 5, 5])) }
        for members in [6, -1, .max] { #expect(throws: SecureAggregationError.self) { try grouped.decide(good([5, 5, 5, 5, 5, members])) } }
        #expect(throws: SecureAggregationError.self) { try GroupedAggregation(plan, sizes: [5, 5]) }
        let drawn = try GroupedAggregation(plan, sizes: [5, 5, 5, 5, 5, 4])
        #expect(throws: SecureAggregationError.self) { try drawn.decide(good([5, 5, 5, 5, 5, 5])) }
    }
}

@Suite struct OffenderTests {
    private func partition() throws -> Partition {
        let terms = PartitionTerms(
            session: [1], epoch: 1, rosterHash: [UInt8](repeating: 1, count: 32), groups: 2, rosterFloor: 3, missingMax: 0)
        let suite = CryptoSuite.simulated
        let nonces = (0..<6).map { IndexedBytes(index: $0, bytes: [UInt8](repeating: UInt8($0), count: 32)) }
        let commitments = nonces.map { IndexedBytes(index: $0.index, bytes: terms.commitment(index: $0.index, nonce: $0.bytes, suite: suite)) }
        return try Partition(terms: terms, commitments: commitments, nonces: nonces, suite: suite)
    }

    @Test func whoVoidsAgainAndAgainIsFound() throws {
        let partition = try partition()
        let liar = partition.groups[1][0]
        var record = OffenderRecord()
        for round in 1...3 {
            record.note(.unopenable(dealer: liar), round: round, attempt: 1)
            record.note(void: [VoidGroup(group: 1, reason: .unopenable(dealer: liar))], partition: partition, survivors: Set(0..<6), isAborted: round == 3)
        }
        #expect(record.groups[1]?.void == 3 && record.groups[1]?.aborted == 1 && record.groups[0] == nil && record.abortedAttempts == 1)
        #expect(record.excluded(by: ExclusionRule()).map(\.member) == [liar])
        #expect(record.excluded(by: ExclusionRule(proven: 4)).isEmpty && record.excluded(by: ExclusionRule(proven: nil)).isEmpty)
        let report = record.report(partition: partition, rule: ExclusionRule()) { "client-\($0)" }
        #expect(report.contains("client-\(liar): 3 secrets that do not open; first in round 1, attempt 1; EXCLUDE: 3 proven faults, and 2 exclude"))
        #expect(report.contains("void 3 times, 1 of them in attempts that ended for it") && !report.contains("client-\(liar): 0"))
    }

    /// The wrong share is the holder's fault, and never the dealer's.
    @Test func faultsBelongToWhoMadeThem() throws {
        let partition = try partition()
        var record = OffenderRecord()
        for round in 1...2 { record.note(.wrongShare(dealer: 1, holder: 4), round: round, attempt: 1) }
        for round in 1...3 { record.note(.complaints(dealer: 2, count: 5), round: round, attempt: 1) }
        #expect(record.excluded(by: ExclusionRule()).map(\.member) == [2, 4] && record.members[1] == nil)
        // Absence is no fault unless the operator says so.
        let gone = partition.groups[0][1]
        var absent = OffenderRecord()
        for _ in 1...5 {
            absent.note(
                void: [VoidGroup(group: 0, reason: .belowFloor(2))], partition: partition, survivors: Set((0..<6).filter { $0 != gone }), isAborted: false)
        }
        #expect(absent.members.keys.sorted() == [gone] && absent.excluded(by: ExclusionRule()).isEmpty)
        #expect(absent.excluded(by: ExclusionRule(missing: 5)).map(\.member) == [gone])
    }

    @Test func recordsStayBounded() throws {
        var record = OffenderRecord()
        for round in 0..<1000 { record.note(.wrongShare(dealer: 0, holder: 3), round: round, attempt: 1) }
        for odd in [-1, .max] { record.note(.unopenable(dealer: odd), round: 1, attempt: 1) }
        #expect(record.members.count == 1 && record.members[3]?.wrongShares == 1000 && record.members[3]?.evidence.count == 16)
        record.note(void: [VoidGroup(group: 77, reason: .belowFloor(1))], partition: try partition(), survivors: [], isAborted: false)
        #expect(record.groups.isEmpty)
    }
}
