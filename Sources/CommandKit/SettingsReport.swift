package import StrictJSON
package import TuttiConfiguration

extension Settings {
    /// What `config show` says: for people on stdout, for machines as the result.
    package func shown(json: Bool) -> JSON {
        if !json {
            for entry in entries {
                let origin = entry.source == .default ? "default" : "\(entry.source.rawValue): \(entry.place)"
                print("\(entry.key) = \(entry.value.text)    # \(origin)")
            }
        }
        return .object(
            entries.map { entry in
                JSON.Member(
                    entry.key, ["value": .string(entry.value.text), "source": .string(entry.source.rawValue), "place": .string(entry.place)])
            })
    }
}
