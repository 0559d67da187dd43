internal import APIKit
internal import Federation
internal import StrictJSON

extension SessionRequest {
    /// `secure_aggregation`: true or false as documented, or an object that says how.
    static func secureAggregation(_ body: inout ObjectReader, _ notices: inout [JSON]) throws(ServiceError) -> SecureAggregationSpec? {
        guard body.raw("secure_aggregation")?.members != nil, var secure = try body.object("secure_aggregation") else {
            return try body.flag("secure_aggregation") ?? false ? SecureAggregationSpec() : nil
        }
        var spec = SecureAggregationSpec()
        let isOn = try secure.flag("enabled") ?? true
        if let name = try secure.choice("mode", SecureAggregationSpec.Mode.allCases.map(\.rawValue)) {
            spec.mode = SecureAggregationSpec.Mode(rawValue: name) ?? spec.mode
        }
        if let name = try secure.choice("key_agreement", SecureAggregationSpec.KeyAgreement.allCases.map(\.rawValue)) {
            spec.keyAgreement = SecureAggregationSpec.KeyAgreement(rawValue: name) ?? spec.keyAgreement
        }
        spec.groupFloor = try secure.integer("group_floor", 3...1000) ?? spec.groupFloor
        spec.bits = try secure.integer("bits", 4...24) ?? spec.bits
        spec.clip = try secure.number("clip") ?? spec.clip
        spec.coordinateRange = try secure.number("coordinate_range") ?? spec.coordinateRange
        spec.largestWeight = try secure.integer("largest_weight", 0...(1 << 24)) ?? spec.largestWeight
        if !isOn {
            notices += secure.withoutEffect(
                ["mode", "key_agreement", "group_floor", "bits", "clip", "coordinate_range", "largest_weight"], "secure aggregation is not enabled")
        }
        notices += secure.notices
        guard isOn else { return nil }
        if spec.mode == .maliciousServer {
            notices.append(
                notice(
                    "NEEDS_PINNED_KEYS", "secure_aggregation.mode",
                    "every client refuses unless its own owner has given it the members' keys (secure_aggregation.pinned_keys in client.toml); the "
                        + "coordinator cannot check that beforehand"))
        }
        if let weakness = spec.weakness { notices.append(notice("WEAK", "secure_aggregation.group_floor", weakness)) }
        return spec
    }
}

extension SessionViews {
    /// What a session asks for; null without secure aggregation.
    static func secure(_ spec: SessionSpec) -> JSON {
        guard let secure = spec.secureAggregation else { return .null }
        return [
            "enabled": true, "mode": .string(secure.mode.rawValue),
            "key_agreement": .string(secure.keyAgreement.rawValue), "group_floor": JSON(secure.groupFloor), "bits": JSON(secure.bits),
            "clip": JSON(secure.clip), "coordinate_range": JSON(secure.coordinateRange), "largest_weight": JSON(secure.largestWeight),
            "weakness": JSON(secure.weakness),
        ]
    }

    /// A member that broke the protocol, or was missing from a group that was void for it, over the whole session.
    static func offender(_ offender: Offender) -> JSON {
        [
            "client_id": .string(offender.client), "wrong_shares": JSON(offender.wrongShares), "unopenable_secrets": JSON(offender.unopenableSecrets),
            "complaints": JSON(offender.complaints), "missing": JSON(offender.missing), "first_round": JSON(offender.firstRound),
            "excluded": JSON(offender.excluded),
        ]
    }

    /// What was measured of a round; null without secure aggregation.
    static func secure(_ outcome: SecureOutcome?) -> JSON {
        guard let outcome else { return .null }
        func texts(_ words: [String]) -> JSON { .array(words.map(JSON.string)) }
        return [
            "groups": JSON(outcome.groups), "group_sizes": .array(outcome.groupSizes.map { JSON($0) }), "void": texts(outcome.void),
            "confirmed": JSON(outcome.confirmed), "survivors": JSON(outcome.survivors), "saturated": JSON(outcome.saturated),
            "scaled_clients": JSON(outcome.scaled), "key_bytes_up": JSON(outcome.keyBytesUp), "key_bytes_down": JSON(outcome.keyBytesDown),
            "refusals": texts(outcome.refusals), "evidence": texts(outcome.evidence), "unchanged": .bool(outcome.isUnchanged),
        ]
    }
}
