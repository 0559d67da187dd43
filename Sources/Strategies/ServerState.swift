internal import Learning
internal import StrictJSON

/// What a server keeps from round to round besides the model. It belongs to one model: the pair that came out of one
/// `Strategy.advance` is stored together, read together and goes on with the same bits.
package struct ServerState: Sendable, Equatable {
    /// Rounds committed with it.
    package var round = 0
    /// m of the server's optimiser; empty when it keeps none. So are the next two.
    package var first: [Float] = []
    /// v of the server's optimiser.
    package var second: [Float] = []
    /// SCAFFOLD's c, the weighted mean of all members' controls.
    package var control: [Float] = []
    /// Weights of the members that `control` is the mean over; 0 before the first round.
    package var controlWeights: Int64 = 0
    /// What a rule of combination that keeps a reference gave in the last round; empty with the others.
    package var reference: [Float] = []

    package init() {}
}

extension ServerState {
    /// A safetensors file: `m`, `v`, `c` and `r`, each a vector, as far as the strategy keeps them, and in the metadata's
    /// `tutti` entry what they are. Equal states give equal bytes, so the file's SHA-256 names the state.
    package func encode(_ strategy: Strategy) -> [UInt8] {
        let card: JSON = [
            "format": 1, "server_state": .string(strategy.stateName), "round": .integer(Int64(round)),
            "control_weights": .integer(controlWeights),
        ]
        let tensors = [("m", first), ("v", second), ("c", control), ("r", reference)].filter { !$0.1.isEmpty }
        return Safetensors.encode(
            tensors.map { (TensorShape(name: $0, dimensions: [$1.count]), $1[...]) }, metadata: [("tutti", card.encodedText)])
    }

    /// - Parameter parameters: of the model the state belongs to.
    package init(decoding bytes: [UInt8], strategy: Strategy, parameters: Int) throws(StrategyError) {
        self.init()
        let file: Safetensors.File
        let card: JSON
        do {
            file = try Safetensors.decode(bytes)
            guard let text = file.metadata.first(where: { $0.name == "tutti" })?.value else {
                throw StrategyError.state("its metadata has no 'tutti' entry")
            }
            card = try JSON(parsing: text, maximumDepth: 4)
            for tensor in file.tensors {
                let values = try Safetensors.floats(tensor, in: bytes)
                switch tensor.name {
                case "m": first = values
                case "v": second = values
                case "c": control = values
                case "r": reference = values
                default: throw StrategyError.state("it has a tensor '\(tensor.name.clipped(80))'")
                }
            }
        } catch let error as StrategyError { throw error } catch { throw .state("\(error)") }
        guard card["format"]?.whole == 1 else { throw .state("its format is not 1; a newer version may read it") }
        guard let name = card["server_state"]?.text, name == strategy.stateName else {
            throw .state("it belongs to another algorithm than '\(strategy.stateName)'")
        }
        guard let round = card["round"]?.whole, (0...Int64(Int32.max)).contains(round), let weights = card["control_weights"]?.whole,
            weights >= 0
        else { throw .state("its round or its control_weights are missing") }
        (self.round, controlWeights) = (Int(round), weights)
        try strategy.checkLengths(self, parameters: parameters)
        try requireFinite(first, "the stored momentum")
        try requireFinite(second, "the stored second moment")
        try requireFinite(control, "the stored control")
        try requireFinite(reference, "the stored reference")
        guard second.allSatisfy({ $0 >= 0 }) else { throw .state("its second moment is negative") }
    }
}

extension Strategy {
    /// Client rule, server optimiser and what else is kept, as in `controlled+averaging`.
    var stateName: String { "\(client.rawValue)+\(server.name)" + (keepsReference ? "+reference" : "") }
}
