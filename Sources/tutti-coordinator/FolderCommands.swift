import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import StrictJSON
import Synchronization
import Trust
import TuttiConfiguration

extension CoordinatorError {
    var failure: CommandFailure {
        let status: ExitStatus =
            switch kind {
            case .configuration: .configuration
            case .connection: .connection
            case .authentication: .authentication
            case .failed: .failed
            case .integrity: .integrity
            }
        return CommandFailure(status, message, remedy: remedy)
    }
}

func reporting<Value>(_ work: () async throws(CoordinatorError) -> Value) async throws(CommandFailure) -> Value {
    do { return try await work() } catch { throw error.failure }
}

struct Initialise: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a coordinator's folder: certificate authority, server certificate, settings, administrator's key.")

    @Argument(help: "A new or empty folder.")
    var folder: String
    @Option(help: "A host name or address clients use; goes into the server's certificate. Repeat it for several.")
    var name: [String] = []
    @Option(help: "HOST:PORT to listen on (profile local: 127.0.0.1:8443).")
    var listen: String?
    @Option(help: "local: one machine, as it is. prod: --listen and --name must be said, plain HTTP stays off.")
    var profile = "local"
    @Option(help: "A PKCS #11 library, absolute: a key in its token seals master.key. With --pkcs11-token and --pkcs11-pin-file.")
    var pkcs11Module: String?
    @Option(help: "The token's label.")
    var pkcs11Token: String?
    @Option(help: "A file (mode 0600) with the PIN of the token's user.")
    var pkcs11PinFile: String?
    @Option(help: "The label of the AES-256 key in the token; it is made where there is none.")
    var pkcs11Key = MasterToken.usualKey
    @Flag(help: "One JSON object on stdout.")
    var json = false

    private func masterToken() throws(CommandFailure) -> MasterToken? {
        switch (pkcs11Module, pkcs11Token, pkcs11PinFile) {
        case (nil, nil, nil): return nil
        case (let module?, let token?, let pin?) where module.hasPrefix("/") && pin.hasPrefix("/") && (1...32).contains(token.utf8.count):
            return MasterToken(module: module, token: token, pinFile: pin, key: pkcs11Key)
        default:
            throw CommandFailure(
                .usage, "A token wants its library, its label and its PIN.",
                remedy: "Give --pkcs11-module and --pkcs11-pin-file as absolute paths, and --pkcs11-token with at most 32 bytes.")
        }
    }

    func perform() async throws(CommandFailure) -> JSON {
        let token = try masterToken()
        guard let profile = CoordinatorSettings.Profile(rawValue: profile) else {
            throw CommandFailure(.usage, "--profile is '\(profile)'.", remedy: "Give local or prod.")
        }
        if profile == .prod {
            guard listen != nil else {
                throw CommandFailure(.configuration, "Profile prod serves only where it is told to.", remedy: "Give --listen HOST:PORT.")
            }
            guard !name.allSatisfy(CoordinatorSettings.loopbackNames.contains) else {
                throw CommandFailure(.configuration, "Profile prod needs a name that other machines reach.", remedy: "Give --name HOST or --name ADDRESS.")
            }
        }
        let place = CoordinatorFolder(folder)
        let pin = try await reporting { () async throws(CoordinatorError) in
            try await place.create(listen: listen ?? "127.0.0.1:8443", names: name, profile: profile, token: token)
        }
        say("Coordinator folder: \(folder)")
        say("CA pin:             \(pin)")
        say("Administrator key:  \(place.adminKeyPath) (keep it secret)")
        if let token { say("Master key:         sealed by the key '\(token.key)' in the token '\(token.token)'") }
        say("Next: tutti-coordinator serve \(folder)")
        return [
            "folder": .string(folder), "profile": .string(profile.rawValue), "ca_pin": .string(pin), "admin_key_file": .string(place.adminKeyPath),
            "ca_certificate": .string(place.authorityPath),
        ]
    }
}

struct Serve: ReportingCommand {
    static let configuration = CommandConfiguration(abstract: "Serve until SIGTERM; running sessions go on after a restart.")

    @Argument(help: "The coordinator's folder.")
    var folder: String
    @Option(help: "HOST:PORT to listen on; port 0 takes a free one and says which.")
    var listen: String?
    @Option(help: "trace, debug, info, notice, warning, error, critical.")
    var logLevel: String?
    @Flag(help: "One JSON object on stdout when it ends.")
    var json = false
    var endsItself: Bool { true }

    func perform() async throws(CommandFailure) -> JSON {
        let place = CoordinatorFolder(folder)
        var flags: [String: String] = [:]
        flags["server.listen"] = listen
        flags["log.level"] = logLevel
        let settings = try await reporting { [flags] () async throws(CoordinatorError) in try place.settings(flags: flags) }
        let log = NodeLog("tutti-coordinator", level: settings.logLevel)
        // Both signals drain; only an interrupt is told as one.
        let interrupted = Mutex(false)
        let signals = SignalWatch([SIGINT]) { _ in interrupted.withLock { $0 = true } }
        defer { signals.cancel() }
        let address = Mutex("")
        do {
            try await Coordinator(folder: place, settings: settings, log: log).run { host, port in
                let url = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
                address.withLock { $0 = url }
                say("serving on \(url)")
            }
        } catch let error as CoordinatorError { throw error.failure } catch let error as TrustError {
            throw CommandFailure(.configuration, error.message, remedy: error.remedy)
        } catch {
            if "\(error)".contains("Address already in use") {
                throw CommandFailure(
                    .failed, "Another program listens on \(settings.listen.host):\(settings.listen.port).",
                    remedy: "Give another --listen HOST:PORT, or stop it.")
            }
            throw CommandFailure(
                "\(error)".contains("is damaged") ? .integrity : .failed, "The coordinator cannot serve: \(error).",
                remedy: "tutti-coordinator doctor \(folder) and tutti-coordinator check \(folder) look for the cause.")
        }
        if interrupted.withLock({ $0 }) { throw CommandFailure(.interrupted, "Interrupted; drained.", remedy: "Sessions go on when it serves again.") }
        return ["url": .string(address.withLock { $0 })]
    }
}

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Settings and where they come from.", subcommands: [Show.self])

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Every setting, its value and its source.")
        @Argument(help: "The coordinator's folder.")
        var folder: String
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            try await reporting { () async throws(CoordinatorError) in try CoordinatorFolder(folder).settings() }.settings.shown(json: json)
        }
    }
}
