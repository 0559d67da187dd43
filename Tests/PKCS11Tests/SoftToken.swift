import Foundation

/// Tokens of SoftHSM, as Debian's `softhsm2` has it. Its module reads SOFTHSM2_CONF and the tokens when it is loaded, and stays loaded: so all
/// tokens of this process are made once, before the first use. More than one suite of the process has this file: whoever makes the folder makes the
/// tokens, and the others wait for them.
enum SoftToken {
    static let modulePaths = [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ]
    static let pinText = "1234-five"
    static let labels = ["whole", "vanishing", "strict", "twice", "twice", "two words", "tutti-gateway", "tutti-kills"]
    static let absence = "needs SoftHSM (apt-get install softhsm2)"
    static var isThere: Bool { module != nil }

    /// nil: SoftHSM is not installed, or makes no tokens.
    static let module: String? = {
        guard let module = modulePaths.first(where: FileManager.default.fileExists), let tool = tool else { return nil }
        let ready = "\(folder)/ready"
        guard mkdir(folder, 0o700) == 0 else {
            for _ in 0..<600 where !FileManager.default.fileExists(atPath: ready) { usleep(100_000) }
            return FileManager.default.fileExists(atPath: ready) ? module : nil
        }
        do {
            try FileManager.default.createDirectory(atPath: "\(folder)/tokens", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n".write(
                toFile: "\(folder)/softhsm2.conf", atomically: true, encoding: .utf8)
        } catch { return nil }
        setenv("SOFTHSM2_CONF", "\(folder)/softhsm2.conf", 1)
        atexit { try? FileManager.default.removeItem(atPath: SoftToken.folder) }
        for label in labels where !run(tool, ["--init-token", "--free", "--label", label, "--so-pin", "officer-1", "--pin", pinText]) { return nil }
        guard FileManager.default.createFile(atPath: ready, contents: nil) else { return nil }
        return module
    }()

    /// Another process that had this number began at another time.
    static let folder: String = {
        let stat = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
        let began = stat.split(separator: ")").last.map { $0.split(separator: " ") }.flatMap { $0.count > 19 ? String($0[19]) : nil } ?? ""
        return FileManager.default.temporaryDirectory.appending(path: "softhsm-\(ProcessInfo.processInfo.processIdentifier)-\(began)").path
    }()

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
}
