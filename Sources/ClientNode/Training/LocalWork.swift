import Federation
import Foundation
import Learning
import Strategies
import Wire

/// The work a node does on its own rows: training and evaluation. The rows stay here.
package struct LocalWork: Sendable {
    let rows: LocalRows
    let attack: Attack
    let workspaces: Workspaces

    package init(rows: LocalRows, attack: Attack = .none, workspaces: Workspaces = Workspaces()) {
        self.rows = rows
        self.attack = attack
        self.workspaces = workspaces
    }

    /// A lie a test client tells, to show what the robust rules withstand.
    package enum Attack: Sendable, Equatable {
        case none
        /// Sends −scale times its update.
        case signFlip(scale: Float)
    }

    /// Trains from `model` as the round asks; nil when cancelled.
    func update(
        model: ModelFile, start: RoundStart, controls: Controls? = nil, isCancelled: @escaping () -> Bool
    ) throws -> UpdateBody? {
        try check(model)
        let dataset = rows.dataset
        let made = try workspaces.lend {
            try $0.update(model: model, start: start, dataset: dataset, controls: controls, isCancelled: isCancelled)
        }
        guard var update = made else { return nil }
        switch attack {
        case .none: break
        case .signFlip(let scale): for index in update.values.indices { update.values[index] *= -scale }
        }
        return update
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
                .failed, "The session's model is for \(model.schema.task.rawValue), and the local rows were read for \(rows.task.rawValue).",
                remedy: "Run with --task \(model.schema.task.rawValue), or join another session.")
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
