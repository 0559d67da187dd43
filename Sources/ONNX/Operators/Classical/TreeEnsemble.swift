/// Decision trees as `ai.onnx.ml` writes them: parallel lists, one entry for each node.
struct TreeEnsemble: Sendable {
    private struct Key: Hashable { var tree, node: Int }
    private struct Node {
        /// -1: a leaf.
        var feature = -1
        var mode = UInt8(0)
        /// NaN goes where the comparison holds.
        var missingIsTrue = false
        var threshold = 0.0
        var (whenTrue, whenFalse) = (0, 0)
        /// Of a leaf, in `weights`.
        var first = 0
        var last = 0
    }
    struct Weight: Sendable {
        var target: Int
        var value: Double
    }

    private let nodes: [Node]
    private let roots: [Int]
    let weights: [Weight]
    /// Comparisons that a row may need.
    let depth: Int
    private let width: Int
    var trees: Int { roots.count }

    private static let modes: [String: UInt8] = [
        "BRANCH_LEQ": 0, "BRANCH_LT": 1, "BRANCH_GTE": 2, "BRANCH_GT": 3, "BRANCH_EQ": 4, "BRANCH_NEQ": 5,
    ]

    /// - Parameter prefix: `class` or `target`, of the lists with the leaves' weights.
    init(_ node: NodeReader, prefix: String, targets: Int) throws(ONNXError) {
        let (treeIDs, nodeIDs) = (try node.ints("nodes_treeids") ?? [], try node.ints("nodes_nodeids") ?? [])
        let (features, modes) = (try node.ints("nodes_featureids") ?? [], try node.texts("nodes_modes") ?? [])
        let (thresholds, missing) = (try node.numbers("nodes_values") ?? [], try node.ints("nodes_missing_value_tracks_true") ?? [])
        let (whenTrue, whenFalse) = (try node.ints("nodes_truenodeids") ?? [], try node.ints("nodes_falsenodeids") ?? [])
        let count = treeIDs.count
        guard count > 0, [nodeIDs.count, features.count, modes.count, thresholds.count, whenTrue.count, whenFalse.count].allSatisfy({ $0 == count }),
            missing.isEmpty || missing.count == count
        else { throw node.refusal("has lists of nodes of different lengths") }
        var places: [Key: Int] = [:]
        for index in 0..<count where places.updateValue(index, forKey: Key(tree: treeIDs[index], node: nodeIDs[index])) != nil {
            throw node.refusal("has a node twice in one tree")
        }
        var nodes = [Node](repeating: Node(), count: count)
        var isChild = [Bool](repeating: false, count: count)
        for index in 0..<count where modes[index] != "LEAF" {
            guard let mode = Self.modes[modes[index]] else { throw node.refusal("compares as '\(shown(modes[index]))', which is not known") }
            guard (0..<Limits.elements).contains(features[index]) else { throw node.refusal("compares a feature that is not there") }
            guard let yes = places[Key(tree: treeIDs[index], node: whenTrue[index])], let no = places[Key(tree: treeIDs[index], node: whenFalse[index])],
                yes != no,
                !isChild[yes], !isChild[no]
            else { throw node.refusal("has a node whose branches are not there, or are another's") }
            (isChild[yes], isChild[no]) = (true, true)
            nodes[index] = Node(
                feature: features[index], mode: mode, missingIsTrue: !missing.isEmpty && missing[index] != 0, threshold: thresholds[index], whenTrue: yes,
                whenFalse: no)
        }
        roots = (0..<count).filter { !isChild[$0] }
        guard Set(roots.map { treeIDs[$0] }).count == roots.count else { throw node.refusal("has a tree of two roots") }
        (depth, width) = (try Self.walk(nodes, roots, node), (nodes.map(\.feature).max() ?? -1) + 1)

        let (weightTrees, weightNodes) = (try node.ints("\(prefix)_treeids") ?? [], try node.ints("\(prefix)_nodeids") ?? [])
        let (ids, values) = (try node.ints("\(prefix)_ids") ?? [], try node.numbers("\(prefix)_weights") ?? [])
        guard [weightNodes.count, ids.count, values.count].allSatisfy({ $0 == weightTrees.count }) else {
            throw node.refusal("has lists of weights of different lengths")
        }
        var owners: [(node: Int, weight: Weight)] = []
        for index in ids.indices {
            guard let owner = places[Key(tree: weightTrees[index], node: weightNodes[index])], (0..<targets).contains(ids[index]) else {
                throw node.refusal("has a weight of a node or target that is not there")
            }
            // Those of branches never count.
            if nodes[owner].feature < 0 { owners.append((owner, Weight(target: ids[index], value: values[index]))) }
        }
        // Sorted by node; a sort of pairs is stable where the places decide.
        let order = owners.indices.sorted { (owners[$0].node, $0) < (owners[$1].node, $1) }
        var weights: [Weight] = []
        for index in order {
            let owner = owners[index].node
            if nodes[owner].last == 0 { nodes[owner].first = weights.count }
            weights.append(owners[index].weight)
            nodes[owner].last = weights.count
        }
        (self.nodes, self.weights) = (nodes, weights)
    }

    /// Every node has one parent at most; so those that no root reaches go round in a circle.
    private static func walk(_ nodes: [Node], _ roots: [Int], _ reader: NodeReader) throws(ONNXError) -> Int {
        var (seen, depth) = (0, 0)
        for root in roots {
            var level = [root]
            while !level.isEmpty {
                seen += level.count
                depth += 1
                level = level.flatMap { nodes[$0].feature < 0 ? [] : [nodes[$0].whenTrue, nodes[$0].whenFalse] }
            }
        }
        guard seen == nodes.count else { throw reader.refusal("has a tree that goes round in a circle") }
        return depth
    }

    /// Calls `leaf` with the weights of each tree's leaf for one row.
    @inline(__always) func visit(_ row: ArraySlice<Double>, _ leaf: (ArraySlice<Weight>) -> Void) {
        let start = row.startIndex
        for root in roots {
            var place = root
            while nodes[place].feature >= 0 {
                let node = nodes[place]
                let value = row[start + node.feature]
                let holds =
                    switch node.mode {
                    case 0: value <= node.threshold
                    case 1: value < node.threshold
                    case 2: value >= node.threshold
                    case 3: value > node.threshold
                    case 4: value == node.threshold
                    default: value != node.threshold
                    }
                place = holds || (node.missingIsTrue && value.isNaN) ? node.whenTrue : node.whenFalse
            }
            leaf(weights[nodes[place].first..<nodes[place].last])
        }
    }

    /// What is asked of the input before rows are visited.
    func check(_ x: (count: Int, width: Int, values: [Double]), _ workspace: inout Workspace) throws(Problem) {
        guard x.width >= width else { throw Problem("compares \(width) features, and rows have \(x.width)") }
        try workspace.spend(Workspace.product(x.count, depth))
    }
}
