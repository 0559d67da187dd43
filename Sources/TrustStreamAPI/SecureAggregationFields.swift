internal import APIKit
internal import Federation
internal import StrictJSON

extension SecureAggregationSpec.Mode: ChoiceValue {}
extension SecureAggregationSpec.KeyAgreement: ChoiceValue {}

/// `secure_aggregation` as an object that says how.
struct SecureAggregationBody: DescribedRequest {
    static let name = "SecureAggregationOptions"
    var isOn = true
    var spec = SecureAggregationSpec()

    static let fields = [
        FieldOf<SecureAggregationBody>("enabled", \.isOn), FieldOf("mode", \.spec.mode), FieldOf("key_agreement", \.spec.keyAgreement),
        FieldOf("group_floor", \.spec.groupFloor, .whole(3...1000), unit: "clients", note: "of fewer no sum is opened"),
        FieldOf("bits", \.spec.bits, .whole(4...24), unit: "bits", note: "of a coordinate"), FieldOf("clip", \.spec.clip),
        FieldOf("coordinate_range", \.spec.coordinateRange), FieldOf("largest_weight", \.spec.largestWeight, .whole(0...1 << 24), unit: "rows"),
    ]
}

extension SessionRequest {
    /// True or false as documented, or an object that says how.
    static func secureAggregation(_ sent: inout Sent<SessionBody>) -> SecureAggregationSpec? {
        let options: SecureAggregationBody
        switch sent.body.secure {
        case nil: return nil
        case .flag(let isOn): return isOn ? SecureAggregationSpec() : nil
        case .options(let asked): options = asked
        }
        guard options.isOn else {
            sent.withoutEffect(
                SecureAggregationBody.shape.fields.map(\.name).filter { $0 != "enabled" }.map { "secure_aggregation.\($0)" },
                "secure aggregation is not enabled")
            return nil
        }
        if options.spec.mode == .maliciousServer {
            sent.note(
                "NEEDS_PINNED_KEYS", "secure_aggregation.mode",
                "every client refuses unless its own owner has given it the members' keys (secure_aggregation.pinned_keys in client.toml); the "
                    + "coordinator cannot check that beforehand")
        }
        if let weakness = options.spec.weakness { sent.note("WEAK", "secure_aggregation.group_floor", weakness) }
        return options.spec
    }
}

/// What a session asks for of secure aggregation.
struct SecureFacts: Described {
    static let name = "SecureAggregation"
    private let spec: SecureAggregationSpec
    private var isOn: Bool { true }

    /// nil without secure aggregation.
    init?(_ session: SessionSpec) {
        guard let spec = session.secureAggregation else { return nil }
        self.spec = spec
    }

    static let fields = [
        FieldOf<SecureFacts>("enabled", \.isOn, .request), FieldOf("mode", \.spec.mode, .stored), FieldOf("key_agreement", \.spec.keyAgreement, .stored),
        FieldOf("group_floor", \.spec.groupFloor, .stored, unit: "clients"), FieldOf("bits", \.spec.bits, .stored, unit: "bits"),
        FieldOf("clip", \.spec.clip, .stored), FieldOf("coordinate_range", \.spec.coordinateRange, .stored),
        FieldOf("largest_weight", \.spec.largestWeight, .stored, unit: "rows"),
        FieldOf("weakness", \.spec.weakness, .rule("a floor of three"), "null: none that is known"),
    ]
}

/// A member that broke the protocol, or was missing from a group that was void for it, over the whole session.
struct OffenderFacts: Described {
    static let name = "Offender"
    let offender: Offender

    static let fields = [
        FieldOf<OffenderFacts>("client_id", \.offender.client, .stored), FieldOf("wrong_shares", \.offender.wrongShares, .counted),
        FieldOf("unopenable_secrets", \.offender.unopenableSecrets, .counted), FieldOf("complaints", \.offender.complaints, .counted),
        FieldOf("missing", \.offender.missing, .counted), FieldOf("first_round", \.offender.firstRound, .stored, "null: it was only missing"),
        FieldOf("excluded", \.offender.excluded, .stored, "why it takes no part any more; null: it does"),
    ]
}

/// What was measured of a round with secure aggregation.
struct SecureRoundFacts: Described {
    static let name = "SecureRound"
    let outcome: SecureOutcome

    static let fields = [
        FieldOf<SecureRoundFacts>("groups", \.outcome.groups, .counted), FieldOf("group_sizes", \.outcome.groupSizes, .counted, "0: it was not opened"),
        FieldOf("void", \.outcome.void, .stored, "why groups were not opened or not used"), FieldOf("confirmed", \.outcome.confirmed, .counted),
        FieldOf("survivors", \.outcome.survivors, .counted), FieldOf("saturated", \.outcome.saturated, .counted, unit: "coordinates"),
        FieldOf("scaled_clients", \.outcome.scaled, .counted), FieldOf("key_bytes_up", \.outcome.keyBytesUp, .counted, unit: "bytes"),
        FieldOf("key_bytes_down", \.outcome.keyBytesDown, .counted, unit: "bytes"), FieldOf("refusals", \.outcome.refusals, .stored),
        FieldOf("evidence", \.outcome.evidence, .stored), FieldOf("unchanged", \.outcome.isUnchanged, .stored, "the round left the model as it was"),
    ]
}
