/// Why bytes are no picture that can be read here. Nothing of them is repeated.
package enum ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// They begin like no picture.
    case notAnImage
    /// A picture, of a format that is not read here.
    case format(String)
    /// A PNG that does not hold to its specification.
    case damaged(String)
    /// A PNG that uses what is not read here.
    case unsupported(String)
    case tooLarge(String)

    package var description: String {
        switch self {
        case .notAnImage: "the bytes are no picture; send a PNG"
        case .format(let name): "\(name) is not read here; send a PNG"
        case .damaged(let problem): "the PNG is damaged: \(problem)"
        case .unsupported(let what): "the PNG has \(what), which is not read here"
        case .tooLarge(let problem): "the picture is too large: \(problem)"
        }
    }
}
