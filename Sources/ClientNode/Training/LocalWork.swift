package import Attacks
import Federation
import Foundation
package import Learning
import Strategies
import Wire

/// The work a node does on its own rows: training and evaluation. The rows stay here.
package struct LocalWork: Sendable {
    let rows: LocalRows
    /// A test client that lies, to show what the robust rules withstand.
    let liar: Liar?
    /// The owner's rule for ending a round's training early; nil: all epochs are run.
    let stopping: LocalStopping?
    let workspaces: Workspaces

    package init(rows: LocalRows, liar: Liar? = nil, stopping: LocalStopping? = nil, workspaces: Workspaces = Workspaces()) {
        self.rows = rows
        self.liar = liar
        self.stopping = stopping
        self.workspaces = workspaces
    }

    /// Trains from `model` as the round asks; nil when cancelled.
    func update(
        model: ModelFile, start: RoundStart, controls: Controls? = nil, isCancelled: @escaping () -> Bool
    ) throws -> UpdateBody? {
        try check(model)
        func train(_ rows: Dataset, _ start: RoundStart) throws -> UpdateBody? {
            try workspaces.lend {
                try $0.update(model: model, start: start, dataset: rows, controls: controls, stopping: stopping, isCancelled: isCancelled)
            }
        }
        guard let liar else { return try train(rows.dataset, start) }
        do {
            return try liar.update(rows: rows.dataset, seed: start.training.seed, round: start.round, values: \.values) { rows, seed in
                var start = start
                start.training.seed = seed
                return try train(rows, start)
            }
        } catch let error as AttackError {
            throw ClientNodeError(.failed, "The attack cannot be made: \(error)", remedy: "Leave --attack out, or give another.")
        }
    }

    func evaluation(model: ModelFile) throws -> Assessment {
        try check(model)
        let dataset = rows.dataset
        return workspaces.lend { $0.evaluation(model: model, dataset: dataset) }
    }

    /// A model that does not fit the rows must never reach a kernel.
    private func check(_ model: ModelFile) throws(ClientNodeError) {
        guard model.schema.task == rows.task else {
            throw ClientNodeError(
                .failed,
                "The session's model is for \(model.schema.task.rawValue), \(model.schema.task.reading), and the local data are for \(rows.task.rawValue).",
                remedy: "Give such data, or join another session.")
        }
        guard model.schema.inputs == rows.inputs, model.schema.outputs == rows.outputs else {
            throw ClientNodeError(
                .failed,
                "The session's model takes \(model.schema.inputs) inputs and \(model.schema.outputs) outputs; "
                    + "the local data have \(rows.inputs) and \(rows.outputs).",
                remedy: "Join a session whose schema fits, or give other data.")
        }
    }
}
