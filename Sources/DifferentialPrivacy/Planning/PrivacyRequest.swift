/// What a session asks of privacy: how much may be lost, over how many rounds, by which mechanism.
package struct PrivacyRequest: Equatable, Sendable {
    /// What is combined, and who adds noise.
    package enum Mechanism: Equatable, Sendable {
        /// The coordinator adds discrete Gaussian noise to the trimmed mean of group means: `groups` and `smallestGroup` are the floors
        /// a round commits with, `trimmed` is cut off at either end. The coordinator is trusted to add it; it sees group sums only.
        case centralTrimmedGroups(groups: Int, smallestGroup: Int, trimmed: Int)
        /// The same on a sum over a fixed divisor.
        case centralMean(divisor: Double)
        /// Every client adds Skellam noise inside the masked sum: nobody is trusted, and the honest survivors alone reach the target.
        /// `cohortMax` clients may answer, `honestSurvivors` of the honest ones do at least; the sum is over `divisor`.
        case distributedSkellam(cohortMax: Int, honestSurvivors: Int, divisor: Double)
    }

    /// What gives way when noise and rounds do not fit the budget together.
    package enum OnBudget: Equatable, Sendable {
        /// All rounds are run, with as much noise as that takes.
        case raiseNoise
        /// The noise stays as it is given, in units of the sensitivity, and the session ends when the budget does.
        case stopEarly(noiseMultiplier: Double)
    }

    package var budget: PrivacyBudget
    package var rounds: Int
    package var model: PrivacyModel
    /// The roster of a round is known to others than its clients: nothing is gained from sampling then. The coordinator itself
    /// always knows it, so the sampled ε holds only against those who see nothing but released models.
    package var cohortsArePublic = false
    package var mechanism: Mechanism
    package var onBudget = OnBudget.raiseNoise
    /// Parameters of the model (d).
    package var dimension: Int
    /// Largest L2 norm of an update before rounding (C).
    package var l2Clip: Double
    /// Largest magnitude of a coordinate (c) and bits of a quantised one (b); nil: updates are not quantised.
    package var quantisation: Quantisation?
    /// What the members' data have lost in earlier sessions: the curve of the member that lost most.
    package var spent = RenyiCurve.zero
    package var accountant = Accountant.tighter
    /// How far, in L2 and in units of the model, the machine's arithmetic may move a result from the exact one before it is noised.
    package var resultError = 0.0

    package struct Quantisation: Equatable, Sendable {
        package var coordinateClip: Double
        package var bits: Int
        package init(coordinateClip: Double, bits: Int) { (self.coordinateClip, self.bits) = (coordinateClip, bits) }
    }

    package init(
        budget: PrivacyBudget, rounds: Int, model: PrivacyModel, mechanism: Mechanism, dimension: Int, l2Clip: Double, quantisation: Quantisation? = nil
    ) {
        self.budget = budget
        self.rounds = rounds
        self.model = model
        self.mechanism = mechanism
        self.dimension = dimension
        self.l2Clip = l2Clip
        self.quantisation = quantisation
    }

    /// The distance of two quantised values, in units of the model; 0 where nothing is quantised.
    func quantisationStep() throws(PrivacyError) -> Double {
        guard let quantisation else { return 0 }
        guard quantisation.coordinateClip > 0, quantisation.coordinateClip.isFinite else {
            throw .invalid(field: "coordinate_clip", problem: "\(quantisation.coordinateClip): take a number above 0")
        }
        guard (1...Limits.bitsMax).contains(quantisation.bits) else {
            throw .invalid(field: "bits", problem: "\(quantisation.bits): take 1 to \(Limits.bitsMax)")
        }
        return 2 * quantisation.coordinateClip / Double((1 << quantisation.bits) - 1)
    }
}
