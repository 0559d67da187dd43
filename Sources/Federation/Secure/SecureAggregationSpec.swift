/// What a session asks of secure aggregation.
package struct SecureAggregationSpec: Sendable, Equatable, Codable {
    package enum Mode: String, Sendable, Codable, CaseIterable {
        case honestButCurious = "honest_but_curious"
        case maliciousServer = "malicious_server"
    }

    /// How members come to common secrets.
    package enum KeyAgreement: String, Sendable, Codable, CaseIterable {
        case x25519
        /// With X-Wing besides, for what is recorded now and read by a quantum computer later.
        case xWing = "x_wing"
    }

    package var mode = Mode.honestButCurious
    package var keyAgreement = KeyAgreement.x25519
    /// Members of a group that its sum needs at least; with fewer nothing of the group is opened.
    package var groupFloor = Self.usualFloor
    /// Of a quantised coordinate.
    package var bits = 16
    /// Largest Euclidean norm of an update; a larger one is scaled down.
    package var clip = 10.0
    /// Largest magnitude of one coordinate; what is beyond it is cut off and counted.
    package var coordinateRange = 1.0
    /// Rows that a client can count for at most under the mean; 0: all count the same.
    package var largestWeight = 0

    package init(groupFloor: Int = Self.usualFloor) { self.groupFloor = groupFloor }

    /// The lowest floor there is, for trying secure aggregation out on one machine.
    package static let trialFloor = 3
    /// The lowest floor for data that somebody has to keep.
    package static let usualFloor = 4

    /// What the operator and the members have to know of so low a floor; nil of any other.
    package var weakness: String? {
        groupFloor > Self.trialFloor ? nil : "sums of three clients may be opened: two of them who compare learn the third's update"
    }

    /// Members a group has when it is drawn: one to spare above the floor. With a floor of 3, which is for trying it out, none.
    var rosterFloor: Int { groupFloor <= Self.trialFloor ? groupFloor : groupFloor + 1 }
}

extension SecureAggregationSpec {
    package init(from decoder: any Decoder) throws {
        self.init()
        let record = try decoder.container(keyedBy: CodingKeys.self)
        mode = try record.decodeIfPresent(Mode.self, forKey: .mode) ?? mode
        keyAgreement = try record.decodeIfPresent(KeyAgreement.self, forKey: .keyAgreement) ?? keyAgreement
        groupFloor = try record.decodeIfPresent(Int.self, forKey: .groupFloor) ?? groupFloor
        bits = try record.decodeIfPresent(Int.self, forKey: .bits) ?? bits
        clip = try record.decodeIfPresent(Double.self, forKey: .clip) ?? clip
        coordinateRange = try record.decodeIfPresent(Double.self, forKey: .coordinateRange) ?? coordinateRange
        largestWeight = try record.decodeIfPresent(Int.self, forKey: .largestWeight) ?? largestWeight
    }
}
