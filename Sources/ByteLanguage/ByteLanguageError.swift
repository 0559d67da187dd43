/// Why a model cannot be made, read or asked. No text of anybody's is repeated in it.
package enum ByteLanguageError: Error, Sendable, Equatable, CustomStringConvertible {
    case text(String)
    /// A setting, by its name.
    case setting(String, String)
    case file(String)

    package var description: String {
        switch self {
        case .text(let problem): "the text \(problem)"
        case .setting(let name, let problem): "\(name) \(problem)"
        case .file(let problem): "the file is no language model of ours: \(problem)"
        }
    }
}
