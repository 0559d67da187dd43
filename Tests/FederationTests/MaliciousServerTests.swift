import CryptoSuite
import Federation
import FederationSimulator
import SecureAggregation
import Testing
import Wire

/// Sessions whose members do not take the coordinator at its word: it lies, with real machines and every message as bytes.
@Suite struct MaliciousServerTests {
    private let names = (0..<8).map { "client-\(10 + $0)" }

    private static func identity(_ name: String) -> Secret { Secret(CryptoSuite.simulated.sha256(Array("identity \(name)".utf8))) }
    private static func key(_ name: String) -> [UInt8] { CryptoSuite.simulated.keys.signingKey(identity(name).bytes) }

    private var pins: [String: [UInt8]] { Dictionary(uniqueKeysWithValues: names.map { ($0, Self.key($0)) }) }

    private func protection(_ name: String, pins: [String: [UInt8]]?, floors: ClientFloors = ClientFloors(members: 3, groupFloor: 3)) -> ClientProtection {
        ClientProtection(
            suite: .simulated, floors: floors, identity: Self.identity(name), pins: pins.flatMap { keys in try? PinnedKeys(keys) })
    }

    private var spec: SessionSpec {
        var spec = secureSpec(clients: 8, rounds: 2)
        spec.quorum = 7
        spec.secureAggregation?.mode = .maliciousServer
        return spec
    }

    /// Everybody knows everybody's key.
    private func bench(_ clients: [String]? = nil) -> SecureBench {
        let pins = pins
        return SecureBench(spec, clients: clients ?? names, protect: { protection($0, pins: pins) })
    }

    private func advice(_ bench: SecureBench) -> String { bench.machine.blockers(bench.now).map(\.fix).joined(separator: "\n") }

    private func refusal(_ bench: SecureBench, of name: String) -> String { bench.notices.filter { $0.hasPrefix(name) }.joined(separator: "\n") }

    private func request(_ message: ServerMessage) -> UnmaskRequest? {
        guard case .secure(let frame) = message else { return nil }
        return try? UnmaskRequest(encoded: frame.message)
    }

    // MARK: Nobody lies

    @Test func aSessionRunsToItsEnd() throws {
        try spec.validate()
        var signatures: [Int] = []
        var bench = bench([])
        bench.letsThrough = { message, _ in
            if let request = request(message) { signatures.append(request.signatures.count) }
            return true
        }
        bench.add(names)
        #expect(bench.durable.session.status == .completed && bench.notices.allSatisfy { $0.contains("The coordinator may lie") }, "\(bench.notices)")
        #expect(bench.durable.rounds.map(\.state) == [.committed, .committed])
        #expect(bench.durable.rounds.allSatisfy { $0.outcome?.secure?.groupSizes == [8] && $0.outcome?.secure?.evidence == [] })
        // 2q > 8 + 1.
        #expect(Set(signatures) == [5])
    }

    @Test func whoDropsOutAfterItsUpdateOrBeforeItHoldsNothingUp() throws {
        var bench = bench([])
        bench.keepsBack = ["client-12"]
        bench.letsThrough = { message, name in
            guard name == "client-15", case .secure(let frame) = message else { return true }
            return MessageKind(of: frame.message) != .survivors && MessageKind(of: frame.message) != .unmaskRequest
        }
        bench.add(names)
        bench.keepsBack = []
        bench.pass(seconds: 80)
        #expect(bench.record(1)?.state == .committed && bench.record(1)?.outcome?.secure?.groupSizes == [7])
        #expect(bench.durable.session.status == .completed)
    }

    /// The set is durable and signed for: the same request follows after a restart, and the round ends as it would have.
    @Test(arguments: [MessageKind.survivors, .unmaskRequest], SecureAggregationSpec.KeyAgreement.allCases)
    func aRestartOfTheCoordinatorGoesOnWithTheSameSet(kind: MessageKind, keys: SecureAggregationSpec.KeyAgreement) throws {
        let pins = pins
        var strict = spec
        strict.secureAggregation?.keyAgreement = keys
        var held = SecureBench(strict, clients: [], protect: { protection($0, pins: pins) })
        held.keepsBack = ["client-11"]
        held.letsThrough = { message, _ in if case .secure(let frame) = message { MessageKind(of: frame.message) != kind } else { true } }
        held.add(names)
        held.pass(seconds: 80)
        #expect(held.record(1)?.state == .sealed && held.revealed.isEmpty)
        held.letsThrough = { _, _ in true }
        held.keepsBack = []
        held.killCoordinator()
        #expect(held.record(1)?.state == .committed && held.durable.session.status == .completed)
        #expect(held.record(1)?.outcome?.secure?.groupSizes == [7] && held.record(1)?.outcome?.secure?.isUnchanged == false)
    }

    // MARK: Keys

    @Test func aClientWithoutPinnedKeysTakesNoPartAndSaysWhy() {
        let pins = pins
        let bench = SecureBench(spec, clients: names, protect: { protection($0, pins: $0 == "client-12" ? nil : pins) })
        #expect(refusal(bench, of: "client-12").contains("secure_aggregation.pinned_keys"))
        #expect(advice(bench).contains("client-12 refuses: malicious_server needs the members' keys"), "\(advice(bench))")
        #expect(bench.durable.rounds.isEmpty && bench.durable.session.epoch == nil)
    }

    /// It is put right by its owner and comes back: the session goes on by itself.
    @Test func whoHasBeenGivenTheKeysIsTakenWhenItComesBack() {
        let pins = pins
        var bench = SecureBench(spec, clients: names, protect: { protection($0, pins: $0 == "client-12" ? nil : pins) })
        bench.protect = { protection($0, pins: pins) }
        bench.restart("client-12")
        bench.pass(seconds: 6)
        #expect(bench.durable.session.status == .completed)
    }

    @Test func aChangedKeyIsRefusedByName() {
        let pins = pins
        let bench = SecureBench(spec, clients: names) { name in
            name == "client-13"
                ? ClientProtection(
                    suite: .simulated, floors: ClientFloors(members: 3, groupFloor: 3), identity: Self.identity("other"), pins: try? PinnedKeys(pins))
                : protection(name, pins: pins)
        }
        #expect(refusal(bench, of: "client-10").contains("member client-13 is said to have the key"))
        #expect(advice(bench).contains("member client-13") && bench.durable.session.epoch == nil)
    }

    @Test func anUnknownMemberIsRefusedByName() {
        var known = pins
        known["client-17"] = nil
        let bench = SecureBench(spec, clients: names, protect: { [known] in protection($0, pins: known) })
        #expect(refusal(bench, of: "client-10").contains("member client-17 is not among the pinned keys"))
        #expect(bench.durable.session.epoch == nil)
    }

    @Test func aClientOfAnOlderVersionHasNoKeyAndIsNotAsked() {
        let pins = pins
        let bench = SecureBench(spec, clients: names) { name in
            name == "client-14" ? ClientProtection(suite: .simulated, floors: ClientFloors(members: 3, groupFloor: 3)) : protection(name, pins: pins)
        }
        #expect(advice(bench).contains("each with an identity key") && bench.durable.session.draws == nil)
    }

    /// A key of the coordinator's own in a member's place, told to one other.
    @Test func aKeySwappedInTheRosterIsCaught() throws {
        var bench = bench([])
        bench.tells = { message, name in
            guard name == "client-11", case .secure(var frame) = message, var invitation = try? EpochInvitation(encoded: frame.message) else { return message }
            var members = invitation.roster.members
            members[5].identity = Self.key("the coordinator")
            guard let roster = try? Roster(members) else { return message }
            invitation = EpochInvitation(terms: invitation.terms, roster: roster, plan: invitation.plan)
            invitation.terms.rosterHash = roster.digest(.simulated)
            frame.message = invitation.encoded
            return .secure(frame)
        }
        bench.add(names)
        #expect(refusal(bench, of: "client-11").contains("member client-15 is said to have the key"))
        #expect(bench.durable.session.epoch == nil)
    }

    /// A roster without keys, as in the other mode, to one that is told of no lie.
    @Test func aRosterWithoutKeysIsCaughtByWhoInsists() throws {
        var trusting = spec
        trusting.secureAggregation?.mode = .honestButCurious
        let strict = ClientFloors(mode: .maliciousServer, members: 3, groupFloor: 3)
        let pins = pins
        let bench = SecureBench(trusting, clients: names, protect: { protection($0, pins: pins, floors: strict) })
        #expect(refusal(bench, of: "client-10").contains("mode is honest_but_curious, and this client insists on malicious_server"))
        #expect(advice(bench).contains("client-10 refuses") && bench.durable.session.epoch == nil)
        // Who does not insist takes part in both.
        #expect(SecureBench(trusting, clients: names, protect: { protection($0, pins: pins) }).durable.session.status == .completed)
    }

    /// The groups are those of the strict mode, and the round's parameters say the other.
    @Test func theModeOfARoundCannotBeLowered() throws {
        var bench = bench([])
        bench.tells = { message, name in
            guard name == "client-11", case .roundStart(var start) = message, case .maskedUpdate(let encoded) = start.phase,
                var parameters = try? RoundParameters(encoded: encoded)
            else { return message }
            parameters.mode = .honestButCurious
            start.phase = .maskedUpdate(parameters: parameters.encoded)
            return .roundStart(start)
        }
        bench.add(names)
        bench.pass(seconds: 16)
        #expect(refusal(bench, of: "client-11").contains("mode is honest_but_curious, and this client insists on malicious_server"))
        #expect(bench.durable.rounds.allSatisfy { $0.sealed?.contains("client-11") != true })
    }

    // MARK: Adverts and survivors

    /// Keys of the coordinator in the others' adverts: nobody's signature is over them.
    @Test func aMaskKeySwappedInAnAdvertIsCaught() throws {
        var bench = bench([])
        bench.tells = { message, name in
            guard name == "client-11", case .secure(var frame) = message, var list = try? AdvertList(encoded: frame.message) else { return message }
            for place in list.adverts.indices where list.adverts[place].index != 1 { list.adverts[place].maskKey[0] ^= 1 }
            frame.message = list.encoded
            return .secure(frame)
        }
        bench.add(names)
        bench.pass(seconds: 100)
        #expect(refusal(bench, of: "client-11").contains("has not its signature"))
        #expect(bench.record(1)?.sealed?.contains("client-11") != true)
    }

    /// Half of the members are told that another one dropped out. Told so to nobody's knowledge, one set of them would give its
    /// seeds and the other its mask keys.
    @Test func twoSetsOfSurvivorsOpenNothing() throws {
        for mode in [SecureAggregationSpec.Mode.honestButCurious, .maliciousServer] {
            var lied = spec
            lied.secureAggregation?.mode = mode
            let pins = pins
            var bench = SecureBench(lied, clients: [], protect: { protection($0, pins: pins) })
            bench.tells = { message, name in
                guard name < "client-14", case .secure(var frame) = message, frame.round == 1 else { return message }
                if var notice = try? SurvivorNotice(encoded: frame.message) {
                    notice.survivors.removeAll { $0 == 7 }
                    frame.message = notice.encoded
                } else if var request = try? UnmaskRequest(encoded: frame.message) {
                    request.survivors.removeAll { $0 == 7 }
                    request.dropped = [7]
                    frame.message = request.encoded
                }
                return .secure(frame)
            }
            bench.add(names)
            bench.pass(seconds: 101)
            let both = bench.revealed[AttemptKey(round: 1, attempt: 1)]?.values.contains { $0.count == 2 } == true
            #expect(both == (mode == .honestButCurious), "\(mode): what the other mode takes on trust")
            guard mode == .maliciousServer else { continue }
            let first = try #require(bench.record(1))
            #expect(first.outcome?.model == first.baseModel && first.outcome?.secure?.isUnchanged == true && bench.revealed.keys.allSatisfy { $0.round > 1 })
            #expect(first.outcome?.reason?.contains("4 members signed for the survivors, and 5 have to") == true, "\(first.outcome?.reason ?? "")")
            #expect(first.outcome?.secure?.evidence.isEmpty == false)
        }
    }

    /// One more set, for one victim: q signatures for the other are shown to it, and it has signed for its own.
    @Test func aVictimToldAnotherSetAnswersNothing() throws {
        var bench = bench([])
        bench.tells = { message, name in
            guard name == "client-16", case .secure(var frame) = message, frame.round == 1, var notice = try? SurvivorNotice(encoded: frame.message) else {
                return message
            }
            notice.survivors.removeAll { $0 == 7 }
            frame.message = notice.encoded
            return .secure(frame)
        }
        bench.add(names)
        bench.pass(seconds: 101)
        #expect(refusal(bench, of: "client-16").contains("not the survivors this member signed for"))
        #expect(bench.record(1)?.outcome?.secure?.groupSizes == [8] && bench.durable.session.status == .completed)
    }
}
