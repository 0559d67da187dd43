import ArgumentParser
import CommandKit
import Foundation
import StrictJSON
import Trust

// What the commands about users, clients and keys have in common.

func scopeList(_ scopes: String?) -> JSON {
    guard let scopes else { return .null }
    return .array(scopes.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) })
}

func scopeWords(_ scopes: JSON?) -> String { (scopes?.elements ?? []).compactMap(\.text).joined(separator: ", ") }

/// From a file, or twice from the terminal, which does not show it.
func password(of name: String, _ file: String?) throws(CommandFailure) -> String {
    if let file {
        let bytes: [UInt8]
        do { bytes = try SecretFile.read(file) } catch { throw CommandFailure(.configuration, error.message, remedy: error.remedy) }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.configuration, "\(file) is not UTF-8.", remedy: "Write the password as UTF-8 text.")
        }
        if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
        return text
    }
    let first = try prompt("Password of \(name): ")
    guard try prompt("Again: ") == first else { throw CommandFailure(.usage, "The two are not the same.", remedy: "Run the command again.") }
    return first
}

private func prompt(_ text: String) throws(CommandFailure) -> String {
    guard let typed = getpass(text) else {
        throw CommandFailure(.usage, "There is no terminal to ask for the password.", remedy: "Give --password-file FILE.")
    }
    defer { memset(typed, 0, strlen(typed)) }
    return String(cString: typed)
}

/// Before the secret is made: it is shown once.
func wantFree(_ out: String?) throws(CommandFailure) {
    guard let out, FileManager.default.fileExists(atPath: out) else { return }
    throw CommandFailure(.configuration, "\(out) is there already.", remedy: "Give --out a file that is not there.")
}

func hand(_ secret: String, _ label: String, to out: String?, json: Bool) throws(CommandFailure) {
    if let out {
        do { try SecretFile.write(Array((secret + "\n").utf8), to: out) } catch {
            // It exists and nobody has seen it: better shown than lost.
            if !json { print("\(label)\(secret)") }
            throw CommandFailure(.configuration, error.message, remedy: "Revoke it, and give --out a folder that can be written.")
        }
    } else if !json {
        print("\(label)\(secret)")
    }
}

extension JSON {
    func without(_ name: String) -> JSON { .object((members ?? []).filter { $0.name != name }) }
}
