internal import APIKit
internal import Federation
internal import Learning
internal import StrictJSON

/// An attempt at a round; what is of its end is null until then.
struct RoundFacts: Described {
    static let name = "Round"
    let record: RoundRecord
    /// Whose losses are nats per byte.
    var isText = false
    private var outcome: RoundOutcome? { record.outcome }
    private var bitsPerByte: Double? { isText ? (outcome?.heldOutLoss ?? outcome?.federatedLoss).map(LanguageMeasures.bits) : nil }
    private var state: String { record.state.rawValue }
    private var secure: SecureRoundFacts? { outcome?.secure.map(SecureRoundFacts.init) }

    static let fields = begun + counted + measured

    private static let begun: [FieldOf<RoundFacts>] = [
        FieldOf("round", \.record.round, .stored), FieldOf("attempt", \.record.attempt, .stored), FieldOf("state", \.state, .stored),
        FieldOf("model_sha256", \.outcome?.model, .stored, "of the new model; null when it came to none"),
        FieldOf("server_state_sha256", \.outcome?.state, .stored, "null: the algorithm keeps none"), FieldOf("reason", \.outcome?.reason, .stored),
    ]

    private static let counted: [FieldOf<RoundFacts>] = [
        FieldOf("selected", \.outcome?.selected, .counted, unit: "clients"), FieldOf("contributors", \.outcome?.contributors, .counted, unit: "clients"),
        FieldOf("late", \.outcome?.late, .counted, unit: "updates"), FieldOf("dropped", \.outcome?.dropped, .counted, unit: "clients"),
        FieldOf("rejected", \.outcome?.rejected, .counted, unit: "updates"),
        FieldOf("lost_controls", \.outcome?.lostControls, .counted, "of scaffold: clients that began from zero again"),
    ]

    private static let measured: [FieldOf<RoundFacts>] = [
        FieldOf("accuracy", \.outcome?.heldOutAccuracy, .measured, "of the new model on the operator's test set"),
        FieldOf("loss", \.outcome?.heldOutLoss, .measured, "of the new model on the operator's test set"),
        FieldOf("federated_accuracy", \.outcome?.federatedAccuracy, .measured, "of the model before, as the clients say"),
        FieldOf("federated_loss", \.outcome?.federatedLoss, .measured, "of the model before, as the clients say"),
        FieldOf("bits_per_byte", \.bitsPerByte, .measured, "of a language_model: the loss in bits, held out where there is a test set"),
        FieldOf("bytes_up", \.outcome?.bytesUp, .counted, unit: "bytes"), FieldOf("bytes_down", \.outcome?.bytesDown, .counted, unit: "bytes"),
        FieldOf("aggregate_ms", \.outcome?.aggregateMilliseconds, .measured, unit: "ms"), FieldOf("seconds", \.outcome?.seconds, .measured, unit: "s"),
        FieldOf("secure", \.secure, .counted, "null without secure aggregation"),
        FieldOf("epsilon", \.outcome?.epsilon, .rule("accountant"), unit: "epsilon", "lost by the member that lost most"),
        FieldOf("ended_at", \.outcome?.endedAt, .clock),
    ]
}

struct RoundList: Described {
    static let name = "Rounds"
    var session: String
    var rounds: [RoundFacts]
    static let fields = [FieldOf<RoundList>("session_id", \.session, .stored), FieldOf("rounds", \.rounds, .stored)]
}
