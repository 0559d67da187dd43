internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import Wire

/// What can happen. Events that carry much are indirect: most are small, and small they move fast. `life` and `epoch` say
/// which process an event is for: one that has died since does not see it.
enum WorldEvent {
    case coordinatorStarts, coordinatorCrashes
    case coordinatorTimer(epoch: Int, at: Int64)
    case written(epoch: Int, Int)
    indirect case modelMade(epoch: Int, ModelSpec, DataSchema, seed: UInt64)
    indirect case aggregationDue(epoch: Int, AggregationJob)
    indirect case privacyPlanned(epoch: Int, PrivacyDemand)
    /// Its charge is durable, its noise drawn, and its result computed.
    indirect case privateResult(epoch: Int, AggregationJob, RandomWords?)
    case neighbourPays(Int)
    case operatorStops

    case clientStarts(Int), clientCrashes(Int), clientLeaves(Int)
    case clientTimer(Int, life: Int, at: Int64)
    case clientWritten(Int, life: Int)
    indirect case trained(Int, life: Int, serial: Int, RoundStart)
    indirect case bodyWritten(Int, life: Int, AttemptKey, [UInt8], control: [UInt8]?)
    indirect case bodyMasked(Int, life: Int, AttemptKey, [UInt8])
    indirect case evaluated(Int, life: Int, EvaluationRequest)

    case joinArrives(Int, life: Int), joinAnswered(Int, life: Int, isIn: Bool)
    case connectArrives(Int, life: Int), connectAnswered(Int, life: Int, link: Int?)
    case frameToCoordinator(link: Int, [UInt8]), frameToClient(link: Int, [UInt8])
    case linkClosedAtCoordinator(Int), linkClosedAtClient(Int)
    indirect case modelAsked(Int, life: Int, digest: String, path: String)
    indirect case modelAnswered(Int, life: Int, digest: String, [UInt8]?)
    indirect case uploadArrives(Upload)
    indirect case uploadAnswered(Upload, UploadAnswer)

    case linkBreaks(Int)
    case partitionBegins, clockJumps, diskFills, replay
    case healed
}

/// One POST of an update.
struct Upload {
    var client: Int
    var life: Int
    var key: AttemptKey
    /// As it crosses: compressed where that pays, as in production.
    var body: [UInt8]
    var isCompressed = false
    /// Its number at the coordinator and when it arrived there, once it has.
    var id = 0
    var arrivedAt: Int64 = 0
    /// Nobody waits for the answer: a copy that the network made, or what an attacker sent.
    var isStray = false
}

enum UploadAnswer { case accepted, failed(UploadFailure) }

/// One control channel, alive until either end breaks it.
struct Link {
    var client: Int
    var life: Int
    var isBroken = false
    /// The coordinator has seen the hello.
    var isGreeted = false
    var latestToClient: Int64 = 0
    var latestToCoordinator: Int64 = 0
}

/// A write that the coordinator has begun.
struct PendingWrite {
    enum Content {
        /// One transaction.
        case changes([DurableChange])
        case contribution(ContributionRecord, delta: [UInt8], Upload)
        /// Of the ledger: for the round of a job, or another session's.
        indirect case charge(PrivacyCharge, AggregationJob?)
    }
    var id: Int
    var content: Content
}
