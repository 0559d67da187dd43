/// Why updates were not combined. Nothing of a failed combination is kept.
package enum AggregationError: Error, Sendable, Equatable, CustomStringConvertible {
    case noUpdates
    case tooManyUpdates(Int)
    /// More than are compared pair by pair.
    case tooManyPairs(Int)
    case dimension(index: Int, has: Int, needs: Int)
    /// More numbers in an update than are taken.
    case tooLong(Int)
    case counts(updates: Int, weights: Int, magnitudes: Int)
    case weight(index: Int, Int64)
    case totalWeight
    /// The stated magnitude of an update is no magnitude.
    case magnitude(index: Int)
    /// NaN or infinity. Named by the source; the coordinate counts from 0 in the model's layout.
    case notFinite(update: String, coordinate: Int)
    /// A value larger than the magnitude that was stated for its update.
    case aboveMagnitude(update: String, coordinate: Int)
    case trim(Int, updates: Int)
    /// Fewer than the rule needs for its number of liars.
    case tooFewUpdates(rule: String, byzantine: Int, updates: Int, needs: Int)
    /// A number of the rule that is outside its bounds.
    case parameter(field: String, value: String, allowed: String)
    /// The result that the rule goes on from does not fit the updates.
    case referenceLength(has: Int, needs: Int)
    case referenceNotFinite(coordinate: Int)
    /// A source could not give an update back.
    case source(String)

    /// What is wrong.
    package var message: String {
        switch self {
        case .noUpdates: "there are no updates to aggregate"
        case .tooManyUpdates(let count): "there are \(count) updates; at most \(Limits.updates) are combined"
        case .tooManyPairs(let count): "there are \(count) updates; at most \(Limits.pairedUpdates) are compared pair by pair"
        case .dimension(let index, let has, let needs): "update \(index) has \(has) values; \(needs) are needed"
        case .tooLong(let dimension): "an update has \(dimension) values; at most \(Limits.dimension) are combined"
        case .counts(let updates, let weights, let magnitudes):
            "\(updates) updates come with \(weights) weights and \(magnitudes) magnitudes"
        case .weight(let index, let weight): "the weight of update \(index) is \(weight); it must be at least 1"
        case .totalWeight: "the weights add up to more than 2^62"
        case .magnitude(let index): "update \(index) is not finite"
        case .notFinite(let update, let coordinate): "\(update) is NaN or infinite at coordinate \(coordinate)"
        case .aboveMagnitude(let update, let coordinate): "\(update) is larger at coordinate \(coordinate) than the magnitude stated for it"
        case .trim(let trim, let updates):
            "cutting \(trim) values off each side leaves nothing of \(updates); \(max(0, trim).multipliedReportingOverflow(by: 2).partialValue + 1) updates are needed"
        case .tooFewUpdates(let rule, let byzantine, let updates, let needs):
            "\(rule) withstands \(byzantine) liars among \(needs) updates or more, and there are \(updates)"
        case .parameter(let field, let value, let allowed): "\(field) is \(value); it is \(allowed)"
        case .referenceLength(let has, let needs): "the reference has \(has) values; \(needs) are needed"
        case .referenceNotFinite(let coordinate): "the reference is NaN or infinite at coordinate \(coordinate)"
        case .source(let problem): problem
        }
    }

    /// What the reader should do next; nil where only the source knows.
    package var remedy: String? {
        switch self {
        case .noUpdates: "wait for clients, or lower the quorum"
        case .tooManyUpdates, .tooManyPairs: "lower max_clients or client_fraction"
        case .dimension: "its client trained another model; let it fetch the round's model and train again"
        case .tooLong: "train a smaller model"
        case .counts: "give one weight and one magnitude for each update"
        case .weight, .totalWeight: "weigh each update by its number of training rows"
        case .magnitude, .notFinite: "leave its client out of the round, and let it lower its learning rate or check its data"
        case .aboveMagnitude: "the stored update does not agree with its record; run the coordinator's check of its folder"
        case .trim, .tooFewUpdates: "lower byzantine_tolerance or raise the quorum"
        case .parameter(let field, _, let allowed): "give \(field) as \(allowed)"
        case .referenceLength, .referenceNotFinite: "begin again without a reference, or restore the one of the last round"
        case .source: nil
        }
    }

    package var description: String { remedy.map { "\(message); \($0)" } ?? message }
}
