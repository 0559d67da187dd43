internal import Suggestion

/// What a setting holds; the kind of its default is the kind it must have.
package enum SettingValue: Sendable, Equatable {
    case text(String)
    case whole(Int)
    case flag(Bool)
    case texts([String])

    /// As a flag or an environment variable writes it.
    package var text: String {
        switch self {
        case .text(let text): text
        case .whole(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .texts(let texts): texts.joined(separator: ",")
        }
    }

    var expected: String {
        switch self {
        case .text: "a string"
        case .whole: "a whole number"
        case .flag: "true or false"
        case .texts: "a list of strings"
        }
    }

    var found: String {
        switch self {
        case .text: "a string"
        case .whole: "an integer"
        case .flag: "a boolean"
        case .texts: "a list"
        }
    }

    /// From a TOML value: the type must be exactly right.
    func checked(_ key: String, _ value: SettingsFile.Value, place: String) throws(ConfigurationError) -> SettingValue {
        switch (self, value) {
        case (.text, .known(.text)), (.whole, .known(.whole)), (.flag, .known(.flag)), (.texts, .known(.texts)):
            guard case .known(let same) = value else { return self }
            return same
        case (_, .known(let other)): throw .kind(key, place: place, found: other.found, expected: expected)
        case (_, .other(let found)): throw .kind(key, place: place, found: found, expected: expected)
        }
    }

    /// From a flag or an environment variable, which are always text.
    func parsed(_ key: String, _ text: String, place: String) throws(ConfigurationError) -> SettingValue {
        switch self {
        case .text: return .text(text)
        case .whole:
            guard let number = Int(text) else { throw .value(key, value: text, place: place, problem: "must be a whole number") }
            return .whole(number)
        case .flag:
            guard text == "true" || text == "false" else { throw .value(key, value: text, place: place, problem: "must be true or false") }
            return .flag(text == "true")
        case .texts:
            return .texts(text.split(separator: ",").map { String($0.trimmingPrefix(" ")) }.filter { !$0.isEmpty })
        }
    }
}

/// A table of settings, read strictly: an unknown key is an error that suggests the right one, a value of the wrong type
/// names its line. A value comes from the command line, else from the environment (`TUTTI_SECTION__KEY`), else from the
/// file, else it is the default.
package struct Settings: Sendable {
    package typealias Key = (name: String, fallback: SettingValue)
    package enum Source: String, Sendable { case flag, environment, file, `default` }

    package struct Entry: Sendable, Equatable {
        package var key: String
        package var value: SettingValue
        package var source: Source
        /// The variable, or file and line, that the value comes from.
        package var place: String
    }

    /// In the order of the table.
    package private(set) var entries: [Entry] = []
    /// By `section.key`: see `open`.
    private(set) var tables: [String: SettingsTable] = [:]
    private let file: String

    /// - Parameters:
    ///   - keys: every key there is, as `section.key` with its default.
    ///   - foreign: keys of our other programs, which share the environment.
    ///   - open: tables within tables that have names of the operator's own; in the file alone.
    ///   - toml: the file's text; nil without a file.
    package init(
        keys: [Key], foreign: [Key] = [], open: [String] = [], toml: String?, file: String, environment: [String: String], flags: [String: String]
    ) throws(ConfigurationError) {
        self.file = file
        let names = keys.map(\.name)
        let written = try toml.map { text throws(ConfigurationError) in try SettingsFile(text, name: file, open: open) }
        tables = written?.tables ?? [:]
        for key in (written?.entries.keys).map({ $0.sorted() }) ?? [] where !names.contains(key) {
            throw .unknownKey(key, place: written?.place(key) ?? file, suggestion: Self.suggestion(key, names))
        }
        let everywhere = names + foreign.map(\.name)
        for name in environment.keys.sorted() where name.hasPrefix("TUTTI_") && name.contains("__") {
            let key = name.dropFirst(6).lowercased().replacing("__", with: ".")
            guard everywhere.contains(key) else {
                throw .unknownKey(name, place: "the environment", suggestion: Self.suggestion(key, everywhere).map(Self.variable))
            }
        }
        for (name, fallback) in keys {
            let variable = Self.variable(name)
            if let text = flags[name] {
                let place = "the command line"
                entries.append(Entry(key: name, value: try fallback.parsed(name, text, place: place), source: .flag, place: place))
            } else if let text = environment[variable] {
                entries.append(Entry(key: name, value: try fallback.parsed(name, text, place: variable), source: .environment, place: variable))
            } else if let written, let entry = written.entries[name] {
                let place = written.place(name)
                entries.append(Entry(key: name, value: try fallback.checked(name, entry.value, place: place), source: .file, place: place))
            } else {
                entries.append(Entry(key: name, value: fallback, source: .default, place: "the default"))
            }
        }
    }

    private static func variable(_ key: String) -> String { "TUTTI_" + key.uppercased().replacing(".", with: "__") }

    /// What else was read, for `config show`.
    mutating func show(_ more: [Entry]) { entries += more }

    /// A near miss, or the same word in another section.
    private static func suggestion(_ key: String, _ names: [String]) -> String? {
        func word(_ name: String) -> Substring { name.split(separator: ".").last ?? "" }
        return nearest(key, in: names) ?? names.first { word($0) == word(key) }
    }

    // MARK: Typed access. A key that is not in the table is our bug.

    package func entry(_ key: String) -> Entry {
        guard let entry = entries.first(where: { $0.key == key }) else { preconditionFailure("\(key) is not in the table of settings") }
        return entry
    }

    package func text(_ key: String) -> String { entry(key).value.text }

    package func list(_ key: String) -> [String] { if case .texts(let texts) = entry(key).value { texts } else { [] } }

    package func flag(_ key: String) -> Bool { entry(key).value == .flag(true) }

    package func whole(_ key: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard case .whole(let number) = entry(key).value, range.contains(number) else {
            throw problem(key, "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that is written as text, because it may have a point or an exponent.
    package func number(_ key: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard let number = Double(text(key)), range.contains(number) else {
            throw problem(key, "must be a number from \(range.lowerBound) to \(range.upperBound), in quotes")
        }
        return number
    }

    package func choice(_ key: String, _ choices: [String]) throws(ConfigurationError) -> String {
        guard choices.contains(text(key)) else { throw problem(key, "must be one of \(choices.joined(separator: ", "))") }
        return text(key)
    }

    func problem(_ key: String, _ problem: String) -> ConfigurationError {
        .value(key, value: text(key), place: entry(key).place, problem: problem)
    }

    /// Of a key that must not be left to its default.
    func missing(_ key: String, _ problem: String) -> ConfigurationError { .missing(key, place: file, problem: problem) }
}
