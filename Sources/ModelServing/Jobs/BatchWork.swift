package import Storage
internal import StrictJSON

/// Who answers the things of batches of one service.
package protocol BatchWork: Sendable {
    var service: BatchTask.Service { get }
    var kind: BatchItems.Kind { get }
    /// What is not there yet.
    func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker]
    /// What answers from now on.
    /// - Throws: `JobRunError`.
    func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel
}

/// What answers a batch.
package struct BatchModel: Sendable {
    package var id: String?
    /// Of its file; nil: it has none.
    package var sha256: String?
    /// As many are answered together.
    package var atOnce: Int
    /// An answer for each, in order.
    /// - Throws: `BatchBusy`; `JobRunError`.
    package var answer: @Sendable (_ items: [BatchItem], _ first: Int) async throws -> [BatchAnswer]

    package init(
        id: String? = nil, sha256: String? = nil, atOnce: Int, answer: @escaping @Sendable (_ items: [BatchItem], _ first: Int) async throws -> [BatchAnswer]
    ) { (self.id, self.sha256, self.atOnce, self.answer) = (id, sha256, atOnce, answer) }
}

/// There is no place for it now.
package struct BatchBusy: Error {
    var why: String
    package init(why: String) { self.why = why }
}

extension JobBlocker {
    static func model(_ asked: String, have: String, fix: String) -> JobBlocker {
        JobBlocker(what: "model", field: "parameters.model", asked: asked, have: have, fix: fix)
    }

    /// nil: the run tells it.
    static func model(_ asked: String, _ failure: ModelFailure) -> JobBlocker? {
        switch failure {
        case .notFound: model(asked, have: "none", fix: "register a model, and name its id")
        case .notReady(_, let why): model(asked, have: why, fix: "wait until its file is here")
        case .refused(_, let why): model(asked, have: why, fix: "register it again")
        case .unsupported, .stopped, .damaged, .internalError: nil
        }
    }
}
