internal import APIKit
internal import Federation
internal import ModelServing
internal import Storage
internal import StrictJSON

enum ExecutionMode: String, ChoiceValue { case local, distributed }
enum ScalingWord: String, ChoiceValue { case auto, manual }
enum DeploymentWord: String, ChoiceValue { case success, pending }

struct ResourceBody: DescribedRequest {
    static let name = "ResourceAllocation"
    var cpu = 1.0
    var gpu = 0
    var tpu = 0
    var memory = "512MB"
    var nodes = 1

    static let fields = [
        FieldOf<ResourceBody>("cpu", \.cpu, Bounds(range: 0.1...100_000), unit: "cores"), FieldOf("gpu", \.gpu, .whole(0...10_000)),
        FieldOf("tpu", \.tpu, .whole(0...10_000)), FieldOf("memory", \.memory, Bounds(count: 2...32), note: "such as 256GB"),
        FieldOf("nodes", \.nodes, .whole(1...10_000), note: "replicas, one a node"),
    ]

    func asked() throws(ServiceError) -> AskedResources {
        guard let bytes = AskedResources.bytes(memory) else {
            throw .invalid(field: "resource_allocation.memory", issue: "must be a size such as 256GB", provided: .string(memory))
        }
        var asked = AskedResources()
        (asked.cpu, asked.gpu, asked.tpu, asked.memory, asked.memoryBytes, asked.nodes) = (cpu, gpu, tpu, memory, bytes, nodes)
        return asked
    }
}

struct DeployBody: DescribedRequest {
    static let name = "NewDeployment"
    var model = ""
    var mode = ExecutionMode.local
    var resources = ResourceBody()
    var scaling = ScalingWord.manual

    static let fields = [
        FieldOf<DeployBody>("model_id", \.model, isRequired: true),
        FieldOf("execution_mode", \.mode, note: "distributed: replicas on as many machines as nodes says"),
        FieldOf("resource_allocation", \.resources), FieldOf("scaling_policy", \.scaling),
    ]
}

struct StoppedView: Described {
    static let name = "StoppedDeployment"
    enum Word: String, ChoiceValue { case stopped }
    let status = Word.stopped
    var id: String
    var model: String
    var changed: Bool
    var unloaded: Bool
    private var message: String {
        guard changed else { return "The deployment was stopped before." }
        return unloaded ? "The deployment is stopped, and its model has left memory." : "The deployment is stopped."
    }

    static let fields = [
        FieldOf<StoppedView>("status", \.status, .rule("stopped")), FieldOf("deployment_id", \.id, .request), FieldOf("model_id", \.model, .stored),
        FieldOf("changed", \.changed, .rule("false: it was stopped before")),
        FieldOf("model_unloaded", \.unloaded, .rule("no other deployment of the tenant needs the model")), FieldOf("message", \.message, .fixed),
    ]
}

struct DeploymentView: Described {
    static let name = "Deployment"
    var deployment: DeploymentRecord
    var message: String
    var blockers: [BlockerBody]

    static let fields = [
        FieldOf<DeploymentView>("status", \.status, .rule("success: every node that was asked for answers")),
        FieldOf("deployment_id", \.deployment.id, .generated),
        FieldOf("message", \.message, .rule("with the nodes that answer")), FieldOf("model_id", \.deployment.model, .request),
        FieldOf("execution_mode", \.mode, .request), FieldOf("scaling_policy", \.scaling, .request),
        FieldOf("current_replicas", \.deployment.replicas, .counted),
        FieldOf("blocked_by", \.blockers, .rule("what was asked for and is not there")),
    ]

    var status: DeploymentWord { deployment.state == .active ? .success : .pending }
    var mode: ExecutionMode { deployment.isDistributed ? .distributed : .local }
    var scaling: ScalingWord { deployment.scalesByItself ? .auto : .manual }

    init(_ deployment: DeploymentRecord, nodes: Int, _ blockers: [DeploymentBlocker]) {
        self.deployment = deployment
        self.blockers = blockers.map(BlockerBody.init)
        let missing = blockers.map { "\($0.what) \($0.asked) asked, \($0.have)" }.joined(separator: "; ")
        message =
            deployment.state == .active
            ? "Model deployed across \(deployment.replicas) nodes." : "\(deployment.replicas) of \(nodes) nodes ready: \(missing)."
    }
}

extension BlockerBody {
    init(_ blocker: DeploymentBlocker) {
        self.init(what: blocker.what, field: blocker.field, asked: blocker.asked, have: blocker.have, fix: blocker.fix)
    }
}

struct ScaleBody: DescribedRequest {
    static let name = "ScalingPolicy"
    var deployment = ""
    var gpuMin = 0
    var gpuMax: Int?
    var tpu = false
    var threshold = "85% utilization"
    var replicasMin = 1
    var replicasMax: Int?

    static let fields = [
        FieldOf<ScaleBody>("deployment_id", \.deployment, isRequired: true),
        FieldOf("gpu_min", \.gpuMin, .whole(0...10_000), note: "GPUs of all replicas together"),
        FieldOf("gpu_max", \.gpuMax, .whole(0...10_000), note: "gpu_min where it is left out"), FieldOf("tpu_enabled", \.tpu),
        FieldOf("threshold", \.threshold, Bounds(count: 2...64), note: "such as 85% utilization"), FieldOf("replicas_min", \.replicasMin, .whole(1...10_000)),
        FieldOf("replicas_max", \.replicasMax, .whole(1...10_000), note: "replicas_min where it is left out"),
    ]

    func policy() throws(ServiceError) -> ScalingPolicy {
        let (gpus, replicas) = (gpuMax ?? gpuMin, replicasMax ?? replicasMin)
        guard gpuMin <= gpus else { throw .invalid(field: "gpu_max", issue: "must be at least gpu_min", provided: JSON(gpus)) }
        guard replicasMin <= replicas else { throw .invalid(field: "replicas_max", issue: "must be at least replicas_min", provided: JSON(replicas)) }
        let parts = threshold.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? parts[1].filter { $0 != " " }.lowercased() : "?"
        guard let percent = Int(parts[0].filter { $0 != " " }), (1...100).contains(percent), rest.isEmpty || rest == "utilization" else {
            throw .invalid(field: "threshold", issue: "must be such as 85% utilization, from 1 to 100", provided: .string(threshold))
        }
        return ScalingPolicy(gpuMin: gpuMin, gpuMax: gpus, tpu: tpu, threshold: percent, replicasMin: replicasMin, replicasMax: replicas)
    }
}

struct ScaleView: Described {
    static let name = "Scaling"
    enum Mode: String, ChoiceValue { case adaptive }
    var blockers: [BlockerBody]
    var replicas: Int
    var policy: ScalingPolicy
    let mode = Mode.adaptive
    /// There is no machine with one.
    let gpus = 0

    static let fields = [
        FieldOf<ScaleView>("status", \.status, .rule("pending: less is there than the least that was asked for")), FieldOf("scaling_mode", \.mode, .stored),
        FieldOf("gpu_allocated", \.gpus, .counted), FieldOf("current_replicas", \.replicas, .counted),
        FieldOf("gpu_min", \.policy.gpuMin, .request), FieldOf("gpu_max", \.policy.gpuMax, .request), FieldOf("tpu_enabled", \.policy.tpu, .request),
        FieldOf("threshold_percent", \.policy.threshold, .request, unit: "%"), FieldOf("replicas_min", \.policy.replicasMin, .request),
        FieldOf("replicas_max", \.policy.replicasMax, .request),
        FieldOf("blocked_by", \.blockers, .rule("what was asked for and is not there")),
    ]

    var status: DeploymentWord { blockers.isEmpty ? .success : .pending }
}

struct DeploymentLog: Described {
    static let name = "DeploymentEvent"
    var at: Timestamp
    var event: String
    static let fields = [FieldOf<DeploymentLog>("timestamp", \.at, .stored), FieldOf("event", \.event, .stored)]
}

struct DeploymentLogs: Described {
    static let name = "DeploymentLogs"
    var logs: [DeploymentLog]
    static let fields = [FieldOf<DeploymentLogs>("logs", \.logs, .stored, "in order")]
}
