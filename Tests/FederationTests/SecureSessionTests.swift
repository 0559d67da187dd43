import CryptoSuite
import Federation
import FederationSimulator
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
            ("algorithm", { $0.algorithm = .fedNova }), ("algorithm", { $0.algorithm = .scaffold }), ("client_fraction", { $0.clientFraction = 0.5 }),
            ("over_selection", { $0.overSelection = 2 }), ("max_clients", { $0.maxClients = 6000 }),
            ("secure_aggregation.mode", { $0.secureAggregation?.mode = .maliciousServer }),
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
            ("secure_aggregation", { $0.minClients = 3 }), ("secure_aggregation", { $0.aggregation = .trimmedMean }),
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
        do { try spec.validate() } catch { #expect(error.issue.contains("15 clients") && error.issue.contains("there are 10"), "\(error)") }
    }

    @Test func aSecureSessionNeedsItsCapability() {
        #expect(secureSpec(clients: 6).needs == [.secureAggregation])
    }
}
