import DifferentialPrivacy
import Federation
import Learning
import SecureAggregation
import Testing

@Suite struct SessionPlanTests {
    private func spec(_ clients: Int, _ aggregation: SessionSpec.Aggregation = .mean) -> SessionSpec {
        var spec = SessionSpec()
        spec.model = ModelSpec(kind: .softmaxRegression, layers: [64, 10])
        (spec.minClients, spec.rounds, spec.aggregation) = (clients, 20, aggregation)
        return spec
    }

    /// Sound, waiting, or refused: every combination is one of them, with the numbers.
    @Test func everyCombinationIsSoundOrSaysWhatItWantsInNumbers() {
        var (sound, waiting, refused) = (0, 0, 0)
        for aggregation in SessionSpec.Aggregation.allCases {
            for isSecure in [false, true] {
                for isPrivate in [false, true] {
                    for clients in [2, 4, 9, 15, 20, 30] {
                        for fraction in [0.1, 1] {
                            for weight in [0, 50] where isSecure || weight == 0 {
                                var spec = spec(clients, aggregation)
                                spec.clientFraction = fraction
                                if isSecure { spec.secureAggregation = SecureAggregationSpec() }
                                spec.secureAggregation?.largestWeight = weight
                                if isPrivate { spec.privacy = PrivacySpec() }
                                spec.privacy?.onBudget = .stopEarly
                                spec.privacy?.noiseMultiplier = 30
                                do {
                                    try spec.validate()
                                } catch {
                                    #expect(!error.field.isEmpty && !error.issue.isEmpty)
                                    refused += 1
                                    continue
                                }
                                let plan = SessionPlan(spec, clients: clients, dimension: spec.model?.parameterCount)
                                if let obstacle = plan.obstacle {
                                    #expect(obstacle.contains { $0.isNumber }, "\(obstacle)")
                                    waiting += 1
                                } else {
                                    check(plan, isSecure, isPrivate)
                                    sound += 1
                                }
                            }
                        }
                    }
                }
            }
        }
        #expect(sound > 40 && refused > 20, "\(sound) sound, \(waiting) waiting, \(refused) refused")
    }

    private func check(_ plan: SessionPlan, _ isSecure: Bool, _ isPrivate: Bool) {
        #expect((plan.groups != nil) == isSecure && (plan.privacy != nil) == isPrivate)
        let combined = plan.groups?.groups ?? plan.cohort
        #expect(2 * plan.modifiedClientsBorne < combined)
        // Of two values neither is the middle one.
        #expect(plan.spec.aggregation == .mean || combined < 3 ? plan.modifiedClientsBorne == 0 : plan.modifiedClientsBorne >= 1)
        if let groups = plan.groups { #expect(groups.smallestGroup > groups.groupFloor && (plan.honestSummands ?? 0) >= 1) }
        if let privacy = plan.privacy { #expect(privacy.epsilon <= 1 && privacy.roundsThatFit >= 1 && privacy.sensitivity > 0) }
        #expect((plan.bytesUp ?? 0) > 0 && (plan.bytesDown ?? 0) >= 4 * 650)
        for text in [plan.serverSees, plan.robustness, plan.privacyMeaning] { #expect(!text.isEmpty) }
    }

    @Test func thePlanSaysWhoSeesWhat() {
        let plain = SessionPlan(spec(10), clients: 12, dimension: 650)
        #expect(plain.serverSees.contains("update of every one of 12 clients") && plain.honestSummands == nil && plain.bytesUp == 2600)
        var secure = spec(30, .trimmedMean)
        secure.secureAggregation = SecureAggregationSpec()
        let plan = SessionPlan(secure, clients: 30, dimension: 650)
        #expect(plan.groups?.groups == 6 && plan.modifiedClientsBorne == 2 && plan.honestSummands == 2)
        #expect(plan.serverSees.contains("6 sums over groups of 5 members") && plan.serverSees.contains("the groups stay"))
        // 650 numbers and the check lanes of 19 bits, a header, keys and shares.
        #expect((plan.bytesUp ?? 0) > 650 * 19 / 8 && (plan.bytesUp ?? 0) < 650 * 19 / 8 + 10_000)
    }

    /// The document's own example: a budget of 1, a hundred rounds. It says honestly that a few dozen clients drown in noise.
    @Test func aBudgetOfOneOverAHundredRoundsIsHonest() throws {
        var asked = spec(10)
        (asked.rounds, asked.privacyBudget, asked.privacy) = (100, 1, PrivacySpec())
        asked.privacy?.noiseMultiplier = 1.1
        let plan = SessionPlan(asked, clients: 10, dimension: 650)
        let privacy = try #require(plan.privacy)
        #expect(privacy.roundsThatFit == 100 && privacy.epsilon <= 1)
        #expect(privacy.release.mechanism.noiseMultiplier > 37 && privacy.release.mechanism.noiseMultiplier < 41)
        #expect(privacy.noiseToSignal > 50 && plan.privacyMeaning.contains("times as long as its result can be"))
        asked.privacy?.onBudget = .stopEarly
        let early = try #require(SessionPlan(asked, clients: 10, dimension: 650).obstacle)
        #expect(early.contains("does not pay for one round with noise multiplier 1.1"))
    }

    /// An unknown model keeps nobody waiting: the noise is planned when it is known.
    @Test func withoutAModelTheNoiseIsNotPlanned() {
        var asked = SessionSpec()
        (asked.minClients, asked.privacy) = (10, PrivacySpec())
        let plan = SessionPlan(asked, clients: 10, dimension: nil)
        #expect(plan.obstacle == nil && plan.privacy == nil && plan.privacyMeaning.contains("give 'model'"))
    }

    /// The bytes of the protocol's messages are those of its messages.
    @Test func moreMembersAndHoldersWeighMore() throws {
        func bytes(_ members: Int, _ mode: TrustMode) throws -> MessageBytes {
            var request = PlanRequest(members: members, dimension: 10, l2Clip: 1, coordinateClip: 1)
            (request.mode, request.identitiesPinned, request.robust) = (mode, true, false)
            return MessageBytes(try SecureAggregationPlan(request))
        }
        let (small, large) = (try bytes(30, .honestButCurious), try bytes(100, .honestButCurious))
        #expect(small.up < large.up && small.down < large.down && large.up < 10_000)
        #expect(try bytes(100, .maliciousServer).down > large.down)
    }
}
