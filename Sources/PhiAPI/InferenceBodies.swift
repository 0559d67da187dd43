internal import APIKit
internal import ModelServing
internal import StrictJSON

enum PriorityWord: String, ChoiceValue {
    case low, normal, high
    case ultraHigh = "ultra-high"

    var priority: RequestPriority {
        switch self {
        case .low: .low
        case .normal: .normal
        case .high: .high
        case .ultraHigh: .ultraHigh
        }
    }
}

enum PolicyWord: String, ChoiceValue {
    case usual = "default"
    case latency, throughput
    case quantum = "quantum-optimized"
}

struct InferenceInput: DescribedRequest {
    static let name = "InferenceInput"
    var data = JSON.null
    static let fields = [
        FieldOf<InferenceInput>(
            "data", \.data, isRequired: true, note: "rows of numbers, an object with the model's inputs by name, or the name of a file with one of these")
    ]
}

struct InferenceBody: DescribedRequest {
    static let name = "RunInference"
    static let batchWaitMicroseconds = 500
    var deployment = ""
    var input = InferenceInput()
    var batch = 1
    var priority = PriorityWord.normal
    var policy = PolicyWord.usual
    static let fields = [
        FieldOf<InferenceBody>("deployment_id", \.deployment, isRequired: true, Bounds(count: 1...128)),
        FieldOf("input", \.input, isRequired: true),
        FieldOf("batch_size", \.batch, .whole(1...65_536), unit: "rows", note: "of the largest run that it may share with others"),
        FieldOf("priority", \.priority, note: "ultra-high needs the scope ops, and is high without it"),
        FieldOf(
            "execution_policy", \.policy,
            note: "latency: it waits for nobody; throughput: it waits 10 ms for a full run; quantum-optimized: the same as default, there is no such machine"),
    ]

    func options(mayBeFirst: Bool) -> InferenceOptions {
        var options = InferenceOptions()
        options.priority = priority == .ultraHigh && !mayBeFirst ? .high : priority.priority
        options.batchRows = batch
        options.batchWaitMicroseconds =
            switch policy {
            case .latency: 0
            case .throughput: RuntimeLimits.batchWaitMicroseconds
            case .usual, .quantum: batch > 1 ? Self.batchWaitMicroseconds : 0
            }
        return options
    }
}

struct InferenceView: Described {
    static let name = "Inference"
    enum Machine: String, ChoiceValue { case cpu }
    var output: JSON
    var seconds: Double?
    var requestID: String
    var model: String?
    var sha256: String?
    var upstream: String?
    var rows: Int?
    var machine: Machine?
    var blockers: [BlockerBody]?
    private var time: String? { seconds.map(milliseconds) }
    static let fields = [
        FieldOf<InferenceView>("output", \.output, .measured, "the model's outputs by name, or the name of the file with them; null: not yet"),
        FieldOf("execution_time", \.time, .clock, "from the question to the answer; null: not yet"),
        FieldOf("request_id", \.requestID, .generated), FieldOf("model_id", \.model, .stored, "which ran; null: none yet"),
        FieldOf(
            "model_sha256", \.sha256, .stored, "of its file, compared with the bytes when they were loaded; null: another server computed it, or none yet"),
        FieldOf("upstream", \.upstream, .stored, "the other server").only { $0.upstream != nil },
        FieldOf("batch_rows", \.rows, .counted, "of the run, others' included"),
        FieldOf("execution_policy_applied", \.machine, .fixed, "where another one was asked for").only { $0.machine != nil },
        FieldOf("blocked_by", \.blockers, .rule("pending")).only { $0.blockers != nil },
    ]
}

/// As the document writes times: `30ms`, to the microsecond.
func milliseconds(_ seconds: Double) -> String {
    let microseconds = (seconds * 1e6).rounded()
    let whole = (microseconds / 1000).rounded(.down)
    return microseconds == whole * 1000 ? "\(Int(whole))ms" : "\(microseconds / 1000)ms"
}

struct FileView: Described {
    static let name = "File"
    var title: String
    var sha256: String
    var bytes: Int
    var type: String
    var createdAt: Timestamp
    static let fields = [
        FieldOf<FileView>("name", \.title, .request), FieldOf("sha256", \.sha256, .measured), FieldOf("bytes", \.bytes, .counted),
        FieldOf("media_type", \.type, .request), FieldOf("created_at", \.createdAt, .clock),
    ]
}

struct ProfileBody: DescribedRequest {
    static let name = "ProfileModel"
    static let usualBatches = [1, 8, 32]
    var deployment: String?
    var input: InferenceInput?
    var runs = 50
    var batches = usualBatches
    static let fields = [
        FieldOf<ProfileBody>("deployment_id", \.deployment, Bounds(count: 1...128), note: "the latest one where it is left out"),
        FieldOf("input", \.input, note: "rows that the runs repeat; zeros where it is left out"),
        FieldOf("iterations", \.runs, .whole(1...RuntimeLimits.profileRuns), note: "runs of each batch size"),
        FieldOf(
            "batch_sizes", \.batches,
            Bounds(range: 1...Double(RuntimeLimits.profileRows), count: 1...RuntimeLimits.profileBatches), unit: "rows"),
    ]
}

struct LatencyView: Described {
    static let name = "Latency"
    var batch: ModelProfile.Batch
    private var p99: String { milliseconds(batch.p99) }
    private var median: String { milliseconds(batch.median) }
    static let fields = [FieldOf<LatencyView>("99th_percentile", \.p99, .measured), FieldOf("median", \.median, .measured)]
}

struct BatchView: Described {
    static let name = "ProfiledBatch"
    var batch: ModelProfile.Batch
    private var mean: Double { batch.mean * 1000 }
    private var median: Double { batch.median * 1000 }
    private var p99: Double { batch.p99 * 1000 }
    static let fields = [
        FieldOf<BatchView>("batch_size", \.batch.rows, .request, unit: "rows"), FieldOf("iterations", \.batch.runs, .counted),
        FieldOf("mean_ms", \.mean, .measured, unit: "ms"), FieldOf("median_ms", \.median, .measured, unit: "ms"),
        FieldOf("p99_ms", \.p99, .measured, unit: "ms"), FieldOf("rows_per_second", \.batch.rowsPerSecond, .measured),
    ]
}

struct ProfileView: Described {
    static let name = "Profile"
    enum Target: String, ChoiceValue { case model, platform }
    var first: ModelProfile.Batch
    var profile: ModelProfile
    var target: Target
    var model: String?
    var sha256: String?
    private var time: String { milliseconds(first.mean) }
    private var latency: LatencyView { LatencyView(batch: first) }
    private var suggestions: String { profile.suggestions.isEmpty ? "none found" : profile.suggestions.joined(separator: "; ") }
    private var batches: [BatchView] { profile.batches.map { BatchView(batch: $0) } }
    private var isWhole: Bool { !profile.isCutShort }
    static let fields = [
        FieldOf<ProfileView>("execution_time", \.time, .measured, "the mean run of the first batch size"),
        FieldOf("latency_distribution", \.latency, .measured, "of the first batch size"),
        FieldOf("optimization_suggestions", \.suggestions, .rule("what these runs measured")),
        FieldOf("target", \.target, .rule("profile"), "platform: the coordinator's own kernels"), FieldOf("model_id", \.model, .stored),
        FieldOf("model_sha256", \.sha256, .stored), FieldOf("batches", \.batches, .measured),
        FieldOf("complete", \.isWhole, .measured, "false: the time was over before all iterations were made"),
    ]
}
