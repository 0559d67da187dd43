/// What was refused, and why. Nothing is sent and no secret is revealed after a refusal.
package enum SecureAggregationError: Error, Equatable, Sendable {
    /// Bytes that are no message of this kind: damage, another version, or a peer's mistake.
    case malformed(field: String)
    /// A plan that is impossible or meaningless; the text has the numbers and the remedy.
    case plan(String)
    /// Parameters below this client's own floors: ask the operator, or lower the floor in the client's policy.
    case belowFloor(field: String, offered: String, floor: String)
    /// A message that the present phase does not wait for: drop it.
    case outOfOrder(String)
    /// The attempt stands already, or this client has answered an attempt of the round: wait for the next round.
    case alreadyAnswered
    /// A second, different message where only one is allowed: the coordinator or a member is lying, or restarted without its state.
    case contradiction(String)
    /// A signature is missing or false, or a key is not the pinned one.
    case notAuthentic(String)
    /// Too few members are left; the round ends here and the next one starts with fresh keys.
    case tooFew(String)
    /// The parts do not belong to one transcript: other model, plan, roster or member set.
    case otherTranscript
    /// The secrets of this attempt are gone (restart, or erased after use): this client counts as a dropped holder.
    case secretsGone
    /// A vector that cannot be encoded: wrong length, NaN or infinity.
    case unencodable(String)
}
