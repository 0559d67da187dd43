import CryptoSuite
import DifferentialPrivacy
import Federation
import FederationSimulator
import Foundation
import Learning
import SecureAggregation
import Testing
import Wire

private func names(_ count: Int) -> [String] { (0..<count).map { String(format: "c%02d", $0) } }

private func privateSpec(clients: Int, _ change: (inout SessionSpec) -> Void = { _ in }) -> SessionSpec {
    var spec = smallSpec(clients: clients, rounds: 3)
    spec.secureAggregation = SecureAggregationSpec()
    spec.privacyBudget = 2
    spec.privacy = PrivacySpec()
    change(&spec)
    return spec
}

/// Noise that clients add before their updates are masked: who plans it, who counts it, and how much is in what is opened.
@Suite struct ClientNoiseTests {
    @Test func clientsAddTheNoiseWhereASumIsAllThatIsOpened() throws {
        func noiseBy(_ change: (inout SessionSpec) -> Void) -> PrivacySpec.NoiseBy { privateSpec(clients: 10, change).noiseBy }
        #expect(noiseBy { _ in } == .clients && noiseBy { $0.privacy?.noiseBy = .coordinator } == .coordinator)
        #expect(noiseBy { $0.aggregation = .trimmedMean } == .coordinator && noiseBy { $0.secureAggregation = nil } == .coordinator)
        let (own, central) = (privateSpec(clients: 10).needs, privateSpec(clients: 10) { $0.privacy?.noiseBy = .coordinator }.needs)
        #expect(own == central + [.clientNoise])
        for change in [{ $0.secureAggregation = nil }, { $0.aggregation = .median }] as [(inout SessionSpec) -> Void] {
            do {
                try privateSpec(clients: 10) {
                    change(&$0); $0.privacy?.noiseBy = .clients
                }.validate()
                Issue.record("not refused")
            } catch { #expect(error.field == "differential_privacy.noise_by") }
        }
        // A record of before has no word of it.
        let old = try JSONDecoder().decode(PrivacySpec.self, from: Data(#"{"delta": 1e-6}"#.utf8))
        #expect(old.noiseBy == nil && old.delta == 1e-6)
    }

    /// The parts of the fewest honest members there may be are enough, and the lanes hold everybody's.
    @Test func thePlanIsForTheHonestOnesAlone() throws {
        let plan = SessionPlan(privateSpec(clients: 20), clients: 20, dimension: 50)
        let (groups, privacy) = (try #require(plan.groups), try #require(plan.privacy))
        let share = try #require(privacy.share)
        #expect(groups.groups == 1 && groups.smallestOpened == 18 && groups.honestSummandsMin == 17)
        guard case .skellam(let variance, _, _) = privacy.release.mechanism else { Issue.record("no Skellam noise"); return }
        #expect(share.variance * 17 >= variance && (share.variance - 0.125) * 17 < variance)
        #expect(share.width > groups.encoding.width && plan.privacyMeaning.contains("nobody is trusted with adding it: the parts of 17 honest ones are enough"))
        let central = SessionPlan(privateSpec(clients: 20) { $0.privacy?.noiseBy = .coordinator }, clients: 20, dimension: 50)
        #expect(central.privacy?.share == nil && central.privacyMeaning.contains("the coordinator adds the noise and is trusted"))
        #expect((plan.bytesUp ?? 0) - (central.bytesUp ?? 0) == (54 * share.width + 7) / 8 - (54 * groups.encoding.width + 7) / 8)
        // What trusting nobody costs: the noise of those who need not be honest, or need not be there.
        let ratio = privacy.noiseDeviation / (central.privacy?.noiseDeviation ?? 1)
        #expect(ratio > 0.99 && ratio < 1.2, "\(ratio)")
    }

    /// What the coordinator says costs no more and no less than what a client works out from what it adds.
    @Test func aClientCountsWhatItAddsItself() throws {
        let spec = privateSpec(clients: 20)
        let plan = SessionPlan(spec, clients: 20, dimension: 50)
        let (groups, privacy) = (try #require(plan.groups), try #require(plan.privacy))
        let share = try #require(privacy.share)
        var parameters = RoundParameters(
            mode: .honestButCurious, session: [1], epoch: 1, round: 1, attempt: 1, modelHash: [UInt8](repeating: 1, count: 32),
            planHash: [UInt8](repeating: 2, count: 32), rosterHash: [UInt8](repeating: 3, count: 32), partitionHash: [UInt8](repeating: 4, count: 32),
            plan: groups)
        parameters.encoding.noise = ClientNoise(variance: share.variance, bound: UInt64(share.noiseBound))
        parameters.encoding.width = share.width
        let terms = PrivacyTerms(
            l2Clip: 1, epsilon: 2, delta: 1e-5, noiseMultiplier: privacy.release.mechanism.noiseMultiplier, deviationSteps: privacy.deviationSteps,
            replacesOne: false, noiseByClients: true)
        func claim(_ parameters: RoundParameters?, _ terms: PrivacyTerms) -> PrivacyClaim {
            PrivacyClaim(key: AttemptKey(round: 1, attempt: 1), id: "s/1", terms: terms, masked: parameters?.encoded)
        }
        let counted = try claim(parameters, terms).release()
        let (z, planned) = (counted.mechanism.noiseMultiplier, privacy.release.mechanism.noiseMultiplier)
        #expect(z >= planned && z < planned * (1 + 1e-6) && counted.model == privacy.release.model)
        // A coordinator that has them add a hundredth of the noise and says nothing of it: the client counts ten times the loss.
        parameters.encoding.noise?.variance /= 100
        #expect(abs(try claim(parameters, terms).release().mechanism.noiseMultiplier / z - 0.1) < 1e-9)
        parameters.encoding.noise = nil
        #expect(throws: PrivacyError.self) { try claim(parameters, terms).release() }
        #expect(throws: PrivacyError.self) { try claim(nil, terms).release() }
    }

    /// What a client's encoded update adds to a sum, against another's and against the lattice's nearest to nothing.
    @Test func oneClientMovesASumByNoMoreThanItsSteps() throws {
        var random = SeededGenerator(seed: 11)
        for (bits, c, dimension) in [(2, 0.5, 40), (6, 0.2, 300), (12, 0.3, 1000)] {
            let encoding = EncodingParameters(l2Clip: 1, coordinateClip: c, bits: bits, width: 32, weightMax: 0)
            let norm = encoding.roundedNormMax(dimension: dimension)
            let zero = try Sensitivity.steps(norm: norm, step: encoding.step, dimension: dimension, adjacency: .zeroOut)
            let other = try Sensitivity.steps(norm: norm, step: encoding.step, dimension: dimension, adjacency: .replaceOne)
            func encoded(_ round: Int) throws -> [Double] {
                var update = (0..<dimension).map { _ in Float(random.normal()) * 0.2 }
                update[0] = 0.9
                let encoder = UpdateEncoder(
                    encoding, clientSecret: Secret([UInt8](repeating: 5, count: 32)), session: [1], round: round, suite: .simulated)
                return try encoder.encode(update).lanes.prefix(dimension).map(Double.init)
            }
            let nothing = [Double](repeating: Double((encoding.steps + 1) / 2), count: dimension)
            for trial in 1...50 {
                let (one, two) = (try encoded(trial), try encoded(1000 + trial))
                for (against, bound) in [(nothing, zero), (two, other)] {
                    let moved = zip(one, against).map { $0 - $1 }
                    #expect(moved.reduce(0) { $0 + $1 * $1 }.squareRoot() <= bound.l2 && moved.reduce(0) { $0 + abs($1) } <= bound.l1, "\(bits)")
                }
            }
        }
    }

    /// What is in the sum is released again after a crash, and paid for once; noise that the coordinator drew is not.
    @Test func aRoundThatCanBeComputedAgainIsPaidForOnce() throws {
        let release = try PrivateRelease(.skellam(variance: 1e8, l2Sensitivity: 1000, l1Sensitivity: 5000), try PrivacyModel(.zeroOut, .full))
        let members = ["a", "b"].map { LedgerEntry(client: $0, dataset: "default") }
        var charge = PrivacyCharge(id: "s/1/1", members: members, release: release, budget: try PrivacyBudget(epsilon: 2, delta: 1e-5), isRepeatable: true)
        var ledger = PrivacyLedger()
        #expect(try ledger.pay(charge, tenant: "t")?.rows.count == 2)
        let spent = ledger.spent(members, tenant: "t", delta: 1e-5)
        let again = try ledger.pay(charge, tenant: "t")
        #expect(again == nil && ledger.spent(members, tenant: "t", delta: 1e-5) == spent)
        charge.isRepeatable = false
        #expect(throws: PrivacyError.self) { try ledger.pay(charge, tenant: "t") }
        charge.isRepeatable = true
        charge.members.append(LedgerEntry(client: "c", dataset: "default"))
        #expect(throws: PrivacyError.self) { try ledger.pay(charge, tenant: "t") }
    }

    /// The same numbers have the same noise, so that an attempt more tells nobody more; other numbers, rounds and clients have another.
    @Test func noiseIsNeverUsedForTwoThings() throws {
        let plan = SessionPlan(privateSpec(clients: 20), clients: 20, dimension: 50)
        let (groups, share) = (try #require(plan.groups), try #require(plan.privacy?.share))
        func noised(round: Int = 1, attempt: Int = 1, secret: UInt8 = 1, value: Float = 0.01) throws -> [Int64] {
            var parameters = RoundParameters(
                mode: .honestButCurious, session: [1], epoch: 1, round: round, attempt: attempt, modelHash: [UInt8](repeating: 1, count: 32),
                planHash: [UInt8](repeating: 2, count: 32), rosterHash: [UInt8](repeating: 3, count: 32), partitionHash: [UInt8](repeating: 4, count: 32),
                plan: groups)
            func encoded(_ noise: ClientNoise?) throws -> EncodedUpdate {
                parameters.encoding.noise = noise
                parameters.encoding.width = share.width
                let start = RoundStart(
                    sessionID: "s", round: round, attempt: attempt, modelSHA256: [], modelPath: "/m", updatePath: "/u", deadlineMs: 0,
                    training: TrainingPlan(learningRate: 1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 1),
                    uploadEncoding: .identity, phase: .maskedUpdate(parameters: parameters.encoded))
                let update = UpdateBody(
                    spec: ModelSpec(kind: .softmaxRegression, layers: [9, 5]), kind: .delta, values: [Float](repeating: value, count: 50), round: round,
                    attempt: attempt, samples: 1, base: [], loss: nil, accuracy: nil, trainingLoss: nil)
                return try LocalComputer.encoded(update, start, secret: Secret([UInt8](repeating: secret, count: 32)), suite: .simulated)
            }
            let with = try encoded(ClientNoise(variance: share.variance, bound: UInt64(share.noiseBound))).lanes
            let (without, modulus) = (try encoded(nil).lanes, Int64(1) << Int64(share.width))
            return zip(with, without).prefix(50).map { lane in
                let moved = (Int64(lane.0) - Int64(lane.1) + modulus) % modulus
                return moved > modulus / 2 ? moved - modulus : moved
            }
        }
        let one = try noised()
        #expect(try noised(attempt: 2) == one)
        #expect(try noised(round: 2) != one && noised(secret: 2) != one && noised(value: 0.02) != one)
        // 50 draws of the announced deviation: their mean square is right within 20 %, one deviation, at three of them.
        let square = one.reduce(0.0) { $0 + Double($1) * Double($1) } / 50
        #expect(abs(square / share.variance - 1) < 0.6, "\(square) and \(share.variance)")
    }
}
