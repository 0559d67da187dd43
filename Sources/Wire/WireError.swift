/// Why bytes from the other side were not taken.
package enum WireError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLong(bytes: Int, limit: Int)
    case malformed(String)
    case field(String, String)
    /// A message for the other direction, or one this version does not know.
    case unexpected(String)
    case compressed(String)

    package var description: String {
        switch self {
        case .tooLong(let bytes, let limit): "the message has \(bytes) bytes; at most \(limit) are taken"
        case .malformed(let problem): "the message is no protocol buffer of ours: \(problem)"
        case .field(let name, let problem): "field \(name): \(problem)"
        case .unexpected(let what): "unexpected message: \(what); both sides must speak a common version"
        case .compressed(let problem): "the compressed body cannot be used: \(problem)"
        }
    }
}
