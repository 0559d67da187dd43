/// A rule that judges updates as wholes, by their distance to each other or to a centre, where the coordinate-wise rules
/// judge each number for itself. `aggregate` takes one as `AggregationRule.vector`; an update is a client's, or a group's mean.
package enum VectorRule: Sendable, Equatable {
    /// The update with the smallest sum of squared distances to its n − f − 2 nearest (Blanchard et al. 2017,
    /// arXiv 1703.02757; ByzFL sums n − f − 1, so its f is ours plus one). Needs n ≥ 2f + 3.
    case krum(byzantine: Int)
    /// The mean of the `selected` updates of the smallest such sums (same paper); nil: n − f, the most there can be
    /// without a certain liar among them.
    case multiKrum(byzantine: Int, selected: Int? = nil)
    /// The point with the smallest sum of distances to all updates.
    case geometricMedian(GeometricMedian = GeometricMedian())
    /// A step from a reference towards the updates, each shortened to a radius.
    case centeredClipping(CenteredClipping = CenteredClipping())
    /// The mean of updates that are shortened to a Euclidean norm (Sun et al. 2019, arXiv 1911.07963): bounds what a liar
    /// can do in a round and lets it do that much.
    case normBounding(bound: Double)

    /// Name in messages and rows of results.
    package var name: String {
        switch self {
        case .krum: "krum"
        case .multiKrum: "multi_krum"
        case .geometricMedian: "geometric_median"
        case .centeredClipping: "centered_clipping"
        case .normBounding: "norm_bounding"
        }
    }

    /// Updates without which the rule has no meaning.
    package var updatesMin: Int {
        switch self {
        case .krum(let byzantine), .multiKrum(let byzantine, _): Self.updatesMin(byzantine, beyond: 3)
        case .geometricMedian, .centeredClipping, .normBounding: 1
        }
    }

    /// Updates that the rule needs to withstand `byzantine` liars; the bounds of the papers, which say nothing on how well.
    package func updatesMin(byzantine: Int) -> Int {
        switch self {
        case .krum, .multiKrum: Self.updatesMin(byzantine, beyond: 3)
        case .geometricMedian, .centeredClipping, .normBounding: Self.updatesMin(byzantine, beyond: 1)
        }
    }

    /// 2f + what is beyond it, and not less for an f that no count can have.
    private static func updatesMin(_ byzantine: Int, beyond: Int) -> Int {
        let f = max(0, min(byzantine, Int.max / 4))
        return 2 * f + beyond
    }

    /// Whether the next round needs this round's result (`reference`).
    package var keepsReference: Bool { if case .centeredClipping = self { true } else { false } }
}

/// The smoothed Weiszfeld algorithm of RFA (Pillutla, Kakade, Harchaoui 2019, arXiv 1912.13445), all updates
/// weighing the same, for a client's word on its rows cannot be checked. It begins at the coordinate-wise median, where the
/// paper begins at the mean: a mean that one liar has put far away costs an iteration for every factor of (n − f)/f.
package struct GeometricMedian: Sendable, Equatable {
    /// ν: distances below it count as ν. In the updates' unit; above 0.
    package var smoothing: Double
    /// At most so many; each reads the updates twice.
    package var iterations: Int
    /// Ends when an iteration lowers the mean distance by less than this part of it.
    package var tolerance: Double

    package init(smoothing: Double = 1e-6, iterations: Int = 32, tolerance: Double = 1e-6) {
        self.smoothing = smoothing
        self.iterations = iterations
        self.tolerance = tolerance
    }
}

/// v ← v + mean of (xᵢ − v)·min(1, τ/‖xᵢ − v‖) (Karimireddy, He, Jaggi 2021, arXiv 2012.10333). v begins as the
/// reference: the last round's result, zero in the first.
package struct CenteredClipping: Sendable, Equatable {
    /// τ.
    package enum Radius: Sendable, Equatable {
        /// In the updates' unit; above 0.
        case fixed(Double)
        /// The median of the distances to v, anew in each iteration; the lower of the middle two. Fewer than half of the updates
        /// cannot make it longer than the longest honest distance.
        case medianDistance
    }

    package var radius: Radius
    package var iterations: Int

    package init(radius: Radius = .medianDistance, iterations: Int = 1) {
        self.radius = radius
        self.iterations = iterations
    }
}
