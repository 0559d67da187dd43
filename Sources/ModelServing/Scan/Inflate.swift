internal import Deflate

/// Compressed entries of archives, handed on part by part, and never more than was asked for.
package enum Inflate {
    package enum End: Sendable, Equatable {
        /// How many bytes of the input it took.
        case done(Int)
        case malformed
        /// More would come than may.
        case beyondLimit
        /// Whoever receives wanted no more.
        case stopped
    }

    /// - Parameter receive: false: no more is wanted.
    package static func run(_ input: ArraySlice<UInt8>, limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) -> End {
        do { return .done(try Inflater.run(input, limit: limit, receive)) } catch {
            switch error {
            case .cutShort, .malformed: return .malformed
            case .beyondLimit: return .beyondLimit
            case .stopped: return .stopped
            }
        }
    }

    /// All of it; nil: it cannot be read, or is longer than `limit`.
    package static func whole(_ input: ArraySlice<UInt8>, limit: Int) -> [UInt8]? { try? Inflater.whole(input, limit: limit).bytes }
}
