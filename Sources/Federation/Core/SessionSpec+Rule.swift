package import RobustAggregation
internal import StrictJSON

// How updates are combined, or with secure aggregation the means of groups.
extension SessionSpec {
    /// - Parameter f: how many of them may lie.
    package func rule(byzantine f: Int) -> AggregationRule {
        switch aggregation {
        case .mean: .mean
        case .median: .median
        case .trimmedMean: .trimmedMean(trim: f)
        case .krum: .vector(.krum(byzantine: f))
        case .multiKrum: .vector(.multiKrum(byzantine: f))
        case .geometricMedian: .vector(.geometricMedian())
        case .centeredClipping:
            .vector(.centeredClipping(CenteredClipping(radius: clipRadius.map { .fixed($0) } ?? .medianDistance)))
        // A spec without a bound is not valid.
        case .normBounding: .vector(.normBounding(bound: normBound ?? 1))
        }
    }

    /// Updates, or means of groups, that the rule needs to withstand `f` liars.
    package func updatesNeeded(byzantine f: Int) -> Int {
        switch rule(byzantine: f) {
        case .mean: 1
        case .median, .trimmedMean: 2 * f + 1
        case .vector(let rule): aggregation == .normBounding ? 1 : rule.updatesMin(byzantine: f)
        }
    }

    /// Whether so few updates are not enough for the rule, whatever anybody claims of it.
    func cannotCombine(_ updates: Int, byzantine f: Int) -> Bool {
        switch rule(byzantine: f) {
        case .mean, .median: false
        case .trimmedMean(let trim): 2 * trim >= updates
        case .vector(let rule): updates < rule.updatesMin
        }
    }

    /// Whether without `byzantine_tolerance` the rule still has to know how many may lie.
    var assumesLiars: Bool {
        switch aggregation {
        case .trimmedMean, .krum, .multiKrum: true
        case .mean, .median, .geometricMedian, .centeredClipping, .normBounding: false
        }
    }

    func validateRule() throws(SpecError) {
        if let f = byzantineTolerance {
            guard aggregation.withstandsLiars else {
                throw SpecError(
                    field: "byzantine_tolerance", issue: "belongs to a rule that withstands lying clients, and aggregation is \(aggregation.rawValue)",
                    provided: JSON(f))
            }
            guard (0...100_000).contains(f) else {
                throw SpecError(field: "byzantine_tolerance", issue: "must be between 0 and 100000", provided: JSON(f))
            }
        }
        for (field, value, owner) in [("norm_bound", normBound, Aggregation.normBounding), ("clip_radius", clipRadius, .centeredClipping)] {
            guard let value else { continue }
            guard aggregation == owner else { throw SpecError(field: field, issue: "belongs to aggregation \(owner.rawValue)", provided: JSON(value)) }
            guard value > 0, value <= 1e6 else { throw SpecError(field: field, issue: "must be above 0 and at most 1000000", provided: JSON(value)) }
        }
        guard aggregation != .normBounding || normBound != nil else {
            throw SpecError(field: "norm_bound", issue: "must be given with aggregation norm_bounding: the norm of an update of yours", provided: .null)
        }
    }
}
