import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import StrictJSON
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
    @Option(help: "HOST:PORT to listen on.")
    var listen = "127.0.0.1:8443"
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let place = CoordinatorFolder(folder)
        let pin = try await reporting { () async throws(CoordinatorError) in try await place.create(listen: listen, names: name) }
        say("Coordinator folder: \(folder)")
        say("CA pin:             \(pin)")
        say("Administrator key:  \(place.adminKeyPath) (keep it secret)")
        say("Next: tutti-coordinator serve \(folder)")
        return ["folder": .string(folder), "ca_pin": .string(pin), "admin_key_file": .string(place.adminKeyPath), "ca_certificate": .string(place.authorityPath)]
    }
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve until SIGTERM; running sessions go on after a restart.")

    @Argument(help: "The coordinator's folder.")
    var folder: String
    @Option(help: "HOST:PORT to listen on; port 0 takes a free one and says which.")
    var listen: String?
    @Option(help: "trace, debug, info, notice, warning, error, critical.")
    var logLevel: String?

    func run() async throws {
        let place = CoordinatorFolder(folder)
        var flags: [String: String] = [:]
        flags["server.listen"] = listen
        flags["log.level"] = logLevel
        do {
            let settings = try await reporting { [flags] () async throws(CoordinatorError) in try place.settings(flags: flags) }
            let log = makeLogger("tutti-coordinator", level: settings.logLevel)
            try await Coordinator(folder: place, settings: settings, log: log).run { host, port in
                say("serving on https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
            }
        } catch let failure as CommandFailure {
            say("error: \(failure.message)\n  \(failure.remedy)")
            throw ExitCode(failure.status.rawValue)
        } catch {
            say("error: the coordinator cannot serve: \(error)")
            throw ExitCode(ExitStatus.failed.rawValue)
        }
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
            let settings = try await reporting { () async throws(CoordinatorError) in try CoordinatorFolder(folder).settings() }
            if !json { for (key, value) in settings.settings.values { print("\(key) = \(value.text)    # \(value.source.rawValue)") } }
            return .object(settings.settings.values.map { .init($0.key, ["value": .string($0.value.text), "source": .string($0.value.source.rawValue)]) })
        }
    }
}
