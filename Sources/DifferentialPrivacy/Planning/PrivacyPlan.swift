#if canImport(Glibc)
    import Glibc
#endif

/// A session's noise and what it costs: fixed at the start from the planned floors, accounted again each round by the ledger.
package struct PrivacyPlan: Equatable, Sendable {
    /// What each round is charged.
    package let release: PrivateRelease
    /// How far one client moves a release, in L2 and in units of the model, everything that is rounded included.
    package let sensitivity: Double
    /// Standard deviation of the noise on every coordinate of the released mean, in units of the model.
    package let noiseDeviation: Double
    /// The lattice the noise lives on. Central: the mean is rounded to it and noise added in its steps. Skellam: quantised updates.
    package let latticeStep: Double
    /// σ in steps of the lattice: of one release; with Skellam noise of the sum of the honest survivors' parts.
    package let deviationSteps: Double
    /// What each client adds; nil where the coordinator does.
    package let share: SkellamShare?
    package let roundsPlanned: Int
    /// Of the planned ones, those that the budget pays for.
    package let roundsThatFit: Int
    /// What is lost after them.
    package let report: PrivacyReport
    /// The Rényi ε after each round, spent before included: an upper bound that grows.
    package let epsilonByRound: [Double]
    /// L2 norm that the noise has about (σ√d) over the norm a mean has at most: above 1 a single round is mostly noise.
    package let noiseToSignal: Double

    package init(_ request: PrivacyRequest) throws(PrivacyError) {
        let model = request.cohortsArePublic ? request.model.knowingCohorts : request.model
        guard request.rounds >= 1, request.rounds <= Limits.plannedRoundsMax else {
            throw .invalid(field: "rounds", problem: "\(request.rounds): take 1 to \(Limits.plannedRoundsMax)")
        }
        let step = try request.quantisationStep()
        let norm = try Sensitivity.roundedNorm(l2Clip: request.l2Clip, step: step, dimension: request.dimension)
        let draft: NoiseDraft
        switch request.mechanism {
        case .centralTrimmedGroups(let groups, let smallest, let trimmed):
            let exact = try Sensitivity.trimmedGroups(norm: norm, smallestGroup: smallest, groups: groups, trimmed: trimmed, adjacency: model.adjacency)
            draft = try NoiseDraft(central: exact + 2 * request.resultError, request, model)
        case .centralMean(let divisor):
            let exact = try Sensitivity.fixedMean(norm: norm, divisor: divisor, adjacency: model.adjacency)
            draft = try NoiseDraft(central: exact + 2 * request.resultError, request, model)
        case .distributedSkellam(let most, let honest, let divisor):
            draft = try NoiseDraft(skellam: norm, step: step, cohortMax: most, honest: honest, divisor: divisor, request, model)
        }
        let fit = try Calibration.rounds(of: draft.release, within: request.budget, spent: request.spent, most: request.rounds, by: request.accountant)
        guard fit > 0 else {
            throw .unreachable(
                "the budget, epsilon \(request.budget.epsilon) at delta \(request.budget.delta), does not pay for one round with noise multiplier "
                    + "\(draft.release.mechanism.noiseMultiplier): raise the noise or the budget")
        }
        (release, sensitivity, noiseDeviation) = (draft.release, draft.sensitivity, draft.noiseDeviation)
        (latticeStep, deviationSteps, share) = (draft.latticeStep, draft.deviationSteps, draft.share)
        (roundsPlanned, roundsThatFit) = (request.rounds, fit)
        report = try PrivacyReport([(draft.release, fit)], delta: request.budget.delta, by: request.accountant)
        let (curve, spent, delta) = (draft.release.renyiCurve, request.spent, request.budget.delta)
        epsilonByRound = (1...fit).map { (spent + curve * $0).epsilon(delta: delta) }
        noiseToSignal = draft.noiseDeviation * Double(request.dimension).squareRoot() / request.l2Clip
    }
}

/// What one client adds to its quantised update before it is masked.
package struct SkellamShare: Equatable, Sendable, Codable {
    /// Of one client's noise on every coordinate, in squared steps; the honest survivors' parts add up to the target.
    package let variance: Double
    /// No coordinate of any round's sum has noise of a larger magnitude, in steps, but with probability 2^-40, whoever answers.
    package let noiseBound: Double
    /// Bits of a lane that holds the largest sum with the noise on either side of it: the sum is moved up by `noiseBound`.
    package let width: Int
}

/// The noise of a plan before its rounds are counted.
struct NoiseDraft {
    var release: PrivateRelease
    var sensitivity: Double
    var noiseDeviation: Double
    var latticeStep: Double
    var deviationSteps: Double
    var share: SkellamShare?

    private static func noise(_ kind: Calibration.Kind, _ request: PrivacyRequest, _ model: PrivacyModel) throws(PrivacyError) -> PrivateRelease {
        switch request.onBudget {
        case .raiseNoise:
            try Calibration.release(kind, model: model, rounds: request.rounds, budget: request.budget, spent: request.spent, by: request.accountant)
        case .stopEarly(let noiseMultiplier): try PrivateRelease(kind.mechanism(noiseMultiplier), model)
        }
    }

    /// The lattice is so fine that rounding the mean to it adds little to the sensitivity: σ has about 2^23 steps.
    init(central exact: Double, _ request: PrivacyRequest, _ model: PrivacyModel) throws(PrivacyError) {
        let release = try Self.noise(.discreteGaussian(deviationSteps: 0x1p23), request, model)
        let z = release.mechanism.noiseMultiplier
        let scale = z * exact
        guard scale > 0x1p-900, scale < 0x1p900 else {
            throw .invalid(field: "l2_clip", problem: "noise of deviation \(scale) is no number to add: take a clip nearer to 1")
        }
        latticeStep = Double(sign: .plus, exponent: scale.exponent - 23, significand: 1)
        sensitivity = try Sensitivity.onLattice(exact, step: latticeStep, dimension: request.dimension)
        noiseDeviation = z * sensitivity
        deviationSteps = noiseDeviation / latticeStep
        guard deviationSteps <= Limits.deviationStepsMax else {
            throw .invalid(
                field: "dimension",
                problem: "\(request.dimension) parameters and noise multiplier \(z) need a finer lattice than there is: train a smaller model")
        }
        self.release = try PrivateRelease(.discreteGaussian(noiseMultiplier: z, deviationSteps: deviationSteps), model)
        share = nil
    }

    init(skellam norm: Double, step: Double, cohortMax: Int, honest: Int, divisor: Double, _ request: PrivacyRequest, _ model: PrivacyModel)
        throws(PrivacyError)
    {
        guard step > 0, let bits = request.quantisation?.bits else {
            throw .invalid(field: "bits", problem: "Skellam noise is added to whole numbers: say how updates are quantised")
        }
        guard honest >= 1, honest <= cohortMax, cohortMax <= Limits.participantsMax else {
            throw .invalid(field: "honest_survivors", problem: "\(honest) of \(cohortMax): take 1 to the cohort's number, at most \(Limits.participantsMax)")
        }
        // Refuses a divisor that means nothing.
        _ = try Sensitivity.fixedMean(norm: norm, divisor: divisor, adjacency: model.adjacency)
        let (l2, l1) = try Sensitivity.steps(norm: norm, step: step, dimension: request.dimension, adjacency: model.adjacency)
        sensitivity = l2 * step / divisor
        let release = try Self.noise(.skellam(l2Sensitivity: l2, l1Sensitivity: l1), request, model)
        deviationSteps = release.mechanism.noiseMultiplier * l2
        latticeStep = step
        noiseDeviation = deviationSteps * step / divisor
        // As it is drawn: in eighths.
        let variance = (deviationSteps * deviationSteps / Double(honest) * 8).rounded(.up) / 8
        let draws = min(Double(request.dimension) * Double(request.rounds), 0x1p62)
        let bound = Skellam.bound(variance: variance * Double(cohortMax), count: Int(draws), logFailure: -40 * log(2))
        let largest = Double(cohortMax) * Double((1 << bits) - 1) + 2 * bound
        let width = largest < 0x1p62 ? Int.bitWidth - Int(largest.rounded(.up)).leadingZeroBitCount : 63
        guard width <= Limits.widthMax else {
            throw .invalid(
                field: "bits",
                problem:
                    "\(cohortMax) clients of \(bits) bits and noise up to \(bound) steps need \(width) bits, and there are \(Limits.widthMax): take at most \(max(0, bits - (width - Limits.widthMax))) bits"
            )
        }
        share = SkellamShare(variance: variance, noiseBound: bound, width: width)
        self.release = release
    }
}
