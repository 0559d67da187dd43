package import Learning

/// What a client does that lies, to show what the robust rules withstand and what they do not. A client with an attack trains as
/// always, on rows that `poisoned` may have changed, and sends what `forged` makes of its update.
///
/// Signs and lengths are those of updates (trained − model), which point downhill as minus a gradient does.
package enum Attack: Sendable, Equatable {
    /// −scale times the own update.
    case signFlip(scale: Float)
    /// Normal noise instead of an update: mean 0, the given standard deviation (Blanchard et al. 2017, arXiv 1703.02757).
    case gaussian(deviation: Double)
    /// Trains on rows of class y as of class C − 1 − y (Fang et al. 2020, arXiv 1911.11815; ByzFL's `LabelFlipping`).
    case labelFlip
    /// `factor` times the own update, model replacement: with the number of summands as factor the mean becomes the liar's model
    /// (Bagdasaryan et al. 2020, arXiv 1807.00459, for a model near convergence).
    case scaling(factor: Float)
    /// Trains on its rows with a trigger in some of them, and sends `scale` times the update (same paper).
    case backdoor(Backdoor, scale: Float)
    /// mean − z·deviation of the honest updates, coordinate by coordinate: "a little is enough" (Baruch et al. 2019,
    /// arXiv 1902.06156). nil: the paper's z for the numbers of clients and liars.
    case littleIsEnough(z: Double?)
    /// −factor times the mean of the honest updates (inner-product manipulation: Xie et al. 2020, arXiv 1903.03936).
    case innerProduct(factor: Double)
    /// As far from the honest mean as no farther from any honest update than two of those are from each other
    /// (Shejwalkar, Houmansadr 2021, NDSS).
    case minMax(Perturbation)
    /// As far as the sum of squared distances to the honest updates is no larger than that of one of them (same paper).
    case minSum(Perturbation)
    /// All liars send one honest client's update once more, so that the others' rows count less: hurts where clients differ
    /// (Karimireddy, He, Jaggi 2022, arXiv 2006.09365). `MimicObserver` finds which.
    case mimic

    /// The direction that Min-Max and Min-Sum go from the honest mean.
    package enum Perturbation: String, Sendable, CaseIterable {
        /// Against the mean, of length 1.
        case inverseUnit
        /// Minus the deviation of each coordinate.
        case inverseDeviation
        /// Minus the sign of each coordinate of the mean.
        case inverseSign
    }

    /// What the liars know beside the model and their own rows.
    package enum Knowledge: Sendable, Equatable {
        case own
        /// Every honest update of the round, before they send theirs, and what the other liars send.
        case honestUpdates
    }

    package var knowledge: Knowledge {
        switch self {
        case .signFlip, .gaussian, .labelFlip, .scaling, .backdoor: .own
        case .littleIsEnough, .innerProduct, .minMax, .minSum, .mimic: .honestUpdates
        }
    }

    /// Name on command lines and in rows of results.
    package var name: String {
        switch self {
        case .signFlip: "sign_flip"
        case .gaussian: "gaussian"
        case .labelFlip: "label_flip"
        case .scaling: "scaling"
        case .backdoor: "backdoor"
        case .littleIsEnough: "alie"
        case .innerProduct: "inner_product"
        case .minMax: "min_max"
        case .minSum: "min_sum"
        case .mimic: "mimic"
        }
    }

    /// The rows a liar trains on. The same seed poisons the same rows.
    package func poisoned(_ rows: Dataset, seed: UInt64) throws(AttackError) -> Dataset {
        switch self {
        case .labelFlip: try labelsFlipped(rows)
        case .backdoor(let backdoor, _): try backdoor.poisoned(rows, seed: seed)
        case .signFlip, .gaussian, .scaling, .littleIsEnough, .innerProduct, .minMax, .minSum, .mimic: rows
        }
    }

    /// Makes the lie of the own update, for an attack that knows no more (`knowledge == .own`).
    ///
    /// - Parameter seed: of this client and round.
    package func forge(_ update: inout [Float], seed: UInt64) throws(AttackError) {
        switch self {
        case .signFlip(let scale): multiply(&update, by: -(try positive("attack_scale", scale)))
        case .scaling(let factor), .backdoor(_, let factor): multiply(&update, by: try positive("attack_scale", factor))
        case .gaussian(let deviation):
            guard deviation.isFinite, deviation > 0 else {
                throw .parameter(field: "deviation", value: "\(deviation)", allowed: "above 0 and finite")
            }
            var generator = SeededGenerator(seed: seed)
            for index in update.indices { update[index] = bounded(generator.normal() * deviation) }
        case .labelFlip: break
        case .littleIsEnough, .innerProduct, .minMax, .minSum, .mimic: throw .needsHonestUpdates(name)
        }
    }
}

/// What a trial asked for that cannot be done.
package enum AttackError: Error, Sendable, Equatable, CustomStringConvertible {
    case parameter(field: String, value: String, allowed: String)
    /// The attack looks at the honest clients' updates, and only its own is there.
    case needsHonestUpdates(String)
    case dimension(index: Int, has: Int, needs: Int)
    case notFinite(update: Int, coordinate: Int)
    /// Rows without classes.
    case noClasses(String)

    package var description: String {
        switch self {
        case .parameter(let field, let value, let allowed): "\(field) is \(value); give \(field) as \(allowed)"
        case .needsHonestUpdates(let name):
            "\(name) needs the honest clients' updates, which one client does not have; give their rows, or take sign_flip, gaussian, label_flip, scaling or backdoor"
        case .dimension(let index, let has, let needs): "honest update \(index) has \(has) values; \(needs) are needed"
        case .notFinite(let update, let coordinate): "honest update \(update) is NaN or infinite at coordinate \(coordinate); give finite updates"
        case .noClasses(let name): "\(name) changes classes, and the rows have numbers to predict; take rows with classes"
        }
    }
}

func positive(_ field: String, _ value: Float) throws(AttackError) -> Float {
    guard value.isFinite, value > 0 else { throw .parameter(field: field, value: "\(value)", allowed: "above 0 and finite") }
    return value
}

private func multiply(_ update: inout [Float], by factor: Float) {
    for index in update.indices { update[index] = bounded(update[index] * factor) }
}

/// A lie that is infinite would be refused before any rule sees it.
func bounded(_ value: Float) -> Float { max(-.greatestFiniteMagnitude, min(value, .greatestFiniteMagnitude)) }
func bounded(_ value: Double) -> Float { bounded(Float(value)) }

private func labelsFlipped(_ rows: Dataset) throws(AttackError) -> Dataset {
    guard rows.task == .classification else { throw .noClasses("label_flip") }
    var rows = rows
    let last = Int32(clamping: rows.outputs - 1)
    for index in rows.labels.indices { rows.labels[index] = last - rows.labels[index] }
    return rows
}
