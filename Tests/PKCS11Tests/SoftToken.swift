import Foundation
import CryptoSuite
import PKCS11

/// Tokens of SoftHSM, as Debian's `softhsm2` has it. Its module reads SOFTHSM2_CONF and the tokens when it is loaded, and stays loaded: so all
/// tokens of this process are made once, before the first use.
enum SoftToken {
    static let modulePaths = [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ]
    static let pin = Secret(Array("1234-five".utf8))
    static let labels = ["whole", "vanishing", "strict", "twice", "twice", "two words"]
    static let absence = "needs SoftHSM (apt-get install softhsm2)"
    static var isThere: Bool { module != nil }

    /// nil: SoftHSM is not installed, or makes no tokens.
    static let module: String? = {
        guard let module = modulePaths.first(where: FileManager.default.fileExists), let tool = tool else { return nil }
        let folder = FileManager.default.temporaryDirectory.appending(path: "softhsm-\(ProcessInfo.processInfo.processIdentifier)").path
        // It may be left of a process that had this number.
        try? FileManager.default.removeItem(atPath: folder)
        do {
            try FileManager.default.createDirectory(atPath: "\(folder)/tokens", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n".write(
                toFile: "\(folder)/softhsm2.conf", atomically: true, encoding: .utf8)
        } catch { return nil }
        setenv("SOFTHSM2_CONF", "\(folder)/softhsm2.conf", 1)
        atexit { try? FileManager.default.removeItem(atPath: SoftToken.folder) }
        for label in labels where !run(tool, ["--init-token", "--free", "--label", label, "--so-pin", "officer-1", "--pin", "1234-five"]) { return nil }
        return module
    }()

    static let folder = FileManager.default.temporaryDirectory.appending(path: "softhsm-\(ProcessInfo.processInfo.processIdentifier)").path

    /// Takes a token away, as if somebody pulled it.
    static func remove(_ label: String) -> Bool { tool.map { run($0, ["--delete-token", "--token", label]) } ?? false }

    private static var tool: String? { ["/usr/bin/softhsm2-util", "/usr/local/bin/softhsm2-util"].first(where: FileManager.default.isExecutableFile) }

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    static func token(_ label: String, key: String = "tutti", pin: Secret = pin, newKeyID: [UInt8]? = [1, 2, 3, 4]) throws -> ModuleToken {
        ModuleToken(TokenPlace(module: module ?? "", token: label, key: key), pin: pin, newKeyID: newKeyID)
    }
}
