internal import Suggestion
internal import TOMLKit

/// A table of settings, read strictly: an unknown key is an error that suggests the right one. A value comes from the
/// command line, else from the environment (`TUTTI_SECTION__KEY`), else from the file, else it is the default.
package struct Settings: Sendable {
    package enum Source: String, Sendable { case flag, environment, file, `default` }
    package struct Value: Sendable, Equatable {
        package var text: String
        package var source: Source
    }

    /// In the order of `keys`.
    package private(set) var values: [(key: String, value: Value)] = []

    /// - Parameters:
    ///   - keys: every key there is, as `section.key` with its default.
    ///   - toml: the file's text; nil without a file.
    package init(
        keys: [(key: String, fallback: String)], toml: String?, file: String, environment: [String: String], flags: [String: String]
    ) throws(ConfigurationError) {
        let known = Set(keys.map(\.key))
        let fromFile = try toml.map { text throws(ConfigurationError) in try Self.flatten(text, file) } ?? [:]
        for key in fromFile.keys.sorted() where !known.contains(key) {
            throw .unknownKey(key, file: file, suggestion: nearest(key, in: keys.map(\.key)))
        }
        for name in environment.keys.sorted() where name.hasPrefix("TUTTI_") && name.contains("__") {
            let key = name.dropFirst(6).lowercased().replacing("__", with: ".")
            guard known.contains(key) else { throw .unknownKey(name, file: "the environment", suggestion: nearest(key, in: keys.map(\.key))) }
        }
        for (key, fallback) in keys {
            let variable = "TUTTI_" + key.uppercased().replacing(".", with: "__")
            let value: Value
            if let text = flags[key] {
                value = Value(text: text, source: .flag)
            } else if let text = environment[variable] {
                value = Value(text: text, source: .environment)
            } else if let text = fromFile[key] {
                value = Value(text: text, source: .file)
            } else {
                value = Value(text: fallback, source: .default)
            }
            values.append((key, value))
        }
    }

    private static func flatten(_ text: String, _ file: String) throws(ConfigurationError) -> [String: String] {
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch { throw .syntax(file: file, problem: "\(error)") }
        var values: [String: String] = [:]
        for (section, value) in table {
            guard let inner = value.table else {
                values[section] = Self.text(value)
                continue
            }
            for (key, value) in inner { values["\(section).\(key)"] = Self.text(value) }
        }
        return values
    }

    private static func text(_ value: any TOMLValueConvertible) -> String {
        if let list = value.array { return list.map { Self.text($0) }.joined(separator: ",") }
        if let text = value.string { return text }
        if let flag = value.bool { return "\(flag)" }
        if let whole = value.int { return "\(whole)" }
        if let number = value.double { return "\(number)" }
        return "\(value)"
    }

    package func text(_ key: String) -> String { values.first { $0.key == key }?.value.text ?? "" }

    package func list(_ key: String) -> [String] {
        text(key).split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
    }

    package func flag(_ key: String) throws(ConfigurationError) -> Bool {
        switch text(key) {
        case "true": return true
        case "false": return false
        default: throw .value(key, text(key), "must be true or false")
        }
    }

    package func whole(_ key: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let value = Int(text(key)), range.contains(value) else {
            throw .value(key, text(key), "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    package func choice(_ key: String, _ choices: [String]) throws(ConfigurationError) -> String {
        guard choices.contains(text(key)) else { throw .value(key, text(key), "must be one of \(choices.joined(separator: ", "))") }
        return text(key)
    }
}

package enum ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    case syntax(file: String, problem: String)
    case unknownKey(String, file: String, suggestion: String?)
    case value(String, String, String)

    package var description: String {
        switch self {
        case .syntax(let file, let problem): "\(file) is not valid TOML: \(problem)"
        case .unknownKey(let key, let file, let suggestion):
            "'\(key)' in \(file) is no setting" + (suggestion.map { "; did you mean '\($0)'?" } ?? ". See docs/configuration.md.")
        case .value(let key, let value, let problem): "\(key) = '\(value)' \(problem)"
        }
    }
}
