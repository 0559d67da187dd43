import CryptoSuite
import Federation
import FederationSimulator
import Foundation
import SecureAggregation
import Testing
import Wire

@Suite struct SecureSessionTests {
    private func names(_ count: Int) -> [String] { (0..<count).map { "client-\(10 + $0)" } }

    private func unmask(_ message: ServerMessage) -> Bool {
        guard case .secure(let frame) = message else { return false }
        return MessageKind(of: frame.message) == .unmaskRequest
    }

    @Test func aSessionRunsToItsEnd() throws {
        let bench = SecureBench(secureSpec(clients: 6), clients: names(6))
        #expect(bench.durable.session.status == .completed)
        #expect(bench.durable.rounds.map(\.state) == [.committed, .committed] && bench.asked.count == 12)
        // Nothing of a closed round's protocol is kept.
        #expect(bench.durable.rounds.allSatisfy { $0.secure == nil && $0.outcome?.secure?.groupSizes == [6] })
    }

    /// Keys are in memory: what was exchanged is worth nothing, and nobody was asked to open anything.
    @Test func killedBeforeTheRequestTheRoundIsTriedAgain() throws {
        var spec = secureSpec(clients: 6)
        spec.quorum = 5
        var held = SecureBench.holding(spec, names(6)) { if case .secure(let frame) = $0 { MessageKind(of: frame.message) != .confirmation } else { true } }
        #expect(held.record(1)?.state == .configured && held.record(1)?.secure?.advertised == Array(0..<6))
        held.letsThrough = { _, _ in true }
        held.killCoordinator()
        #expect(held.record(1)?.state == .aborted && held.record(1)?.outcome?.reason?.contains("restarted") == true)
        #expect(held.record(1, 2)?.state == .committed && held.durable.session.status == .completed)
        #expect(Set(held.asked.filter { $0.key.round == 1 }.map(\.key.attempt)) == [2])
    }

    /// The same survivors are asked again, for the same masks, and the round ends as it would have.
    @Test func killedAfterTheRequestTheSameGroupsAreOpened() throws {
        let calm = SecureBench(secureSpec(clients: 6), clients: names(6))
        var held = SecureBench.holding(secureSpec(clients: 6), names(6)) { !self.unmask($0) }
        #expect(held.record(1)?.state == .sealed && held.record(1)?.secure?.sealedState != nil)
        held.letsThrough = { _, _ in true }
        held.killCoordinator()
        #expect(held.durable.session.status == .completed)
        #expect(held.record(1)?.state == .committed && held.record(1)?.outcome?.model == calm.record(1)?.outcome?.model)
        #expect(Set(held.asked.filter { $0.key.round == 1 }.map(\.survivors)) == [Array(0..<6)])
    }

    /// What a member says when it is asked to open, with one bit of every share another.
    private func forged(_ frame: SecureFrame) -> SecureFrame {
        guard var response = try? UnmaskResponse(encoded: frame.message) else { return frame }
        for item in response.items.indices { response.items[item].share[0] ^= 1 }
        var frame = frame
        frame.message = response.encoded
        return frame
    }

    /// Counted once an attempt, kept over a restart, and after two attempts left out; its group stays.
    @Test func whoBreaksTheProtocolAgainAndAgainIsLeftOut() throws {
        let names = names(10)
        var bench = SecureBench(secureSpec(clients: 10, rounds: 4), clients: [])
        bench.forges = { frame, name in name == names[0] ? self.forged(frame) : frame }
        bench.letsThrough = { message, _ in
            guard case .secure(let frame) = message else { return true }
            return frame.round < 2 || !self.unmask(message)
        }
        bench.add(names)
        #expect(bench.durable.session.offenderList.map(\.client) == [names[0]] && bench.durable.session.offenderList[0].facts.wrongShares == 1)
        #expect(bench.record(2)?.state == .sealed && bench.record(2)?.cohort.count == 10)
        bench.letsThrough = { _, _ in true }
        bench.killCoordinator()
        #expect(bench.durable.session.status == .completed)
        #expect((1...4).map { bench.record($0)?.outcome?.secure?.groupSizes ?? [] } == [[10], [10], [9], [9]])
        #expect((3...4).allSatisfy { bench.record($0)?.cohort == Array(names.dropFirst()) })
        let offender = try #require(bench.durable.session.offenderList.first)
        #expect(offender.facts.wrongShares == 2 && offender.facts.evidence.map(\.round) == [1, 2] && offender.excluded?.contains("2 proven faults") == true)
        let stored = try JSONDecoder().decode(SessionRecord.self, from: JSONEncoder().encode(bench.durable.session))
        #expect(stored == bench.durable.session)
    }

    @Test func withoutAQuorumOfOthersTheSessionEndsAndSaysWhy() throws {
        let names = names(10)
        var spec = secureSpec(clients: 10, rounds: 4)
        spec.quorum = 10
        var bench = SecureBench(spec, clients: [])
        bench.forges = { frame, name in name == names[0] ? self.forged(frame) : frame }
        bench.add(names)
        #expect(bench.durable.session.status == .failed && bench.machine.committedRounds == 2)
        #expect(bench.durable.session.statusReason?.contains("9 members are left, and 10 have to be: \(names[0])") == true)
    }

    /// In letters that are shorter than hexadecimal, which is still read.
    @Test func aSealedStateOfAnOlderVersionIsGoneOnFrom() throws {
        var held = SecureBench.holding(secureSpec(clients: 6), names(6)) { !self.unmask($0) }
        let kept = try #require(held.record(1)?.secure?.sealedState)
        let state = try #require(bytes(base64URL: kept))
        #expect(kept.count == (state.count * 4 + 2) / 3)
        for index in held.durable.rounds.indices { held.durable.rounds[index].secure?.sealedState = hexadecimal(state) }
        held.letsThrough = { _, _ in true }
        held.killCoordinator()
        #expect(held.durable.session.status == .completed && held.record(1)?.outcome?.secure?.groupSizes == [6])
    }

    /// What was sealed cannot be read any more: the round is closed, for nobody may be asked for another set.
    @Test func withoutTheSealedStateTheRoundIsClosedAsItIs() throws {
        var held = SecureBench.holding(secureSpec(clients: 6), names(6)) { !self.unmask($0) }
        for index in held.durable.rounds.indices { held.durable.rounds[index].secure?.sealedState = "00" }
        held.letsThrough = { _, _ in true }
        held.killCoordinator()
        let first = try #require(held.record(1))
        #expect(first.state == .committed && first.outcome?.model == first.baseModel && first.outcome?.secure?.isUnchanged == true)
        #expect(first.outcome?.reason?.contains("stays as it was") == true && first.outcome?.contributors == 0)
        #expect(held.record(2)?.outcome?.secure?.groupSizes == [6] && held.durable.session.status == .completed)
    }

    @Test func aClientThatRestartsAfterItsUpdateStillCounts() throws {
        var spec = secureSpec(clients: 6, rounds: 1)
        spec.quorum = 5
        var held = SecureBench.holding(spec, names(6)) { !self.unmask($0) }
        held.letsThrough = { _, _ in true }
        held.restart("client-12")
        // Its secrets are gone, which it says; the others' shares are enough.
        for name in held.names where name != "client-12" { held.connect(name) }
        #expect(held.record(1)?.sealed?.contains("client-12") == true)
        #expect(held.durable.session.status == .completed && held.record(1)?.outcome?.secure?.groupSizes == [6])
    }

    /// A member that was killed while keys were exchanged hears everything at once when it is back, before it has drawn new keys. It says
    /// that the old ones are gone, and nobody waits for the end of the phase.
    @Test(arguments: [MessageKind.adverts, .shareDelivery, .confirmation], [false, true])
    func nobodyWaitsForWhoLostItsKeys(_ held: MessageKind, _ drawsLate: Bool) throws {
        var spec = secureSpec(clients: 6, rounds: 1)
        spec.quorum = 5
        var bench = SecureBench.holding(spec, names(6)) {
            guard case .secure(let frame) = $0, frame.round == 1 else { return true }
            return MessageKind(of: frame.message)?.plain != held
        }
        #expect(bench.record(1)?.state == .configured)
        bench.drawsLate = drawsLate
        bench.letsThrough = { _, _ in true }
        for name in bench.names where name != "client-12" { bench.connect(name) }
        #expect(bench.record(1)?.state == .configured, "all wait for the last one")
        bench.restart("client-12")
        #expect(bench.durable.session.status == .completed, "no time has passed, and nobody else was missing")
        #expect(bench.record(1)?.state == .committed && bench.record(1)?.outcome?.secure?.groupSizes == [5])
    }

    @Test func whoInsistsOnMoreSaysSoToBothSides() throws {
        let bench = SecureBench(secureSpec(clients: 6), clients: names(6), floors: ClientFloors(members: 8, groupFloor: 5))
        #expect(bench.durable.session.status == .failed)
        let reason = bench.durable.session.statusReason ?? ""
        #expect(reason.contains("client-10: members is 6, and this client insists on 8"), "\(reason)")
        #expect(bench.notices.contains { $0.contains("members is 6") } && bench.asked.isEmpty)
    }

    @Test func tooFewMaskedUpdatesAreTriedAgain() throws {
        var spec = secureSpec(clients: 6)
        spec.quorum = 5
        var bench = SecureBench(spec, clients: [])
        bench.keepsBack = ["client-10", "client-11"]
        bench.add(names(6))
        bench.keepsBack = []
        bench.pass(seconds: 80)
        #expect(bench.record(1)?.outcome?.reason?.contains("4 of 6 members sent their vector") == true)
        #expect(bench.record(1, 2)?.state == .committed && bench.durable.session.status == .completed)
    }

    /// A retry may have nobody who was not there before. When those are too few, the round is closed and the next one has all.
    @Test func whenTheMembersOfAnAttemptAreGoneTheNextRoundHasTheOthers() throws {
        var spec = secureSpec(clients: 6)
        spec.quorum = 5
        var held = SecureBench(spec, clients: [])
        held.letsThrough = { message, client in
            if case .roundStart = message { return client != "client-15" }
            if case .secure(let frame) = message { return MessageKind(of: frame.message) != .confirmation }
            return true
        }
        held.add(names(6))
        held.pass(seconds: 16)
        #expect(held.record(1)?.secure?.advertised == Array(0..<5))
        held.letsThrough = { _, _ in true }
        held.killCoordinator(without: ["client-10"])
        held.pass(seconds: 6)
        let first = try #require(held.record(1, 2))
        #expect(first.state == .committed && first.outcome?.model == first.baseModel, "\(first)")
        #expect(first.outcome?.reason?.contains("4 of the 5 members that took part before are left") == true)
        held.pass(seconds: 6)
        #expect(held.record(2)?.outcome?.secure?.groupSizes == [5] && held.durable.session.status == .completed)
    }

    @Test func documentOnlyClientsAreTurnedAway() {
        var machine = CoordinatorMachine(
            session: SessionRecord(id: "s", tenant: "default", spec: secureSpec(clients: 6), createdAt: Instant(milliseconds: 0), registrationTokenHash: []),
            suite: .simulated)
        var request = JoinRequest(client: "a")
        request.updateTokenHash = [1]
        let effects = machine.handle(.join(request, Ticket(1)), now: Instant(milliseconds: 0))
        #expect(effects == [.reply(Ticket(1), .refused(.certificateRequired))])
    }
}

extension SecureBench {
    /// A session in which some messages never arrive.
    static func holding(_ spec: SessionSpec, _ names: [String], _ lets: @escaping (ServerMessage) -> Bool) -> SecureBench {
        var bench = SecureBench(spec, clients: [])
        bench.letsThrough = { message, _ in lets(message) }
        bench.add(names)
        return bench
    }
}

@Suite struct SecureSpecTests {
    @Test func whatCannotBeIsRefusedByField() {
        let changes: [(String, (inout SessionSpec) -> Void)] = [
            ("algorithm", { $0.algorithm = .fedNova }), ("algorithm", { $0.algorithm = .scaffold }),
            ("over_selection", { $0.overSelection = 2 }), ("max_clients", { $0.maxClients = 6000 }),
            (
                "max_clients",
                {
                    $0.secureAggregation?.keyAgreement = .xWing
                    $0.maxClients = 401
                }
            ),
            ("secure_aggregation.group_floor", { $0.secureAggregation?.groupFloor = 2 }), ("secure_aggregation.bits", { $0.secureAggregation?.bits = 25 }),
            ("secure_aggregation.clip", { $0.secureAggregation?.clip = .nan }),
            ("secure_aggregation.coordinate_range", { $0.secureAggregation?.coordinateRange = 0 }),
            (
                "secure_aggregation.largest_weight",
                {
                    $0.aggregation = .median
                    $0.secureAggregation?.largestWeight = 5
                }
            ),
            ("secure_aggregation", { $0.secureAggregation?.largestWeight = 70_000 }),
            ("max_clients", { ($0.minClients, $0.maxClients) = (3, 4) }), ("max_clients", { $0.aggregation = .trimmedMean }),
            (
                "byzantine_tolerance",
                {
                    $0.aggregation = .trimmedMean
                    $0.byzantineTolerance = 0
                }
            ),
        ]
        for (field, change) in changes {
            var spec = secureSpec(clients: 10)
            #expect(throws: Never.self) { try spec.validate() }
            change(&spec)
            let error = #expect(throws: SpecError.self) { try spec.validate() }
            #expect(error?.field == field, "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func theReasonHasNumbers() {
        var spec = secureSpec(clients: 10)
        spec.aggregation = .trimmedMean
        do { try spec.validate() } catch { #expect(error.issue.contains("at least 15") && error.issue.contains("3 groups of 5"), "\(error)") }
    }

    /// The session is created and waits; only `max_clients` can make it impossible.
    @Test func tooFewClientsWaitForTheNumberThatIsNeeded() throws {
        func needed(_ change: (inout SessionSpec) -> Void) throws -> ClientsNeeded {
            var spec = secureSpec(clients: 2)
            spec.maxClients = 100
            change(&spec)
            try spec.validate()
            return try spec.clientsNeeded()
        }
        let sum = try needed { _ in }
        #expect(sum.count == 5 && sum.why?.contains("5 clients") == true)
        #expect(try needed { $0.minClients = 8 } == ClientsNeeded(count: 8))
        for (floor, f, clients) in [(4, 2, 25), (3, 2, 15), (4, 1, 15), (3, 1, 9), (4, nil, 15), (6, 3, 49)] as [(Int, Int?, Int)] {
            let groups = try needed {
                ($0.aggregation, $0.byzantineTolerance) = (.trimmedMean, f)
                $0.secureAggregation?.groupFloor = floor
            }
            #expect(groups.count == clients && groups.why?.contains("groups of") == true, "floor \(floor), f \(f ?? 0): \(groups)")
        }
        // Twenty bear one; twenty-one would have to bear two.
        #expect(try needed { ($0.aggregation, $0.minClients) = (.trimmedMean, 21) }.count == 25)
        let clear = try needed { ($0.secureAggregation, $0.aggregation, $0.byzantineTolerance) = (nil, .trimmedMean, 4) }
        #expect(clear.count == 9 && clear.why?.contains("4 modified clients need 9 updates") == true)
    }

    @Test func aSessionBeginsWhenAsManyHaveJoinedAsItsGroupsTake() {
        let names = (0..<9).map { "client-\(10 + $0)" }
        var spec = secureSpec(clients: 2)
        (spec.maxClients, spec.aggregation, spec.byzantineTolerance) = (9, .trimmedMean, 1)
        spec.secureAggregation?.groupFloor = 3
        var bench = SecureBench(spec, clients: Array(names.prefix(8)))
        let blocker = bench.machine.blockers(Instant(milliseconds: 0)).first
        #expect(bench.durable.session.status == .waiting && blocker?.asked == 9 && blocker?.have == 8)
        #expect(blocker?.fix.contains("9 clients are needed because 1 modified client needs 3 groups of 3; have 8") == true, "\(blocker?.fix ?? "")")
        bench.add([names[8]])
        #expect(bench.durable.session.status == .completed && bench.record(1)?.outcome?.secure?.groupSizes == [3, 3, 3])
    }

    @Test func aSecureSessionNeedsItsCapability() {
        var spec = secureSpec(clients: 6)
        #expect(spec.needs == [.secureAggregation])
        spec.secureAggregation?.keyAgreement = .xWing
        #expect(spec.needs == [.secureAggregation, .xWing])
    }
}
