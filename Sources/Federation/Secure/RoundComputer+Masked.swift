package import CryptoSuite
package import Learning
package import RobustAggregation
package import SecureAggregation
internal import Strategies
package import Wire

extension RoundComputer {
    /// The new model from masked updates: each group's vectors are added, the masks of the sum are taken off, and the rule of
    /// the session is applied to the groups' means. No vector of a member is ever without its masks.
    ///
    /// - Parameters:
    ///   - packed: the packed lanes of a member, by its name.
    package static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, masked: MaskedJob, suite: CryptoSuite,
        packed: (_ client: String) throws(AggregationError) -> [UInt8]
    ) throws(AggregationError) -> (step: Step, sums: MaskedSums) {
        let parameters = masked.parameters
        guard parameters.dimension == base.parameters.count else {
            throw .dimension(index: 0, has: parameters.dimension, needs: base.parameters.count)
        }
        var sums = MaskedSums(groupSizes: [Int](repeating: 0, count: parameters.groups), void: [])
        var means: [[Float]] = []
        var names: [String] = []
        for group in masked.groups {
            var sum = MaskedVector(zeros: parameters.lanes, width: parameters.encoding.width)
            for member in group.members {
                do throws(SecureAggregationError) { try sum.add(packed: try lanes(of: member, masked, packed)) } catch {
                    throw .source("the masked update of \(masked.names[member]) cannot be read: \(error.words)")
                }
            }
            sum.add(group.terms, suite: suite)
            guard let open = GroupSum(lanes: sum.lanes, clients: group.members.count, parameters: parameters.encoding) else {
                sums.void.append("group \(group.group) is not the sum of its members' updates")
                continue
            }
            sums.groupSizes[group.group] = group.members.count
            means.append(open.mean)
            names.append("the mean of group \(group.group)")
        }
        guard means.count >= masked.goodGroupsMin else {
            throw .source("\(means.count) of \(parameters.groups) groups are sums of updates, and \(masked.goodGroupsMin) have to be: \(sums.void.joined(separator: "; "))")
        }
        var combined = job
        combined.weights = [Int64](repeating: 1, count: means.count)
        let source = try MemoryUpdates(means, names: names)
        let maxAbs = means.map { $0.reduce(Float(0)) { max($0, abs($1)) } }
        return (try step(from: base, state: state, job: combined, source: source, maxAbs: maxAbs), sums)
    }

    private static func lanes(
        of member: Int, _ masked: MaskedJob, _ packed: (String) throws(AggregationError) -> [UInt8]
    ) throws(SecureAggregationError) -> [UInt8] {
        do throws(AggregationError) { return try packed(masked.names[member]) } catch { throw .contradiction("\(error)") }
    }
}

extension LocalComputer {
    /// A trained update as the whole numbers that a masked round asks for.
    /// - Parameter secret: 32 bytes of this client that never leave it.
    package static func encoded(
        _ update: UpdateBody, _ start: RoundStart, secret: Secret, suite: CryptoSuite
    ) throws(SecureAggregationError) -> EncodedUpdate {
        guard case .maskedUpdate(let bytes) = start.phase else { throw .outOfOrder("the round takes plain updates") }
        let parameters = try RoundParameters(encoded: bytes)
        guard parameters.dimension == update.values.count else { throw .otherTranscript }
        return try UpdateEncoder(
            parameters.encoding, clientSecret: secret, session: parameters.session, round: parameters.round, suite: suite
        ).encode(update.values, weight: Int(clamping: update.samples))
    }
}
