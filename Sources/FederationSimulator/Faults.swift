/// What goes wrong, how often, and until when. Probabilities are in 0...1, times in virtual milliseconds.
package struct Faults: Sendable, Equatable {
    // The network

    /// One way through the network.
    package var delay: ClosedRange<Int64> = 1...20
    /// A message now and then takes twenty times as long.
    package var straggle = 0.0
    /// A request, or the answer to it, is lost.
    package var loss = 0.0
    /// An upload arrives once more, some time later.
    package var duplication = 0.0
    /// A control frame overtakes the one before it, or comes twice.
    package var reordering = 0.0
    package var brokenLinks = 0
    /// How often a part of the clients is cut off from the coordinator for a while, in one direction or in both.
    package var partitions = 0
    /// How often something is sent again that was sent long before: an upload, or a control frame of either side.
    package var replays = 0

    // Processes and clocks

    /// A process dies before one of its effects is run.
    package var effectCrash = 0.0
    package var coordinatorCrashes = 0
    package var clientCrashes = 0
    /// How often a clock, the coordinator's or a client's, is set forward or back. With any, all clocks differ from the start.
    package var clockJumps = 0

    // Disks: a write counts when it is done; a crash drops what is not done, whole transactions only

    /// A write takes fifty times as long.
    package var slowWrite = 0.0
    /// How often a disk, the coordinator's or a client's, takes no more writes for a while.
    package var fullDisks = 0

    // Clients

    /// A client says that it cannot train.
    package var trainingFailure = 0.0
    /// Somebody uploads something that is not an update, with the client's credential.
    package var malformed = 0.0
    /// Clients that train eight times as long.
    package var stragglers = 0
    /// Clients that send something else than what they trained.
    package var liars = 0
    package var lie = Lie.flipped
    /// Clients that give wrong shares where secure aggregation asks for right ones.
    package var shareForgers = 0
    /// At the beginning of a round each client leaves with this probability, and comes back seconds later.
    package var churn = 0.0
    /// Clients that come when the session has long begun.
    package var lateJoiners = 0
    /// How often another session of the same clients spends of their budgets.
    package var neighbours = 0
    /// Clients that go away and come back only when all is healed.
    package var dropouts = 0

    /// From then on nothing goes wrong any more, and the session has to come to its end.
    package var until: Int64 = 4000

    package init() {}
    package static let none = Faults()
}

package enum Lie: String, Sendable, CaseIterable {
    /// Minus what was trained.
    case flipped
    /// Ten times what was trained.
    case scaled
    /// What was trained, from a thousand times as many rows.
    case wrongCounts
    /// A value that is no number. Nobody may accept it.
    case notFinite
    /// What was trained from another model. Nobody may accept it.
    case wrongBase

    /// Whether the coordinator can see that it is none, and has to refuse it.
    package var isRefused: Bool { self == .notFinite || self == .wrongBase }
}
