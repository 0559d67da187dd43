/// The model as solvers work on it: floats, divided by a power of two so that no local field is above 1. The division is exact;
/// a weight keeps 24 bits. Energies are never read from here.
struct WorkingModel: Sendable {
    let spins: Int
    let fields: [Float]
    let starts: [Int]
    let columns: [UInt32]
    let weights: [Float]
    /// What an energy of the model has to be divided by; a power of two.
    let scale: Double

    init(_ model: IsingModel) {
        spins = model.spins
        let couplings = model.couplings
        var largest = 0.0
        for row in 0..<model.spins {
            var sum = abs(model.fields[row])
            for at in couplings.starts[row]..<couplings.starts[row + 1] { sum += abs(couplings.weights[at]) }
            largest = max(largest, sum)
        }
        let scale = largest > 0 ? Double(sign: .plus, exponent: largest.exponent + 1, significand: 1) : 1
        self.scale = scale
        fields = model.fields.map { Float($0 / scale) }
        weights = couplings.weights.map { Float($0 / scale) }
        starts = couplings.starts
        columns = couplings.columns
    }

    func withPointers<Result>(_ body: (ModelPointers) -> Result) -> Result {
        fields.withUnsafeBufferPointer { fields in
            starts.withUnsafeBufferPointer { starts in
                columns.withUnsafeBufferPointer { columns in
                    weights.withUnsafeBufferPointer { weights in
                        let pointers = ModelPointers(
                            spins: spins, fields: fields.baseAddress!, starts: starts.baseAddress!,
                            columns: columns.baseAddress ?? UnsafePointer(bitPattern: 8)!,
                            weights: weights.baseAddress ?? UnsafePointer(bitPattern: 8)!)
                        return body(pointers)
                    }
                }
            }
        }
    }
}

/// What kernels read.
struct ModelPointers {
    let spins: Int
    let fields: UnsafePointer<Float>
    let starts: UnsafePointer<Int>
    let columns: UnsafePointer<UInt32>
    let weights: UnsafePointer<Float>

    /// Adds `change` times the couplings of `spin` to the local fields of its neighbours.
    @inline(__always) func spread(_ change: Lanes, from spin: Int, to local: UnsafeMutablePointer<Lanes>) {
        for at in starts[spin]..<starts[spin + 1] {
            local[Int(columns[at])] += change * weights[at]
        }
    }

    /// local = fields + couplings × spins, row by row.
    func localFields(of values: UnsafePointer<Lanes>, into local: UnsafeMutablePointer<Lanes>) {
        for row in 0..<spins {
            var sum = Lanes(repeating: fields[row])
            for at in starts[row]..<starts[row + 1] { sum += values[Int(columns[at])] * weights[at] }
            local[row] = sum
        }
    }
}
