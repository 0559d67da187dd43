internal import Suggestion

/// A table whose name its writer has chosen, with the tables in it, nothing judged yet.
struct SettingsTable {
    struct Value {
        var key: String
        var value: SettingsFile.Value
        var place: String
    }
    /// `models.upstreams.lab`
    var path: String
    /// Its last part, as it was written.
    var name: String
    var place: String
    var values: [Value] = []
    /// By name.
    var tables: [SettingsTable] = []

    /// All its values, for `config show`.
    var shown: [Settings.Entry] {
        values.compactMap { one in
            guard case .known(let value) = one.value else { return nil }
            return Settings.Entry(key: "\(path).\(one.key)", value: value, source: .file, place: one.place)
        }.sorted { $0.key < $1.key } + tables.flatMap(\.shown)
    }

    // MARK: Typed access

    /// - Throws: for a key that is not among these.
    func check(keys: [String], tables inner: [String] = []) throws(ConfigurationError) {
        for value in values where !keys.contains(value.key) {
            throw .unknownKey("\(path).\(value.key)", place: value.place, suggestion: nearest(value.key, in: keys).map { "\(path).\($0)" })
        }
        for table in tables where !inner.contains(table.name) {
            throw .unknownKey(table.path, place: table.place, suggestion: nearest(table.name, in: keys + inner).map { "\(path).\($0)" })
        }
    }

    func has(_ key: String) -> Bool { values.contains { $0.key == key } }

    private func value(_ key: String, like form: SettingValue) throws(ConfigurationError) -> SettingValue? {
        guard let one = values.first(where: { $0.key == key }) else { return nil }
        return try form.checked("\(path).\(key)", one.value, place: one.place)
    }

    /// - Parameter fallback: nil: it must be there.
    func text(_ key: String, _ fallback: String? = nil) throws(ConfigurationError) -> String {
        guard let found = try value(key, like: .text("")) else {
            guard let fallback else { throw missing(key) }
            return fallback
        }
        return found.text
    }

    func choice(_ key: String, _ choices: [String], _ fallback: String? = nil) throws(ConfigurationError) -> String {
        let found = try text(key, fallback)
        guard choices.contains(found) else { throw problem(key, found, "must be one of \(choices.joined(separator: ", "))") }
        return found
    }

    func whole(_ key: String, _ range: ClosedRange<Int>, _ fallback: Int? = nil) throws(ConfigurationError) -> Int {
        guard let found = try value(key, like: .whole(0)) else {
            guard let fallback else { throw missing(key) }
            return fallback
        }
        guard case .whole(let number) = found, range.contains(number) else {
            throw problem(key, found.text, "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func list(_ key: String, _ fallback: [String]) throws(ConfigurationError) -> [String] {
        if case .texts(let texts) = try value(key, like: .texts([])) { texts } else { fallback }
    }

    /// Written as text, because it may have a point.
    func number(_ key: String, _ range: ClosedRange<Double>, _ fallback: Double) throws(ConfigurationError) -> Double {
        guard has(key) else { return fallback }
        return try number(key, try text(key), range)
    }

    func numbers(_ key: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> [Double] {
        var numbers: [Double] = []
        for text in try list(key, []) { numbers.append(try number(key, text, range)) }
        return numbers
    }

    private func number(_ key: String, _ text: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard let number = Double(text), range.contains(number) else {
            throw problem(key, text, "must be a number from \(range.lowerBound) to \(range.upperBound), in quotes")
        }
        return number
    }

    func problem(_ key: String, _ value: String, _ problem: String) -> ConfigurationError {
        .value("\(path).\(key)", value: value, place: values.first { $0.key == key }?.place ?? place, problem: problem)
    }

    func missing(_ key: String) -> ConfigurationError { .missing("\(path).\(key)", place: place, problem: "without it nobody knows what is meant") }
}
