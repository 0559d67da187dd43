/// Everything has a bound, so that no input makes a machine allocate or count without end.
package enum Limits {
    /// Members of one epoch.
    package static let clientsMax = 10_000
    /// Elements of one masked vector.
    package static let lanesMax = 1 << 32
    /// Bits of one lane.
    package static let widthMax = 32
    /// Bits of one quantised coordinate.
    package static let bitsMax = 24
    /// Bytes of a session's name.
    package static let sessionBytesMax = 128
    /// Bytes of the plan that a member is shown.
    package static let planBytesMax = 4096
    /// Bytes of a member's words to the coordinator.
    package static let reasonBytesMax = 1024
    /// Edges that could not be opened: of 400 members with 62 neighbours each.
    package static let voidEdgesMax = 12_400
    /// Attempts at one round.
    package static let attemptsMax = 1_000_000
    /// Lanes at the end of every vector that are zero for everybody: a sum that does not have them is not a sum.
    package static let checkLanes = 4
    /// Groups up to this size agree on masks all with all.
    package static let completeGraphMax = 64
    /// Times a vector is rounded again until its norm holds.
    package static let roundingDrawsMax = 64
    /// Pieces of evidence that are kept of one member.
    package static let evidenceMax = 16
}
