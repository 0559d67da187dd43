/// Which two data sets count as neighbours. A record is all that one client has.
package enum Adjacency: String, Codable, Sendable {
    /// One client's contribution is there, or it is zero; what sums are divided by is fixed and public. Adding or removing a
    /// client under Poisson sampling has the same pairs of distributions and so the same numbers.
    case zeroOut = "zero_out"
    /// One client's contribution is replaced by any other; how many clients there are is public.
    case replaceOne = "replace_one"
}

/// How the cohort of a round is drawn.
package enum Sampling: Equatable, Hashable, Codable, Sendable {
    /// Everybody takes part, or everybody may know who does: nothing is gained from chance.
    case full
    /// Each client for itself, with this probability.
    case poisson(rate: Double)
    /// Exactly `cohort` of `population`, without replacement.
    case fixedSize(cohort: Int, population: Int)
}

/// Adjacency and sampling, which belong together: an ε without them means nothing. Only pairs with a proven bound exist.
package struct PrivacyModel: Equatable, Hashable, Codable, Sendable {
    package let adjacency: Adjacency
    package let sampling: Sampling

    package init(_ adjacency: Adjacency, _ sampling: Sampling) throws(PrivacyError) {
        switch (adjacency, sampling) {
        case (_, .full): break
        case (.zeroOut, .poisson(let rate)):
            guard rate > 0, rate <= 1 else { throw .invalid(field: "sampling.rate", problem: "\(rate) is no probability above 0: take at most 1") }
        case (.replaceOne, .fixedSize(let cohort, let population)):
            guard population >= 1, population <= Limits.populationMax else {
                throw .invalid(field: "sampling.population", problem: "\(population) clients: there are 1 to \(Limits.populationMax)")
            }
            guard cohort >= 1, cohort <= population else {
                throw .invalid(field: "sampling.cohort", problem: "\(cohort) of \(population) clients cannot be drawn: take 1 to \(population)")
            }
        case (.replaceOne, .poisson):
            throw .invalid(field: "sampling", problem: "replace_one has no bound for Poisson sampling here: draw a fixed number, or take zero_out")
        case (.zeroOut, .fixedSize):
            throw .invalid(field: "sampling", problem: "zero_out has no bound for a fixed number of clients here: take Poisson sampling, or replace_one")
        }
        self.adjacency = adjacency
        self.sampling = sampling
    }

    private init(unchecked adjacency: Adjacency, _ sampling: Sampling) { (self.adjacency, self.sampling) = (adjacency, sampling) }

    private enum CodingKeys: CodingKey { case adjacency, sampling }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(values.decode(Adjacency.self, forKey: .adjacency), values.decode(Sampling.self, forKey: .sampling))
    }

    /// The part of the clients that a round draws (q).
    package var rate: Double {
        switch sampling {
        case .full: 1
        case .poisson(let rate): rate
        case .fixedSize(let cohort, let population): Double(cohort) / Double(population)
        }
    }

    /// What holds against whoever knows the cohorts: the coordinator, and everybody where rosters are broadcast. Only those who
    /// took part in a round are charged for it then.
    package var knowingCohorts: PrivacyModel { PrivacyModel(unchecked: adjacency, .full) }
}

/// The most that may be lost: an outcome's probability changes by at most a factor e^ε, but for a part δ.
package struct PrivacyBudget: Equatable, Codable, Sendable {
    package let epsilon: Double
    package let delta: Double

    package init(epsilon: Double, delta: Double) throws(PrivacyError) {
        guard epsilon > 0, epsilon.isFinite else { throw .invalid(field: "epsilon", problem: "\(epsilon) is no budget: take a number above 0") }
        guard delta >= Limits.deltaMin, delta < 1 else {
            throw .invalid(field: "delta", problem: "\(delta): take a number from \(Limits.deltaMin) to below 1, well below 1 / (number of clients)")
        }
        self.epsilon = epsilon
        self.delta = delta
    }

    private enum CodingKeys: CodingKey { case epsilon, delta }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(epsilon: values.decode(Double.self, forKey: .epsilon), delta: values.decode(Double.self, forKey: .delta))
    }
}
