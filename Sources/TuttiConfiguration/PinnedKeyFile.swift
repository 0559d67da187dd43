/// The file in which a node's owner keeps the other members' public keys: TOML, one line for each below `[keys]`.
package enum PinnedKeyFile {
    package struct Entry: Sendable, Equatable {
        package var name: String
        package var key: String
        /// File and line.
        package var place: String
    }

    /// By the members' names.
    package static func entries(toml: String, file: String) throws(ConfigurationError) -> [Entry] {
        let written = try SettingsFile(toml, name: file)
        var entries: [Entry] = []
        for (name, entry) in written.entries.sorted(by: { $0.key < $1.key }) {
            let place = written.place(name)
            guard name.hasPrefix("keys."), name.utf8.count > 5 else { throw .unknownKey(name, place: place, suggestion: "[keys]") }
            guard case .text(let key) = try SettingValue.text("").checked(name, entry.value, place: place) else { continue }
            entries.append(Entry(name: String(name.dropFirst(5)), key: key, place: place))
        }
        return entries
    }

    /// A member's line.
    package static func line(name: String, key: String) -> String { "\"\(name)\" = \"\(key)\"" }
}
