/// Why bytes are no compressed data, or not all of what they hold was handed on.
package enum InflateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// They end before the stream does.
    case cutShort
    case malformed(Fault)
    /// More would come than was asked for.
    case beyondLimit
    /// Whoever receives wanted no more.
    case stopped

    /// What of RFC 1951 or RFC 1950 does not hold. The raw value ends the sentence "the compressed data …".
    package enum Fault: String, Sendable, CaseIterable {
        case blockKind = "have a block of no kind"
        case storedLength = "have a stored block with a wrong length"
        case tooManyCodes = "have more codes than there are symbols"
        case oversubscribed = "have a Huffman code with too many codes"
        case incomplete = "have a Huffman code that is not complete"
        case noEnd = "have a block without an end"
        case repeatedNothing = "repeat a code length before the first"
        case repeatedTooOften = "repeat a code length too often"
        case code = "have a code that is none"
        case length = "have a length that is none"
        case distance = "have a distance that is none"
        case beforeBeginning = "point before their beginning"
        case notZlib = "are no zlib stream"
        case dictionary = "need a dictionary"
        case checksum = "have a wrong checksum"
    }

    package var description: String {
        switch self {
        case .cutShort: "the compressed data are cut short"
        case .malformed(let fault): "the compressed data \(fault.rawValue)"
        case .beyondLimit: "the compressed data hold more than may be"
        case .stopped: "no more of the compressed data was wanted"
        }
    }
}
