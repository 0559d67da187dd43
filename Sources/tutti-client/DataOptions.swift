import ArgumentParser
import ClientNode
import CommandKit
import Learning

/// How a CSV file is read; the same for every command.
struct DataOptions: ParsableArguments {
    @Option(help: "CSV file with one labelled row a line.")
    var dataset: String

    @Option(help: "Label column: its name, its number from 0, or 'last'.")
    var label = "last"

    @Option(help: "What the first line is: auto, yes (names), no (a row), sklearn (rows,columns,labels).")
    var header = "auto"

    @Option(help: "Missing values: refuse, mean (of the column), or a number.")
    var missing = "refuse"

    @Option(help: "Scaling of the features: none, constant=NUMBER (divide), minmax, standardize.")
    var scale = "none"

    @Option(help: "Number of classes, when the file may lack some.")
    var classes: Int?

    /// - Parameter schema: of a model that is there already; it decides scaling and classes.
    func csv(for schema: DataSchema? = nil) throws(CommandFailure) -> CSVOptions {
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
        if let classes, !(2...65_536).contains(classes) {
            throw CommandFailure(.usage, "--classes is \(classes).", remedy: "Give 2 to 65536.")
        }
        if let classes { options.outputs = classes }
        if schema != nil {
            return options
        } else if scale.hasPrefix("constant=") {
            guard let c = Float(scale.dropFirst(9)), c.isFinite, c != 0 else {
                throw CommandFailure(.usage, "--scale is '\(scale)'.", remedy: "Give constant= and a number other than 0.")
            }
            options.scale = .constant(c)
        } else {
            switch scale {
            case "none": options.scale = .none
            case "minmax": options.scale = .minMax
            case "standardize": options.scale = .standardize
            default: throw CommandFailure(.usage, "--scale is '\(scale)'.", remedy: "Give none, constant=NUMBER, minmax or standardize.")
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
            case .configuration: .configuration
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
