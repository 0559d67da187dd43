package import Inference

/// Why a model gave no answer, or could not be loaded.
package enum RuntimeError: Error, Sendable, Equatable, CustomStringConvertible {
    case model(ModelFailure)
    /// It is known and lies not in memory.
    case notLoaded(String)
    case inference(InferenceError)
    case noRoom(neededBytes: Int, freeBytes: Int, budgetBytes: Int)
    case tooManyModels(limit: Int)
    /// So many requests wait already, and all are at least as urgent; or a more urgent one took the place.
    case busy(waiting: Int)
    /// Its time was over before its turn came.
    case late(seconds: Double)
    case cancelled
    /// The model was unloaded while it was loaded.
    case unwanted(String)
    /// The file cannot be read as what it says it is.
    case unreadable(String)
    /// Another server computes it, and did not.
    case upstream(UpstreamFailure)
    /// Another server computes it: it is neither loaded, unloaded nor profiled here.
    case notOurs(id: String, upstream: String)

    package var description: String {
        switch self {
        case .model(let failure): failure.description
        case .notLoaded(let id): "The model '\(id)' is not loaded."
        case .inference(let error): error.description
        case .noRoom(let needed, let free, let budget):
            "The model needs \(needed) bytes of memory; \(free) of \(budget) are free. Unload another model, or raise models.memory_mb."
        case .tooManyModels(let limit): "\(limit) models are in memory, the most there may be; unload one."
        case .busy(let waiting): "\(waiting) requests wait already."
        case .late(let seconds): "Its turn did not come within \(seconds) s."
        case .cancelled: "The call was given up."
        case .unwanted(let id): "The model '\(id)' was unloaded before it was ready."
        case .unreadable(let why): "The model's file cannot be read: \(why)."
        case .upstream(let failure): failure.description
        case .notOurs(let id, let upstream): "The model '\(id)' is computed by \(upstream): it is neither loaded, unloaded nor profiled here."
        }
    }
}

/// How a request wants to be answered.
package struct InferenceOptions: Sendable {
    package var priority = RequestPriority.normal
    /// Rows of the largest run that it may be part of; 1: it runs alone.
    package var batchRows = 1
    /// How long it may wait for others to share its run.
    package var batchWaitMicroseconds = 0
    /// How long it waits for its turn.
    package var deadlineSeconds = 30.0
    package init() {}
}

package struct InferenceAnswer: Sendable {
    package var outputs: [NamedTensor]
    /// Which ran: its SHA-256 was compared with its bytes when they were loaded.
    package var model: ServableModel
    /// From the question to the answer.
    package var seconds: Double
    /// Of the run alone.
    package var runSeconds: Double
    /// Rows of the run, others' included.
    package var runRows: Int
    /// Elements of all outputs.
    package var values: Int { outputs.reduce(0) { $0 + $1.tensor.count } }
}
