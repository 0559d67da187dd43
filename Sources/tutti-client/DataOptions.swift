import ArgumentParser
import ClientNode
import CommandKit
import Learning
import TuttiConfiguration

/// How a file of rows is read; the same for every command.
struct DataOptions: ParsableArguments {
    @Option(help: "CSV file with one labelled row a line; or a NumPy (.npz, .npy) or IDX file; or text: a .txt file or a folder of them.")
    var dataset: String

    @Option(help: "File with the class of each row, beside a .npy or IDX file of rows.")
    var labels: String?

    @Option(help: "Label column: its name, its number from 0, or 'last' (else data.label in client.toml).")
    var label: String?

    @Option(help: "What the label column holds: classification (classes) or regression (numbers to predict) (else data.task in client.toml).")
    var task: String?

    @Option(help: "What the first line is: auto, yes (names), no (a row), sklearn (rows,columns,labels).")
    var header = "auto"

    @Option(help: "Missing values: refuse, mean (of the column), or a number.")
    var missing = "refuse"

    @Option(help: "Scaling of the features: none, constant=NUMBER (divide), minmax, standardize (else data.scale in client.toml).")
    var scale: String?

    @Option(help: "Number of classes, when the file may lack some.")
    var classes: Int?

    /// What of the options goes before `client.toml`.
    var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["data.label"] = label
        flags["data.task"] = task
        flags["data.scale"] = scale
        return flags
    }

    /// Of a command that has no node's folder.
    func csv(for schema: DataSchema? = nil) throws(CommandFailure) -> CSVOptions {
        do { return try csv(for: schema, ClientSettings.load(data: nil, flags: flags)) } catch let error as ClientNodeError {
            throw error.failure
        } catch let failure as CommandFailure { throw failure } catch { throw CommandFailure(.failed, "\(error)") }
    }

    /// - Parameter schema: of a model that is there already; it decides scaling and classes.
    func csv(for schema: DataSchema? = nil, _ settings: ClientSettings) throws(CommandFailure) -> CSVOptions {
        let (label, scale) = (settings.label, settings.scale)
        var options = schema.map(CSVOptions.init(schema:)) ?? CSVOptions()
        guard let header = CSVOptions.Header(rawValue: header) else {
            throw CommandFailure(.usage, "--header is '\(self.header)'.", remedy: "Give auto, yes, no or sklearn.")
        }
        options.header = header
        options.label = label == "last" ? .last : Int(label).map { .index($0) } ?? .name(label)
        switch missing {
        case "refuse": options.missing = .refuse
        case "mean": options.missing = .mean
        default:
            guard let value = Float(missing), value.isFinite else {
                throw CommandFailure(.usage, "--missing is '\(missing)'.", remedy: "Give refuse, mean or a number.")
            }
            options.missing = .value(value)
        }
        if schema == nil { options.task = settings.task == "regression" ? .regression : .classification }
        if classes != nil, options.task == .regression {
            throw CommandFailure(.usage, "--classes is given, and a regression has none.", remedy: "Leave out --classes, or --task regression.")
        }
        if let classes, !(2...65_536).contains(classes) {
            throw CommandFailure(.usage, "--classes is \(classes).", remedy: "Give 2 to 65536.")
        }
        if let classes { options.outputs = classes }
        if schema != nil {
            return options
        } else if scale.hasPrefix("constant=") {
            guard let c = Float(scale.dropFirst(9)), c.isFinite, c != 0 else {
                throw CommandFailure(.usage, "The scaling (--scale, data.scale) is '\(scale)'.", remedy: "Give constant= and a number other than 0.")
            }
            options.scale = .constant(c)
        } else {
            switch scale {
            case "none": options.scale = .none
            case "minmax": options.scale = .minMax
            case "standardize": options.scale = .standardize
            default:
                throw CommandFailure(.usage, "The scaling (--scale, data.scale) is '\(scale)'.", remedy: "Give none, constant=NUMBER, minmax or standardize.")
            }
        }
        return options
    }
}

extension ClientNodeError {
    var failure: CommandFailure {
        let status: ExitStatus =
            switch kind {
            case .usage: .usage
            case .configuration, .policy: .configuration
            case .connection: .connection
            case .authentication: .authentication
            case .version: .version
            case .integrity: .integrity
            case .failed: .failed
            }
        return CommandFailure(status, message, remedy: remedy)
    }
}

/// A node error as a command's failure.
func reporting<Value>(_ work: () async throws(ClientNodeError) -> Value) async throws(CommandFailure) -> Value {
    do { return try await work() } catch { throw error.failure }
}
