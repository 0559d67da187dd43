/// Where the key lies that seals `master.key`: in a token of PKCS #11.
package struct MasterToken: Sendable, Equatable {
    /// The maker's library, by its absolute path.
    package var module: String
    /// The token's label.
    package var token: String
    /// A file with the user's PIN, mode 0600.
    package var pinFile: String
    /// The key's label.
    package var key: String
    package static let usualKey = "tutti"

    package init(module: String, token: String, pinFile: String, key: String = Self.usualKey) {
        (self.module, self.token, self.pinFile, self.key) = (module, token, pinFile, key)
    }

    /// - Returns: nil where no module is said.
    init?(_ settings: Settings) throws(ConfigurationError) {
        let names = ["trust.pkcs11_token", "trust.pkcs11_pin_file", "trust.pkcs11_key"]
        self.init(
            module: settings.text("trust.pkcs11_module"), token: settings.text(names[0]), pinFile: settings.text(names[1]), key: settings.text(names[2]))
        guard !module.isEmpty else {
            for name in names[..<2] where !settings.text(name).isEmpty {
                throw settings.missing("trust.pkcs11_module", "\(name) says what to use of it")
            }
            return nil
        }
        guard module.hasPrefix("/") else { throw settings.problem("trust.pkcs11_module", "must be an absolute path") }
        for name in names where settings.text(name).isEmpty { throw settings.missing(name, "trust.pkcs11_module needs it") }
        for name in [names[0], names[2]] where settings.text(name).utf8.count > 32 { throw settings.problem(name, "must have at most 32 bytes") }
    }

    /// Lines of the file that `init` writes.
    static func template(_ token: MasterToken?) -> String {
        let lines = [
            ("pkcs11_module", token?.module ?? "/usr/lib/softhsm/libsofthsm2.so"), ("pkcs11_token", token?.token ?? "tutti"),
            ("pkcs11_pin_file", token?.pinFile ?? "/run/credentials/tutti-pin"), ("pkcs11_key", token?.key ?? usualKey),
        ]
        let head = "# A key in a hardware module that seals master.key instead: its PKCS #11 library, the token's label, the PIN, the key's label."
        return ([head] + lines.map { (token == nil ? "# " : "") + "\($0.0) = \"\(escaped($0.1))\"" }).joined(separator: "\n")
    }

    /// For a basic string of TOML.
    private static func escaped(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
}
