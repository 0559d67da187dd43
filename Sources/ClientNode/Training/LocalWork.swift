package import Attacks
import Federation
import Foundation
package import Learning
import Strategies
import Wire

/// The work a node does on its own rows: training and evaluation. The rows stay here.
package struct LocalWork: Sendable {
    let rows: LocalRows
    /// A lie that a test client tells, to show what the robust rules withstand.
    let attack: Attack?
    /// The owner's rule for ending a round's training early; nil: all epochs are run.
    let stopping: LocalStopping?
    let workspaces: Workspaces

    package init(rows: LocalRows, attack: Attack? = nil, stopping: LocalStopping? = nil, workspaces: Workspaces = Workspaces()) {
        self.rows = rows
        self.attack = attack
        self.stopping = stopping
        self.workspaces = workspaces
    }

    /// Trains from `model` as the round asks; nil when cancelled.
    func update(
        model: ModelFile, start: RoundStart, controls: Controls? = nil, isCancelled: @escaping () -> Bool
    ) throws -> UpdateBody? {
        try check(model)
        let seed = derivedSeed(start.training.seed, "attack")
        let dataset = try lying { (attack) throws(AttackError) in try attack.poisoned(rows.dataset, seed: seed) } ?? rows.dataset
        let made = try workspaces.lend {
            try $0.update(model: model, start: start, dataset: dataset, controls: controls, stopping: stopping, isCancelled: isCancelled)
        }
        guard var update = made else { return nil }
        try lying { (attack) throws(AttackError) in try attack.forge(&update.values, seed: seed) }
        return update
    }

    /// What the attack does; nil without one.
    @discardableResult
    private func lying<Result>(_ body: (Attack) throws(AttackError) -> Result) throws(ClientNodeError) -> Result? {
        guard let attack else { return nil }
        do throws(AttackError) { return try body(attack) } catch {
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
