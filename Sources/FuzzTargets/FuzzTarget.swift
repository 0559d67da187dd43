/// A decoder of bytes from outside, and what must hold of whatever it makes of them.
package struct FuzzTarget: Sendable {
    /// Also the name of its folder in the corpus.
    package let name: String
    /// What it feeds, in words.
    package let feeds: String
    /// Longer inputs say nothing new and cost time.
    package let maximumBytes: Int
    /// What such inputs are made of: mutators put these in as they are.
    package let words: [String]
    /// Part of the time a test run gives every target. Less than 1 where other targets reach the decoder as well, or it takes
    /// one form alone.
    package let share: Double
    private let seed: @Sendable () throws -> [Seed]
    private let check: @Sendable ([UInt8]) throws -> Void

    /// An input to begin with.
    package struct Seed: Sendable {
        package let name: String
        package let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
        init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
    }

    /// - Parameters:
    ///   - seeds: valid samples, made by this version's own encoders.
    ///   - check: decodes; throws `FuzzFailure` when something does not hold. A refusal of the input is a success.
    package init(
        _ name: String, feeds: String, maximumBytes: Int, share: Double = 1, words: [String] = [], seeds: @escaping @Sendable () throws -> [Seed],
        check: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        (self.name, self.feeds, self.maximumBytes, self.share, self.words) = (name, feeds, maximumBytes, share, words)
        (seed, self.check) = (seeds, check)
    }

    package func seeds() throws -> [Seed] { try seed() }

    /// - Throws: what did not hold. Any other error of a decoder than its own comes out here too.
    package func run(_ input: [UInt8]) throws(FuzzFailure) {
        guard input.count <= maximumBytes else { return }
        do { try check(input) } catch {
            throw error as? FuzzFailure ?? FuzzFailure("an error that is not the decoder's own: \(type(of: error)): \(error)")
        }
    }

    /// In the order in which long runs take them: the quick ones first.
    package static let all: [FuzzTarget] =
        values + files + models + compressed + tables + annealing + pictures + messages + certificates + connections + platform
}

/// What did not hold of an input.
package struct FuzzFailure: Error, Sendable, CustomStringConvertible {
    package let problem: String
    package init(_ problem: String) { self.problem = problem }
    package var description: String { problem }
}

/// - Throws: `FuzzFailure` when `holds` is false.
func expect(_ holds: Bool, _ problem: @autoclosure () -> String) throws(FuzzFailure) {
    if !holds { throw FuzzFailure(problem()) }
}

/// What an error says to people stays short, however long the input was.
func expectShort(_ error: some Error & CustomStringConvertible, atMost bytes: Int = 4096) throws(FuzzFailure) {
    let length = error.description.utf8.count
    try expect(length <= bytes, "the error's text has \(length) bytes, more than \(bytes)")
}
