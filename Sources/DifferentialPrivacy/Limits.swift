/// Everything has a bound, so that no input makes an accountant count or allocate without end.
package enum Limits {
    /// Standard deviation of the noise over the L2 sensitivity: below, nothing is private; above, nothing is left to learn from.
    package static let noiseMultiplierMin = 0.01
    package static let noiseMultiplierMax = 1e6
    /// Releases that one entry of an accountant may stand for.
    package static let roundsMax = 10_000_000
    /// Rounds of a session whose ε is told one by one.
    package static let plannedRoundsMax = 100_000
    /// The smallest δ that is accounted.
    package static let deltaMin = 1e-100
    /// Members of a population that cohorts are drawn from.
    package static let populationMax = 1 << 40
    /// Coordinates of a model.
    package static let dimensionMax = 1 << 40
    /// Kinds of releases that are composed as privacy loss distributions; more are composed as Rényi curves.
    package static let lossKindsMax = 8
    /// Points of a privacy loss distribution's grid, and of the window of a composed one.
    package static let lossPointsMax = 1 << 21
    /// Losses beyond are not resolved: e^loss has to be a number.
    package static let lossMax = 600.0
    /// Standard deviation of discrete Gaussian noise, in steps of its lattice.
    package static let deviationStepsMax = 0x1p26
    /// Mean of a Poisson variable that is drawn.
    package static let poissonMeanMax = 0x1p48
    /// Bits of a ring that sums are taken in.
    package static let widthMax = 32
    /// Bits of one quantised coordinate.
    package static let bitsMax = 24
    /// Bytes of a name in a ledger's key or of a release's id.
    package static let nameBytesMax = 256
    /// Participants of one release.
    package static let participantsMax = 1_000_000
}
