/// Why bytes from the other side were not taken, or a message was not given out.
package enum WireError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLong(bytes: Int, limit: Int)
    case malformed(String)
    /// A field and what it has to be.
    case field(String, String)
    /// A message in a version of the protocol that was not agreed on.
    case version(Int)
    /// A message for the other direction, or one this version does not know.
    case unexpected(String)
    case compressed(CompressionProblem)

    package var description: String {
        switch self {
        case .tooLong(let bytes, let limit): "the message has \(bytes) bytes; at most \(limit) are taken"
        case .malformed(let problem): "the message is no protocol buffer of ours (\(problem)); see docs/protocol"
        case .field(let name, let problem): "field \(name): \(problem)"
        case .version(let version):
            "the message is in version \(version) of the protocol; this side speaks \(ControlCodec.oldest) to \(ControlCodec.version); upgrade the older side"
        case .unexpected(let what): "unexpected message: \(what); both sides must speak a common version"
        case .compressed(let problem): "the compressed body cannot be used: \(problem)"
        }
    }
}

/// What is wrong with a compressed body. Nothing of it is kept.
package enum CompressionProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// Our eight bytes are not in front.
    case header
    case noFrame
    /// A frame that holds no content (RFC 8878 §3.1.2).
    case skippableFrame
    case reservedBit
    /// It can only be read with a dictionary, and there is none.
    case dictionary
    case contentSizeMissing
    case contentTooLong(bytes: UInt64, limit: Int)
    case window(bytes: UInt64, limit: Int)
    case truncated
    /// Bytes behind the one frame: another frame, or anything else.
    case trailing(bytes: Int)
    /// The content is not what the frame says: blocks that make no sense, a wrong length or checksum.
    case damaged
    case noMemory

    package var description: String {
        switch self {
        case .header: "it does not begin with the header of \(BulkCodec.contentEncoding); send it without Content-Encoding or with that header"
        case .noFrame: "it holds no zstd frame"
        case .skippableFrame: "it begins with a skippable frame; send one zstd frame and nothing else"
        case .reservedBit: "its frame uses a reserved bit; send a frame of RFC 8878"
        case .dictionary: "its frame needs a dictionary; compress without one"
        case .contentSizeMissing: "its frame does not say how long the content is; compress it in one call, or declare its length first"
        case .contentTooLong(let bytes, let limit): "its content would be \(bytes) bytes; at most \(limit) are taken"
        case .window(let bytes, let limit): "its window is \(bytes) bytes; at most \(limit) are taken; use a level up to 19 and no long mode"
        case .truncated: "it ends too early; send it again"
        case .trailing(let bytes): "\(bytes) bytes follow its frame; send one zstd frame and nothing else"
        case .damaged: "its content is not what its frame says; send it again"
        case .noMemory: "there is no memory to decompress it"
        }
    }
}
