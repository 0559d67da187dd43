import CryptoSuite
import Foundation
package import SecureAggregation
import Trust
package import TuttiConfiguration

/// This node's long-lived Ed25519 key: the other members of a session know it by it, whatever the coordinator says. It is made at
/// enrolment, or when it is first needed, and never leaves the folder.
package struct MemberKey: Sendable {
    /// 32 bytes.
    let seed: Secret
    /// 32 bytes.
    package let publicKey: [UInt8]

    private static let prefix = "ed25519:"

    /// As a file of pinned keys has it.
    package var text: String { Self.prefix + hexadecimal(publicKey) }

    /// nil: no public key of ours.
    static func publicKey(_ text: String) -> [UInt8]? {
        guard text.hasPrefix(prefix), let key = bytes(hexadecimal: String(text.dropFirst(prefix.count))), key.count == 32 else { return nil }
        return key
    }

    package static func path(_ data: String) -> String { NodeIdentity.folder(data) + "/member.key" }

    /// The key in the node's folder; a new one where there is none.
    package static func loadOrMake(in data: String) throws(ClientNodeError) -> MemberKey {
        let path = path(data)
        do throws(TrustError) {
            let seed: [UInt8]
            if FileManager.default.fileExists(atPath: path) {
                seed = try SeedFile.read(path)
            } else {
                seed = RandomSource.system.bytes(32)
                try SeedFile.write(seed, to: path)
            }
            return MemberKey(seed: Secret(seed), publicKey: CryptoSuite.system.keys.signingKey(seed))
        } catch {
            throw ClientNodeError(
                .configuration, "\(error)",
                remedy: "Restore the file. If it is lost, delete it: a new key is made, and the other members have to pin that one.")
        }
    }
}

extension PinnedKeys {
    /// The keys that the node's owner was given by the other members; nil where none are configured.
    package static func load(_ settings: ClientSettings, data: String) throws(ClientNodeError) -> PinnedKeys? {
        guard !settings.pinnedKeys.isEmpty else { return nil }
        let path = settings.pinnedKeys.hasPrefix("/") ? settings.pinnedKeys : data + "/" + settings.pinnedKeys
        func unusable(_ why: String) -> ClientNodeError {
            ClientNodeError(
                .configuration, "The pinned keys in \(path) cannot be used: \(why).",
                remedy: "Give one line for each member below [keys], as 'tutti-client identity show' prints it at that member.")
        }
        guard let content = FileManager.default.contents(atPath: path), content.count <= Limits.settingsBytes,
            let text = String(data: content, encoding: .utf8)
        else { throw unusable("it is no readable UTF-8 text of at most \(Limits.settingsBytes) bytes") }
        if let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int, mode & 0o002 != 0 {
            throw ClientNodeError(.configuration, "Everybody may change \(path).", remedy: "chmod o-w \(path), after you have looked at what is in it.")
        }
        let entries: [PinnedKeyFile.Entry]
        do { entries = try PinnedKeyFile.entries(toml: text, file: path) } catch { throw unusable(error.description) }
        var keys: [String: [UInt8]] = [:]
        for entry in entries {
            guard let key = MemberKey.publicKey(entry.key) else { throw unusable("\(entry.place) has not ed25519: and 64 hexadecimal digits") }
            keys[entry.name] = key
        }
        do { return try PinnedKeys(keys) } catch { throw unusable(keys.isEmpty ? "it has no keys" : "two members have one key") }
    }
}
