internal import Federation
package import StrictJSON

/// A federation that is lived through again and again: a seed, a configuration as small as it could be made, and what is
/// expected of it.
package struct Reproduction: Sendable, Equatable {
    package var seed: UInt64
    package var configuration: SimulationConfiguration
    /// The promise that is broken first; nil: all hold.
    package var violates: Violation.Rule?

    package init(seed: UInt64, configuration: SimulationConfiguration, violates: Violation.Rule?) {
        self.seed = seed
        self.configuration = configuration
        self.violates = violates
    }

    /// A federation, shrunk as far as it still breaks the same promise; nil when it breaks none.
    package init?(shrinking seed: UInt64, _ storm: SimulationConfiguration) {
        guard let (smallest, report) = Simulation(seed: seed, configuration: storm).shrunk(), let first = report.violations.first else { return nil }
        self.init(seed: seed, configuration: smallest, violates: first.rule)
    }

    package func run() -> SimulationReport {
        var simulation = Simulation(seed: seed, configuration: configuration)
        return simulation.run()
    }

    /// What is another than expected; nil when all is as it says.
    package func disagreement(_ report: SimulationReport) -> String? {
        let first = report.violations.first
        guard first?.rule != violates else { return nil }
        return "expected \(violates.map { "\($0.rawValue) to be broken" } ?? "every promise to hold"), found \(first.map { "\($0)" } ?? "that all hold")"
    }

    package var json: JSON {
        let plain = SimulationConfiguration.plain
        var members: [JSON.Member] = [.init("seed", .string("\(seed)")), .init("expected", .string(violates?.rawValue ?? "holds"))]
        for field in ConfigurationField.all {
            let value = field.read(configuration)
            if value != field.read(plain) { members.append(.init(field.name, value)) }
        }
        return .object(members)
    }

    /// - Throws: the first member that is not known or has no use.
    package init(json: JSON) throws(ReproductionError) {
        guard let members = json.members else { throw ReproductionError(field: "", issue: "must be an object") }
        guard let seed = json["seed"]?.text.flatMap({ UInt64($0) }) else {
            throw ReproductionError(field: "seed", issue: "must be a whole number in quotes")
        }
        guard let expected = json["expected"]?.text, expected == "holds" || Violation.Rule(rawValue: expected) != nil else {
            throw ReproductionError(field: "expected", issue: "must be 'holds' or the name of a rule")
        }
        var configuration = SimulationConfiguration.plain
        for member in members where member.name != "seed" && member.name != "expected" {
            guard let field = ConfigurationField.all.first(where: { $0.name == member.name }) else {
                throw ReproductionError(field: member.name, issue: "is not known")
            }
            guard field.write(&configuration, member.value) else {
                throw ReproductionError(field: member.name, issue: "cannot be \(member.value.encodedText)")
            }
        }
        do { try configuration.spec.validate() } catch { throw ReproductionError(field: error.field, issue: error.issue) }
        self.init(seed: seed, configuration: configuration, violates: Violation.Rule(rawValue: expected))
    }
}

package struct ReproductionError: Error, Sendable, Equatable, CustomStringConvertible {
    package var field: String
    package var issue: String
    package var description: String { "\(field.isEmpty ? "the file" : "'\(field)'") \(issue); write it with: tutti-bench simulate --keep FOLDER" }
}
