internal import StrictJSON

/// Why settings cannot be used: which, where it was given, and what is allowed.
package enum ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// - Parameter line: from 1.
    case syntax(file: String, line: Int, problem: String)
    case unknownKey(String, place: String, suggestion: String?)
    /// A value of the wrong TOML type.
    case kind(String, place: String, found: String, expected: String)
    case value(String, value: String, place: String, problem: String)
    /// What profile `prod` wants said and nobody has.
    case missing(String, place: String, problem: String)

    /// What is wrong.
    package var description: String {
        switch self {
        case .syntax(let file, let line, let problem): "\(file) line \(line) cannot be read: \(problem.clipped(400))"
        case .unknownKey(let key, let place, let suggestion):
            "'\(key.clipped(80))' in \(place) is no setting" + (suggestion.map { "; did you mean '\($0)'?" } ?? ".")
        case .kind(let key, let place, let found, let expected): "\(key.clipped(80)) in \(place) is \(found); it must be \(expected)."
        case .value(let key, let value, let place, let problem): "\(key) = '\(value.clipped(80))' in \(place) \(problem)."
        case .missing(let key, let place, let problem): "\(key) is not set in \(place): \(problem)."
        }
    }

    /// What the reader should do next.
    package var remedy: String {
        switch self {
        case .syntax: "Mend that line; docs/configuration.md has an example of every setting."
        case .unknownKey: "Mend or remove it; docs/configuration.md lists the settings."
        case .kind(let key, _, _, _), .value(let key, _, _, _): "docs/configuration.md says what \(key.clipped(80)) takes."
        case .missing(let key, _, _): "Set \(key); docs/configuration.md says what it takes."
        }
    }
}
