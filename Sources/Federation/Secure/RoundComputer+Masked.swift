package import CryptoSuite
package import DifferentialPrivacy
package import Learning
package import RobustAggregation
package import SecureAggregation
internal import Strategies
package import Wire
package import WorkSharing

extension RoundComputer {
    /// The new model from masked updates: each group's vectors are added, the masks of the sum are taken off, and the rule of
    /// the session is applied to the groups' means. No vector of a member is ever without its masks.
    ///
    /// - Parameters:
    ///   - crew: shares the taking off of masks, group by group, and the rule.
    ///   - packed: the packed lanes of a member, by its name.
    package static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, masked: MaskedJob, suite: CryptoSuite, crew: Crew = .alone,
        noise: RandomWords? = nil, packed: (_ client: String) throws(AggregationError) -> [UInt8]
    ) throws(AggregationError) -> (step: Step, sums: MaskedSums) {
        let parameters = masked.parameters
        guard parameters.dimension == base.parameters.count else {
            throw .dimension(index: 0, has: parameters.dimension, needs: base.parameters.count)
        }
        var sums = MaskedSums(groupSizes: [Int](repeating: 0, count: parameters.groups), void: [])
        var means: [Int: [Float]] = [:]
        var good: [GroupedAggregation.GoodGroup] = []
        // As many groups in memory at a time as there are workers.
        for first in stride(from: 0, to: masked.groups.count, by: crew.workers) {
            let groups = Array(masked.groups[first..<min(first + crew.workers, masked.groups.count)])
            var added: [MaskedVector] = []
            for group in groups { added.append(try sum(of: group, masked, packed)) }
            for (group, mean) in zip(groups, unmasked(added, groups, parameters.encoding, suite, crew)) {
                guard let mean else {
                    sums.void.append("group \(group.group) is not the sum of its members' updates")
                    continue
                }
                sums.groupSizes[group.group] = group.members.count
                means[group.group] = mean
                good.append(GroupedAggregation.GoodGroup(group: group.group, members: group.members.count))
            }
        }
        let decision: GroupedAggregation.Decision
        do throws(SecureAggregationError) { decision = try masked.grouping.decide(good) } catch {
            throw .source("\(error.words) \(sums.void.joined(separator: "; "))")
        }
        let counted = decision.groups.compactMap { means[$0] }
        var combined = job
        combined.weights = [Int64](repeating: 1, count: counted.count)
        let source = try MemoryUpdates(counted, names: decision.groups.map { "the mean of group \($0)" })
        let maxAbs = counted.map { $0.reduce(Float(0)) { max($0, abs($1)) } }
        let step = try step(
            from: base, state: state, job: combined, source: source, maxAbs: maxAbs, summands: decision.clients, crew: crew, noise: noise)
        return (step, sums)
    }

    /// The members' vectors added up, masks and all.
    private static func sum(
        of group: OpenedGroup, _ masked: MaskedJob, _ packed: (String) throws(AggregationError) -> [UInt8]
    ) throws(AggregationError) -> MaskedVector {
        var sum = MaskedVector(zeros: masked.parameters.lanes, width: masked.parameters.encoding.width)
        for member in group.members {
            do throws(SecureAggregationError) { try sum.add(packed: try lanes(of: member, masked, packed)) } catch {
                throw .source("the masked update of \(masked.names[member]) cannot be read: \(error.words)")
            }
        }
        return sum
    }

    /// Each group's mean; nil where what is left without the masks is no sum of updates.
    private static func unmasked(
        _ added: [MaskedVector], _ groups: [OpenedGroup], _ encoding: EncodingParameters, _ suite: CryptoSuite, _ crew: Crew
    ) -> [[Float]?] {
        var means = [[Float]?](repeating: nil, count: groups.count)
        means.withUnsafeMutableBufferPointer { means in
            // Each number has a place of its own.
            nonisolated(unsafe) let means = means
            crew.forEach(groups.count) { number, _ in
                var sum = added[number]
                sum.add(groups[number].terms, suite: suite)
                means[number] = GroupSum(lanes: sum.lanes, clients: groups[number].members.count, parameters: encoding)?.mean
            }
        }
        return means
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
        var encoded = try UpdateEncoder(
            parameters.encoding, clientSecret: secret, session: parameters.session, round: parameters.round, suite: suite
        ).encode(update.values, weight: Int(clamping: update.samples))
        if let noise = parameters.encoding.noise { encoded = try encoded.adding(noise, parameters, secret: secret, suite: suite) }
        // How much was cut off tells of the rows.
        return start.privacy == nil ? encoded : encoded.withoutFacts
    }
}
