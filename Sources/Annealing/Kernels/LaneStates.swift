/// The spins and local fields of eight systems, allocated once.
struct LaneStates: ~Copyable {
    let count: Int
    let spins: UnsafeMutablePointer<Lanes>
    let local: UnsafeMutablePointer<Lanes>
    var generator: LaneGenerator

    /// Every spin is drawn from its system's stream. - Parameter streams: 1 to 8.
    init(_ streams: [Stream], _ model: WorkingModel) {
        count = model.spins
        spins = .allocate(capacity: count)
        local = .allocate(capacity: count)
        spins.initialize(repeating: .zero, count: count)
        local.initialize(repeating: .zero, count: count)
        var streams = streams
        for lane in 0..<LaneGroup.width {
            if lane < streams.count {
                for spin in 0..<count { spins[spin][lane] = Float(streams[lane].spin()) }
            } else {
                for spin in 0..<count { spins[spin][lane] = spins[spin][streams.count - 1] }
            }
        }
        generator = LaneGenerator(streams)
    }

    deinit {
        spins.deallocate()
        local.deallocate()
    }

    func begin(_ model: ModelPointers) { model.localFields(of: spins, into: local) }

    /// The state of one system.
    func state(_ lane: Int) -> [Int8] { (0..<count).map { spins[$0][lane] < 0 ? -1 : 1 } }

    /// The states of the first systems, brought to the nearest minimum if asked.
    func finish(_ systems: Int, descending: Bool, _ model: IsingModel, _ meter: inout Meter) -> [[Int8]] {
        (0..<systems).map { lane in
            var state = state(lane)
            if descending { descend(model, &state, &meter) }
            return state
        }
    }
}
